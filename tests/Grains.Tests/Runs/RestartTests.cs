using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Grains.Tests.Runs;

/// <summary>What is under way when the last silo goes: a new one on the same journals goes on with it.</summary>
public sealed class RestartTests(RestartTests.RestartedCluster cluster) : IClassFixture<RestartTests.RestartedCluster>
{
    [Fact]
    public async Task Waiting_ThenRestarted_IsDecidedOnce()
    {
        var session = await StartAsync();
        var (waiting, text, decision) = await cluster.AskAsync(session);
        var runId = (await waiting.GetStatus())!.RunId;

        await cluster.RestartAsync();
        var run = cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run("t-acme", runId));
        cluster.SignIn("t-acme", "u-boss", "approver");
        await run.Decide(WaitingRunTests.Deciding(decision, "approve"));
        cluster.SignIn("t-acme", "u-ada");
        await run.WatchToEndAsync();

        Assert.Equal(RunState.Completed, (await run.GetStatus())!.State);
        Assert.Equal(1, cluster.Desk.Effects[text]);
    }

    [Fact]
    public async Task Decided_ThenRestartedBeforeItWasDone_IsDoneOnce()
    {
        var session = await StartAsync();
        var text = "held " + Guid.NewGuid().ToString("n");
        var submitted = await session.SayAsync($$"""do desk_hold {"text":"{{text}}"} ; say done""");
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Desk.Effects.ContainsKey(text)));

        await cluster.RestartAsync();
        cluster.SignIn("t-acme", "u-ada");
        await cluster.Run(submitted).WatchToEndAsync();

        Assert.Equal(RunState.Completed, (await cluster.Run(submitted).GetStatus())!.State);
        Assert.Equal(1, cluster.Desk.Effects[text]);
    }

    [Fact]
    public async Task RolledBackMessage_SiloIsLostBeforeTheRunWasStopped_IsStoppedAndTheNewOneAnswers()
    {
        var key = Conversing.NewSession();
        var session = await StartAsync(key);
        var undone = await session.SayAsync("hold lost-gate");
        var stopped = GrainKeys.Run("t-acme", undone.RunId!);
        await Conversing.UntilAsync(async () => (await cluster.Run(undone).GetStatus())!.Answer == "holding");

        // The wish to stop cannot be written before the silo goes.
        cluster.Faults.Lose(stopped, appends: 1000);
        var last = await session.SayAsync("say anew", policy: DoubleTexting.RollBack);
        await cluster.RestartAsync();
        cluster.SignIn("t-acme", "u-ada");
        await cluster.Run(last).WatchToEndAsync();

        Assert.Equal(RunState.Cancelled, (await cluster.Run(undone).GetStatus())!.State);
        Assert.Equal(RunState.Completed, (await cluster.Run(last).GetStatus())!.State);
        Assert.Equal([true, true, false], (await cluster.Grains.GetGrain<ISessionGrain>(key).ReadTranscript(0, 10)).Messages.OrderBy(message => message.RunId != undone.RunId).Take(3).Select(message => message.RolledBack));
    }

    [Fact]
    public async Task BackgroundAndQueued_StoppedBeforeTheRestart_StayStopped()
    {
        var key = Conversing.NewSession();
        var session = await StartAsync(key);
        var background = await session.SayAsync("hold gone-gate", options: new RunRequestOptions { Background = true });
        var active = await session.SayAsync("hold kept-gate");
        var queued = await session.SayAsync("say never");
        await cluster.Run(background).Cancel(new CancelRun());
        await cluster.Run(queued).Cancel(new CancelRun());

        await cluster.RestartAsync();
        cluster.SignIn("t-acme", "u-ada");
        cluster.Model.Release("kept-gate");
        await cluster.Run(active).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await cluster.Grains.GetGrain<ISessionGrain>(key).AnswersAsync()).Count == 3);

        Assert.Equal(RunState.Cancelled, (await cluster.Run(background).GetStatus())!.State);
        Assert.Equal(RunState.Cancelled, (await cluster.Run(queued).GetStatus())!.State);
        Assert.Equal(RunState.Completed, (await cluster.Run(active).GetStatus())!.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requested_LostBeforeTheEngineHasBegun_StillKnowsTheConversation(bool background)
    {
        var key = Conversing.NewSession();
        var session = await StartAsync(key);
        await cluster.Run(await session.SayAsync("say remembered")).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        // Nothing but the request gets into the journal before the silo goes.
        var runId = SessionGrain.RunIdFor(key, "lost");
        cluster.Faults.LoseAfter(GrainKeys.Run("t-acme", runId), passes: 1);
        var submitted = await session.SayAsync("say on", "lost", options: new RunRequestOptions { Background = background });
        await cluster.RestartAsync();
        cluster.SignIn("t-acme", "u-ada");
        await cluster.Run(submitted).WatchToEndAsync();

        Assert.Contains(cluster.Model.LastMessages, message => message.Text == "say remembered");
        Assert.DoesNotContain("remembered", (await cluster.Run(submitted).WatchToEndAsync()).First(happened => happened.Type == "run.requested").Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_WhileNobodyLooked_LapsesAtTheWatchdogsNextTick()
    {
        var session = await StartAsync();
        var (run, text, _) = await cluster.AskAsync(session);
        var tenant = cluster.Grains.GetGrain<ITenantGrain>("t-acme").AsReference<IRemindable>();

        await tenant.ReceiveReminder("watchdog", default);
        var before = (await run.GetStatus())!.State;
        cluster.Time.Advance(TimeSpan.FromHours(73));
        await tenant.ReceiveReminder("watchdog", default);
        await run.WatchToEndAsync();

        Assert.Equal(RunState.Waiting, before);
        Assert.Equal("expired", (await run.GetDecisions()).Single().Decision);
        Assert.False(cluster.Desk.Effects.ContainsKey(text));
    }

    // Not asynchronous itself: an identity does not flow out of what is.
    private Task<ISessionGrain> StartAsync(string? key = null)
    {
        cluster.SignIn("t-acme", "u-ada");
        return cluster.OpenAsync(key);
    }

    /// <summary>A silo that is replaced in the middle.</summary>
    public sealed class RestartedCluster : GrainCluster;
}
