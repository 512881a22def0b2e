using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Engines.Orchestration.Admission;
using Steward.Grains.Tests.Hosting;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Runs;

/// <summary>A silo in which each tenant has one slot and two runs may wait.</summary>
public sealed class NarrowCluster : GrainCluster
{
    protected override void Configure(ISiloBuilder silo) => silo.Services.Configure<AdmissionOptions>(options =>
        (options.MaxConcurrentRuns, options.MaxConcurrentRunsPerTenant, options.MaxWaitingRunsPerTenant) = (8, 1, 2));
}

public class AdmissionTests : IClassFixture<NarrowCluster>
{
    private readonly NarrowCluster _cluster;

    // Each test has a tenant of its own, and with it a slot of its own.
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n");

    public AdmissionTests(NarrowCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(_tenant, "u-ada");
    }

    [Fact]
    public async Task GetStatus_RunsWithoutASlot_ShowHowManyAreBeforeThem()
    {
        var holding = await HoldAsync("positions");
        var (first, second) = (await SayAsync("say one"), await SayAsync("say two"));
        await UntilWaitingAsync(second);

        Assert.Equal([(RunState.Running, null), (RunState.Queued, 0), (RunState.Queued, (int?)1)], await StatesAsync(holding, first, second));

        _cluster.Model.Release("positions");
        await first.WatchToEndAsync();
        await second.WatchToEndAsync();
        Assert.Equal([(RunState.Completed, null), (RunState.Completed, null), (RunState.Completed, (int?)null)], await StatesAsync(holding, first, second));
    }

    [Fact]
    public async Task Cancel_WhileItWaits_EndsTheRunWithoutASlot()
    {
        await HoldAsync("cancel-waiting");
        var waiting = await SayAsync("say never");
        await UntilWaitingAsync(waiting);

        await waiting.Cancel(new CancelRun());

        await waiting.WatchToEndAsync();
        Assert.Equal(RunState.Cancelled, (await waiting.GetStatus())!.State);
        _cluster.Model.Release("cancel-waiting");
    }

    [Fact]
    public async Task Deadline_WhileItWaits_EndsTheRunWithoutASlot()
    {
        await HoldAsync("deadline-waiting");
        var waiting = await SayAsync("say never", deadline: TimeSpan.FromMilliseconds(300));

        await waiting.WatchToEndAsync();

        Assert.Equal((RunState.Partial, "deadline"), await waiting.GetStatus() is { } status ? (status.State, status.ErrorCode) : default);
        _cluster.Model.Release("deadline-waiting");
    }

    [Fact]
    public async Task Submit_TooManyRunsOfTheTenantWait_IsOverloadedAndStartsNothing()
    {
        await HoldAsync("full");
        await UntilWaitingAsync(await SayAsync("say one"));
        var second = await SayAsync("say two");
        await UntilWaitingAsync(second);
        var session = await OpenAsync();

        var refused = await session.Submit(Message("say three") with { OperationId = "again" });
        Assert.Equal((SubmitOutcome.Overloaded, null), (refused.Outcome, refused.RunId));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);

        _cluster.Model.Release("full");
        await second.WatchToEndAsync();
        Assert.Equal(SubmitOutcome.Started, (await session.Submit(Message("say three") with { OperationId = "again" })).Outcome);
    }

    [Fact]
    public async Task Submit_OtherTenantsQueueIsFull_GoesAhead()
    {
        await HoldAsync("neighbour");
        await UntilWaitingAsync(await SayAsync("say one"));
        await UntilWaitingAsync(await SayAsync("say two"));

        var other = "t-" + Guid.NewGuid().ToString("n");
        _cluster.SignIn(other, "u-ada");
        var session = await _cluster.OpenAsync(Conversing.NewSession(other));
        var run = _cluster.Run(await session.Submit(Message("say hello")), other);

        await run.WatchToEndAsync();
        Assert.Equal(RunState.Completed, (await run.GetStatus())!.State);
        _cluster.Model.Release("neighbour");
    }

    [Fact]
    public async Task Submit_InBackground_WaitsBehindInteractiveRunsThatComeLater()
    {
        await HoldAsync("before-both");
        var background = await SayAsync("say later", background: true);
        await UntilWaitingAsync(background);
        var interactive = await SayAsync("hold interactive-first");
        await UntilWaitingAsync(interactive);
        Assert.Equal(1, (await background.GetStatus())!.QueuePosition);

        _cluster.Model.Release("before-both");
        await Conversing.UntilAsync(async () => (await interactive.GetStatus())!.Answer == "holding");
        Assert.Equal((RunState.Queued, 0), await background.GetStatus() is { } status ? (status.State, status.QueuePosition) : default);

        _cluster.Model.Release("interactive-first");
        await background.WatchToEndAsync();
        Assert.Equal(RunState.Completed, (await background.GetStatus())!.State);
    }

    private static SubmitMessage Message(string text) => new() { Text = text, OperationId = Guid.NewGuid().ToString("n") };

    private Task<ISessionGrain> OpenAsync() => _cluster.OpenAsync(Conversing.NewSession(_tenant));

    private async Task<IRunGrain> SayAsync(string text, TimeSpan? deadline = null, bool background = false)
    {
        var session = await OpenAsync();
        var submitted = await session.Submit(Message(text) with
        {
            Deadline = TimeProvider.System.GetUtcNow() + deadline,
            Options = background ? new RunRequestOptions { Background = true } : null,
        });
        return _cluster.Run(submitted, _tenant);
    }

    /// <summary>A run that has the tenant's slot until the test lets it go.</summary>
    private async Task<IRunGrain> HoldAsync(string gate)
    {
        var run = await SayAsync("hold " + gate);
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.Answer == "holding");
        return run;
    }

    private static Task UntilWaitingAsync(IRunGrain run) => Conversing.UntilAsync(async () => (await run.GetStatus())!.QueuePosition is not null);

    private static async Task<List<(RunState, int?)>> StatesAsync(params IRunGrain[] runs)
    {
        var states = new List<(RunState, int?)>();
        foreach (var run in runs)
        {
            var status = (await run.GetStatus())!;
            states.Add((status.State, status.QueuePosition));
        }

        return states;
    }
}
