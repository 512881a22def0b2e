using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using Steward.Client;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Health;

namespace Steward.Grains.Tests.Models;

/// <summary>The operator's switch, as a front end turns it, and the silos that follow it.</summary>
public sealed class ModelSwitchGrainTests : IAsyncLifetime
{
    private readonly SwitchCluster _cluster = new();
    private ServiceProvider _services = null!;

    private IStewardModelSwitch Switch => _services.GetRequiredService<IStewardModelSwitch>();

    public async Task InitializeAsync()
    {
        await _cluster.InitializeAsync();
        Connect();
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Turn_AStep_AllSilosFollowItAlsoAfterARestartUntilItIsReleased()
    {
        await Switch.TurnAsync(Turn("queue") with { By = "ada", Reason = "the provider leaks" });
        await _cluster.AllAtAsync(DegradationStep.Queue);

        await _services.DisposeAsync();
        await _cluster.RestartAsync();
        Connect();
        Assert.Equal("queue", (await Switch.ReadAsync()).Position.Step);
        await _cluster.AllAtAsync(DegradationStep.Queue);

        var view = await Switch.TurnAsync(Turn(null) with { By = "bob", Reason = "repaired" });
        await _cluster.AllAtAsync(null);
        Assert.Null(view.Position.Step);
        Assert.Equal([(null, "bob", "repaired"), ("queue", "ada", "the provider leaks")], view.Turns.Select(turn => (turn.Step, turn.By, turn.Reason)));
    }

    [Fact]
    public async Task Turn_ForATime_EndsByItselfAndStaysInTheRecord()
    {
        var turned = await Switch.TurnAsync(Turn("reduced") with { For = TimeSpan.FromHours(1) });
        Assert.InRange(turned.Position.Left!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        await _cluster.AllAtAsync(DegradationStep.Reduced);
        _cluster.Time.Advance(TimeSpan.FromHours(1));

        Assert.All(_cluster.Steps, step => Assert.Null(step));
        var after = await Switch.ReadAsync();
        Assert.Equal((null, null, "reduced"), (after.Position.Step, after.Position.Left, Assert.Single(after.Turns).Step));
        Assert.Equal(TimeSpan.FromHours(1), after.Turns[0].Until - after.Turns[0].At);
    }

    [Fact]
    public async Task Turn_TheSameAgain_IsOneTurnAndOldOnesGo()
    {
        var first = Turn("full");
        await Switch.TurnAsync(first);
        Assert.Single((await Switch.TurnAsync(first)).Turns);
        for (var i = 0; i < 100; i++)
        {
            await Switch.TurnAsync(Turn("cached") with { Reason = $"{i}" });
        }

        var turns = (await Switch.ReadAsync()).Turns;
        Assert.Equal((100, "99", "0"), (turns.Count, turns[0].Reason, turns[^1].Reason));
    }

    [Theory]
    [InlineData("sideways", "ada", "why", null, "step")]
    [InlineData("queue", "", "why", null, "by")]
    [InlineData("queue", "ada", " ", null, "reason")]
    [InlineData("queue", "ada", "why\nINFO all is well", null, "reason")]
    [InlineData("queue", "\u202eada", "why", null, "by")]
    [InlineData("queue", "ada", "why", 0, "for")]
    [InlineData("queue", "ada", "why", 400 * 86_400, "for")]
    [InlineData(null, "ada", "why", 60, "for")]
    public async Task Turn_WhatMakesNoSense_IsRefusedByItsName(string? step, string by, string reason, int? seconds, string field)
    {
        var turn = Turn(step) with { By = by, Reason = reason, For = seconds is { } count ? TimeSpan.FromSeconds(count) : null };

        Assert.Equal(field, (await Assert.ThrowsAsync<StewardException>(() => Switch.TurnAsync(turn))).Field);
        Assert.Empty((await Switch.ReadAsync()).Turns);
    }

    [Fact]
    public async Task Turn_ByAnAdminOfATenant_IsRefused()
    {
        RequestContext.Set(IdentityContext.Key, _cluster.Signer.Sign(new EnvelopeIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = [WellKnownRoles.Admin] }));
        var grain = _cluster.Client.GetGrain<IModelSwitchGrain>(GrainKeys.ModelSwitch);
        Func<Task>[] calls = [() => grain.Turn(Turn("queue")), () => grain.Read(), () => grain.Follow()];
        foreach (var call in calls)
        {
            Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(call)).Code);
        }

        RequestContext.Clear();
        Assert.Empty((await Switch.ReadAsync()).Turns);
    }

    // Above all when things go wrong the operator's word is to hold: a store that is away does not take it back.
    [Fact]
    public async Task Follow_NobodyAnswers_StaysAsItWas()
    {
        var known = new DegradationSwitch(_cluster.Time);
        known.Follow("cached", null);
        var alone = FakeGrain.Of<IGrainFactory>((_, _) => throw new TimeoutException("nobody is there"));
        await new ModelHealthExchange(alone, new PlatformIdentity(_cluster.Signer), TimeProvider.System, NullLogger<ModelHealthExchange>.Instance).FollowAsync(known, default);

        Assert.Equal(DegradationStep.Cached, known.Step);
    }

    private static TurnModelSwitch Turn(string? step) => new() { Id = Guid.NewGuid().ToString("n"), Step = step, By = "ada", Reason = "a test" };

    private void Connect() => _services = new ServiceCollection()
        .AddLogging()
        .AddSingleton(_cluster.Client)
        .AddSingleton(_cluster.Signer)
        .AddStewardClient()
        .BuildServiceProvider();
}
