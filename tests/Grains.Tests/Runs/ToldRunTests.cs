using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Webhooks;

namespace Steward.Grains.Tests.Runs;

/// <summary>Whoever wants to know of runs learns of them, whatever is lost, and holds none of them up.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class ToldRunTests
{
    private readonly TimedCluster _cluster;
    private readonly string _tenant = "t-told" + Guid.NewGuid().ToString("n")[..8];
    private bool _isDown;

    public ToldRunTests(TimedCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(_tenant, "u-ada");
    }

    [Fact]
    public async Task Waiting_InTheBackgroundAndLostBeforeItIsTold_IsToldWhenItIsTakenUp()
    {
        SetHook();
        var session = await _cluster.OpenAsync(Conversing.NewSession(_tenant));
        _isDown = true;
        var (run, key) = await AskInBackgroundAsync(session);

        Assert.True((await _cluster.Journals.GetHeadAsync(key))!.Open);
        _isDown = false;
        await TakeUpAsync(key);

        var told = Assert.Single(_cluster.Hook.Told, told => told.Tenant == _tenant);
        Assert.StartsWith("waiting-", told.What, StringComparison.Ordinal);
        var asked = (await run.GetStatus())!.Waiting.Single();
        Assert.Null((await _cluster.Journals.GetHeadAsync(key))!.WakeAt);
        await Conversing.UntilAsync(async () => (await _cluster.Journals.GetHeadAsync(GrainKeys.Approval(_tenant, asked.ApprovalId!)))?.WakeAt == asked.ExpiresAt!.Value.ToMilliseconds());
        Assert.Single((await session.ReadTranscript(0, 10)).Messages, message => message.IsInterim);
    }

    [Fact]
    public async Task Waiting_LostBetweenTellingAndNotingIt_IsToldAgainAsTheSameOccasion()
    {
        var session = await _cluster.OpenAsync(Conversing.NewSession(_tenant));
        var lost = GrainKeys.Run(_tenant, SessionGrain.RunIdFor(session.GetPrimaryKeyString(), "lost"));
        var asked = 0;
        _cluster.Hook.SetOn(_tenant, what =>
        {
            if (what != "wants" && asked++ == 0)
            {
                _cluster.Faults.Lose(lost, appends: 1);
            }

            return Task.CompletedTask;
        });
        var (_, key) = await AskInBackgroundAsync(session, "lost");
        await TakeUpAsync(key);

        Assert.Equal(lost, key);
        Assert.Equal(2, asked);
        Assert.Single(_cluster.Hook.Told.Where(told => told.Tenant == _tenant).Select(told => told.What).Distinct());
    }

    [Fact]
    public async Task Waiting_OthersCannotBeTold_LetsTheSessionGoOn()
    {
        SetHook();
        _isDown = true;
        var session = await _cluster.OpenAsync(Conversing.NewSession(_tenant));
        var submitted = await session.SayAsync($$"""do desk_pay {"text":"{{Guid.NewGuid():n}}"} ; say paid""");
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Contains(submitted.RunId!));
        var next = await session.SayAsync("say meanwhile");
        await _cluster.Run(next, _tenant).WatchToEndAsync();

        Assert.Equal(RunState.Waiting, (await _cluster.Run(submitted, _tenant).GetStatus())!.State);
        Assert.Equal(SubmitOutcome.Started, next.Outcome);
    }

    [Fact]
    public async Task Start_NobodyCanSayWhoWantsToKnow_RunsAndIsToldLater()
    {
        SetHook();
        _isDown = true;
        var session = await _cluster.OpenAsync(Conversing.NewSession(_tenant));
        var submitted = await session.SayAsync("say one");
        await _cluster.Run(submitted, _tenant).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 1);
        Assert.DoesNotContain(_cluster.Hook.Told, told => told.Tenant == _tenant);

        _isDown = false;
        await TakeUpAsync(GrainKeys.Run(_tenant, submitted.RunId!));

        Assert.Contains((_tenant, submitted.RunId!, "ended"), _cluster.Hook.Told);
    }

    [Fact]
    public async Task Start_NobodyAnswersWhoWantsToKnow_BeginsSoonAllTheSame()
    {
        var webhooks = new TenantWebhooks(DispatchProxy.Create<IGrainFactory, Silent>(), _cluster.Silo.GetRequiredService<PlatformIdentity>(), _cluster.Time);
        var first = Record.ExceptionAsync(async () => await webhooks.AnyAsync(_tenant));
        var began = TimeProvider.System.GetTimestamp();

        Assert.IsType<TimeoutException>(await first);
        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Record.ExceptionAsync(async () => await webhooks.AnyAsync(_tenant))));

        Assert.All(others, other => Assert.IsType<TimeoutException>(other));
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    private void SetHook() => _cluster.Hook.SetOn(_tenant, _ => _isDown ? throw new InvalidOperationException("The list cannot be read.") : Task.CompletedTask);

    private async Task<(IRunGrain Run, string Key)> AskInBackgroundAsync(ISessionGrain session, string? operation = null)
    {
        var submitted = await session.SayAsync($$"""do desk_pay {"text":"{{Guid.NewGuid():n}}"} ; say paid""", operation, options: new RunRequestOptions { Background = true });
        var run = _cluster.Run(submitted, _tenant);
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.State == RunState.Waiting && (await session.ReadTranscript(0, 10)).Messages.Any(message => message.IsInterim));
        return (run, GrainKeys.Run(_tenant, submitted.RunId!));
    }

    private async Task TakeUpAsync(string key) => await Conversing.UntilAsync(async () =>
    {
        await _cluster.TakeUpAsync(_tenant);
        _cluster.SignIn(_tenant, "u-ada");
        return !(await _cluster.Journals.GetHeadAsync(key))!.Open;
    });

    /// <summary>Grains that are found and never answer.</summary>
    public class Silent : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IGrainFactory.GetGrain)
            ? Create<IWebhookIndexGrain, Silent>()
            : new TaskCompletionSource<IReadOnlyList<WebhookSubscription>>().Task;
    }
}
