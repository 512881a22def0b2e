using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests.Engine;

public sealed class EngineTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    private const string Two = """
        id: two
        version: 1
        title: Two steps
        description: Two.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: read, title: Read it, call: a.things.read }
          - { id: write, title: Write it, call: a.things.write, with: { seen: "${steps.read.result.value}" } }
        answer: "wrote ${steps.write.result.value}"
        """;

    [Fact]
    public async Task Execute_BusyTarget_TriesAgainUnderTheSameActionId()
    {
        var connectors = Things();
        connectors.OnFault = request => request.OperationId == "a.things.write" && connectors.Calls.Count < 4 ? FakeConnectors.Fault.Busy : FakeConnectors.Fault.None;
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, Two)).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.Single(connectors.Calls.Where(call => call.OperationId == "a.things.write").Select(call => call.ActionId).Distinct());
        Assert.Equal(
            ["action.planned", "action.sent", "action.failed", "action.sent", "action.failed", "action.sent", "action.confirmed"],
            recorder.Types.Where(type => type.StartsWith("action.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Execute_TargetStaysBusy_FailsAndSaysSo()
    {
        var connectors = Things();
        connectors.OnFault = request => request.OperationId == "a.things.write" ? FakeConnectors.Fault.Busy : FakeConnectors.Fault.None;
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, Two)).RunAsync(Engines.Input("go"));

        Assert.Equal((RunPhase.Failed, "rate_limited"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal(3, connectors.Calls.Count(call => call.OperationId == "a.things.write"));
        Assert.Contains("Too many requests.", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_CallerAllowsOneStep_BindsPlaybooksToo()
    {
        var connectors = Things();
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, Two)).RunAsync(Engines.Input("go") with { Limits = new RunLimits { Steps = 1 } });

        Assert.Equal((RunPhase.Partial, "budget"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal("steps", Assert.Single(recorder.Facts.OfType<BudgetExhausted>()).Budget);
        Assert.Empty(connectors.Effects);
    }

    [Fact]
    public async Task Execute_OutcomeUnknownButDone_IsLookedUpAndNotSentAgain()
    {
        var connectors = Things();
        connectors.OnFault = request => request.OperationId == "a.things.write" ? FakeConnectors.Fault.UnknownDone : FakeConnectors.Fault.None;
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, Two)).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.Equal(1, Assert.Single(connectors.Effects).Value);
        Assert.Contains("action.reconciled", recorder.Types);
    }

    [Fact]
    public async Task Execute_SentBeforeALoss_IsReconciledBeforeAnythingIsSent()
    {
        var connectors = Things();
        var engine = Engines.Create(connectors, Engines.Definitions(Policy, Two));
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.DieAtAppend = 3;
        await Assert.ThrowsAsync<JournalDiedException>(() => engine.ExecuteAsync(input, first, default, default));
        Assert.Equal(ActionStatus.Sent, Assert.Single(first.Snapshot.Actions).Status);

        var second = new FakeRecorder(before: first);
        await engine.ExecuteAsync(input, second, default, default);

        Assert.Equal("wrote done", second.Snapshot.Answer);
        Assert.Single(connectors.Calls, call => call.OperationId == "a.things.write");
        Assert.Single(connectors.Calls, call => call.OperationId == "a.things.read");
        Assert.Single(connectors.Reconciled);
    }

    [Fact]
    public async Task Execute_ConnectorMissing_SaysWhatIsMissing()
    {
        var recorder = await Engines.Create(new FakeConnectors(), Engines.Definitions(Policy, Two)).RunAsync(Engines.Input("go"));

        Assert.Equal("not_configured", recorder.Snapshot.ErrorCode);
        Assert.Contains("a.things.read", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_IndependentSteps_RunAtTheSameTime()
    {
        var both = new TaskCompletionSource();
        var arrived = 0;
        var connectors = Things();
        connectors.OnCall = async (_, cancellationToken) =>
        {
            if (Interlocked.Increment(ref arrived) == 2)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
        };
        var parallel = Two.Replace("title: Write it, call: a.things.write, with: { seen: \"${steps.read.result.value}\" }", "title: Write it, call: a.things.write", StringComparison.Ordinal);
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, parallel)).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
    }

    [Fact]
    public async Task Execute_DeadlinePassesInARead_EndsPartialAndSaysWhatIsOpen()
    {
        var time = new ManualTimeProvider();
        var connectors = Things();
        connectors.OnCall = async (_, cancellationToken) =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        var input = Engines.Input("go", deadline: time.GetUtcNow().AddSeconds(30));
        var recorder = FakeRecorder.For(input, time);
        await Engines.Create(connectors, Engines.Definitions(Policy, Two), time: time).ExecuteAsync(input, recorder, default, default);

        Assert.Equal((RunPhase.Partial, "deadline"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains("Read it: not finished.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_CancelWhileTheLastActionIsUnderWay_WaitsForItsOutcomeAndCompletes()
    {
        using var cancel = new CancellationTokenSource();
        var connectors = Things();
        connectors.OnCall = async (request, _) =>
        {
            if (request.OperationId == "a.things.write")
            {
                await cancel.CancelAsync();
            }
        };
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        await Engines.Create(connectors, Engines.Definitions(Policy, Two)).ExecuteAsync(input, recorder, cancel.Token, default);

        Assert.Single(connectors.Effects);
        Assert.Contains("action.confirmed", recorder.Types);
        Assert.Equal((RunPhase.Completed, "wrote done"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
    }

    [Fact]
    public async Task Execute_CancelledBeforeAnAction_SendsItNotAndEndsCancelled()
    {
        using var cancel = new CancellationTokenSource();
        var connectors = Things();
        connectors.OnCall = async (_, _) => await cancel.CancelAsync();
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        await Engines.Create(connectors, Engines.Definitions(Policy, Two)).ExecuteAsync(input, recorder, cancel.Token, default);

        Assert.Equal(RunPhase.Cancelled, recorder.Snapshot.Phase);
        Assert.Empty(connectors.Effects);
        Assert.Equal("I stopped, as you asked.\n\nNothing was changed.", recorder.Snapshot.Answer);
    }

    [Fact]
    public async Task Execute_CancelNotedBeforeALoss_EndsCancelledAfterIt()
    {
        var connectors = Things();
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        await recorder.RecordAsync([new CancelRequested { Reason = "changed my mind" }], default);
        await Engines.Create(connectors, Engines.Definitions(Policy, Two)).ExecuteAsync(input, recorder, default, default);

        Assert.Equal(RunPhase.Cancelled, recorder.Snapshot.Phase);
        Assert.Empty(connectors.Calls);
    }

    [Fact]
    public async Task Execute_Stopped_ThrowsAndLeavesTheRunToBeResumed()
    {
        using var stop = new CancellationTokenSource();
        var connectors = Things();
        connectors.OnCall = async (request, cancellationToken) =>
        {
            if (request.OperationId == "a.things.write" && !stop.IsCancellationRequested)
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        };
        var engine = Engines.Create(connectors, Engines.Definitions(Policy, Two));
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ExecuteAsync(input, first, default, stop.Token));
        Assert.False(first.Snapshot.HasEnded);

        var second = new FakeRecorder(before: first);
        await engine.ExecuteAsync(input, second, default, default);
        Assert.Equal("wrote done", second.Snapshot.Answer);
        Assert.Equal(1, Assert.Single(connectors.Effects).Value);
    }

    [Fact]
    public async Task Execute_JournalDiesWhileCancelling_ThrowsTheJournalsOwnException()
    {
        using var cancel = new CancellationTokenSource();
        var connectors = Things();
        connectors.OnCall = async (_, _) => await cancel.CancelAsync();
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        recorder.OnRecord = _ => cancel.IsCancellationRequested ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(connectors, Engines.Definitions(Policy, Two)).ExecuteAsync(input, recorder, cancel.Token, default));

        Assert.False(recorder.Snapshot.HasEnded);
    }

    [Fact]
    public async Task Execute_EndedRun_DoesNothing()
    {
        var connectors = Things();
        var engine = Engines.Create(connectors, Engines.Definitions(Policy, Two));
        var recorder = await engine.RunAsync(Engines.Input("go"));
        var facts = recorder.Facts.Count;
        await engine.ExecuteAsync(Engines.Input("go"), recorder, default, default);

        Assert.Equal(facts, recorder.Facts.Count);
    }

    [Fact]
    public async Task Execute_SecretsAndLongLists_NeverReachTheJournal()
    {
        var connectors = new FakeConnectors()
            .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v", ["apiToken"] = "s3cr3t", ["items"] = new JsonArray([.. Enumerable.Range(0, 5000).Select(n => JsonValue.Create($"item {n}"))]) })
            .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done", ["resetPasswordUrl"] = "https://x/s3cr3t" });
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, Two)).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.All(recorder.Facts, fact =>
        {
            var json = System.Text.Encoding.UTF8.GetString(RunFacts.Serialize(fact).Utf8Json);
            Assert.DoesNotContain("s3cr3t", json, StringComparison.Ordinal);
            Assert.True(json.Length < 20_000, $"{fact.Type} has {json.Length} bytes");
        });
        Assert.True(recorder.Snapshot.FindStep("read")!.Truncated);
    }

    [Fact]
    public async Task Execute_PlaybookReplacedByAnotherOne_EndsWithTheOneThatItBeganWith()
    {
        var connectors = Things();
        var (input, second) = await BeginAsync(connectors);
        await Engines.Create(connectors, Engines.Definitions(Policy, Other)).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Completed, "wrote done"), (second.Snapshot.Phase, second.Snapshot.Answer));
        Assert.Equal(1, Assert.Single(connectors.Effects).Value);
    }

    [Fact]
    public async Task Execute_PlaybookRemoved_EndsWithTheOneThatItBeganWith()
    {
        var connectors = Things();
        var (input, second) = await BeginAsync(connectors);
        await Engines.Create(connectors, Engines.Definitions(Policy)).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Completed, "wrote done"), (second.Snapshot.Phase, second.Snapshot.Answer));
    }

    [Fact]
    public async Task Execute_PlaybookReplacedAndItsTextGone_StopsAndSaysWhatWasDone()
    {
        var connectors = Things();
        var (input, second) = await BeginAsync(connectors);
        second.Forget();
        await Engines.Create(connectors, Engines.Definitions(Policy, Other)).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Partial, "playbook_changed"), (second.Snapshot.Phase, second.Snapshot.ErrorCode));
        Assert.Contains("This was done:\n- Write it", second.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(connectors.Effects).Value);
    }

    [Fact]
    public async Task Execute_RequesterWithoutAMailAddress_SaysWhatIsMissing()
    {
        var recorder = await Engines.Create(FakeConnectors.Company()).RunAsync(Engines.Input("reset my password", Engines.Ada with { Email = null }));

        Assert.Equal("not_configured", recorder.Snapshot.ErrorCode);
        Assert.Contains("mail address", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ allow: [role:auditor] }", "forbidden")]
    [InlineData("{ approval: [anyone] }", "approval_needed")]
    public async Task Execute_ReadThatThePolicyRestricts_IsNotSent(string rule, string code)
    {
        var connectors = Things();
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy + $"  a.things.read: {rule}\n", Two)).RunAsync(Engines.Input("go"));

        Assert.Equal(code, recorder.Snapshot.ErrorCode);
        Assert.Empty(connectors.Calls);
    }

    private static string Other => Two.Replace("id: write", "id: other", StringComparison.Ordinal).Replace("steps.write", "steps.other", StringComparison.Ordinal);

    private static async Task<(RunInput Input, FakeRecorder Resumed)> BeginAsync(FakeConnectors connectors)
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.DieAtAppend = 3;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(connectors, Engines.Definitions(Policy, Two)).ExecuteAsync(input, first, default, default));
        return (input, new FakeRecorder(before: first));
    }

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
