using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Engine;

public sealed class ReplayTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n  a.things.guarded: { approval: [anyone] }\n";

    private const string Three = """
        id: three
        version: 1
        title: Three steps
        description: Three.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: side, title: Look aside, call: a.things.side, continueOnFailure: true }
          - { id: read, title: Read it, call: a.things.read, needs: [side] }
          - { id: write, title: Write it, call: a.things.write, needs: [read] }
        answer: "wrote ${steps.write.result.value}"
        """;

    private readonly FakeConnectors _connectors = Things();

    [Fact]
    public async Task Execute_TechnicalFailure_CanBeReplayedFromTheFailedStep()
    {
        var recorder = await FailAsync("a.things.write");
        Assert.True(RunReplay.CanReplay(recorder.Snapshot));
        var ended = recorder.Facts.OfType<RunEnded>().Single();
        Assert.Equal(["write"], ended.FailedSteps!);

        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        Assert.Equal((RunPhase.Running, false, 2, null), (recorder.Snapshot.Phase, recorder.Snapshot.HasEnded, recorder.Snapshot.Attempt, recorder.Snapshot.ErrorCode));
        await ExecuteAsync(recorder);

        Assert.Equal((RunPhase.Completed, "wrote done"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(1, Assert.Single(_connectors.Effects).Value);
        Assert.Single(_connectors.Calls, call => call.OperationId == "a.things.read");
        Assert.Equal([1, 2, 3, 4], recorder.Facts.OfType<ActionSent>().Select(sent => sent.Attempt));
        Assert.False(RunReplay.CanReplay(recorder.Snapshot));
    }

    [Fact]
    public async Task Execute_ReplayFailsAgain_CanBeReplayedAgain()
    {
        var recorder = await FailAsync("a.things.read");
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        await ExecuteAsync(recorder);
        Assert.Equal((RunPhase.Failed, "rate_limited", true), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, recorder.Snapshot.IsTechnical));
        Assert.Equal("I could not finish this. “Read it” failed: Too many requests.", recorder.Snapshot.Answer);

        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        await ExecuteAsync(recorder);
        Assert.Equal(("wrote done", 3), (recorder.Snapshot.Answer, recorder.Snapshot.Attempt));
    }

    [Fact]
    public async Task Execute_Replay_LeavesFailuresThatTheRunHadGoneOnFrom()
    {
        _connectors.OnFault = request => request.OperationId is "a.things.side" or "a.things.write" ? FakeConnectors.Fault.Busy : FakeConnectors.Fault.None;
        var recorder = await Create().RunAsync(Engines.Input("go"));
        var before = _connectors.Calls.Count(call => call.OperationId == "a.things.side");
        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        await ExecuteAsync(recorder);

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.Equal(before, _connectors.Calls.Count(call => call.OperationId == "a.things.side"));
        Assert.Equal(StepStatus.Failed, recorder.Snapshot.FindStep("side")!.Status);
    }

    [Fact]
    public async Task Execute_ReplayButForbiddenMeanwhile_SendsNothing()
    {
        var recorder = await FailAsync("a.things.write");
        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        await ExecuteAsync(recorder, "version: 1\noperations: {}\n");

        Assert.Equal("forbidden", recorder.Snapshot.ErrorCode);
        Assert.Empty(_connectors.Effects);
    }

    [Fact]
    public async Task Execute_ApprovalLapsedWithTheFailedRun_IsAskedForAgain()
    {
        var both = Three.Replace("call: a.things.write, needs: [read]", "call: a.things.guarded, needs: [side]", StringComparison.Ordinal);
        _connectors.OnFault = request => request.OperationId == "a.things.read" ? FakeConnectors.Fault.Busy : FakeConnectors.Fault.None;
        var engine = Engines.Create(_connectors, Engines.Definitions(Policy, both));
        var recorder = await engine.RunAsync(Engines.Input("go"));
        Assert.Equal(["read"], recorder.Facts.OfType<RunEnded>().Single().FailedSteps!);
        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        await engine.ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        await recorder.RecordAsync([new DecisionMade { RequestId = recorder.Snapshot.Waiting!.RequestIds.Single(), Decision = "approve", By = "u-boss" }], default);
        await engine.ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.Equal(2, recorder.Snapshot.Decisions.Count);
        Assert.Equal(1, Assert.Single(_connectors.Effects).Value);
    }

    [Fact]
    public async Task Execute_ModelFailed_ReplayAsksItAgain()
    {
        var fails = true;
        var model = new FakeModel((call, _) => (call, fails) switch
        {
            (1, _) => [FakeModel.Say("Let me look."), FakeModel.Call("a_things_read", "{}"), FakeModel.End("tool_calls")],
            (_, true) => throw new ModelException("model_unavailable", "The model is away."),
            _ => [FakeModel.Say("All well."), FakeModel.End()],
        });
        var engine = Engines.Create(_connectors, Engines.Definitions(Policy), model);
        var recorder = await engine.RunAsync(Engines.Input("do something new"));
        Assert.Equal((RunPhase.Failed, true), (recorder.Snapshot.Phase, recorder.Snapshot.IsTechnical));
        Assert.Equal("Let me look.\n\nThe model is away. Nothing was changed.", recorder.Snapshot.Answer);

        fails = false;
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);
        await engine.ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
        Assert.Equal((RunPhase.Completed, "Let me look.\n\nAll well."), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Single(_connectors.Calls);
    }

    [Fact]
    public async Task Execute_AnswersThatAreNoFailures_CannotBeReplayed()
    {
        var forbidden = await Engines.Create(_connectors, Engines.Definitions("version: 1\noperations: {}\n", Three)).RunAsync(Engines.Input("go"));
        var unconfigured = await Engines.Create(new FakeConnectors(), Engines.Definitions(Policy, Three)).RunAsync(Engines.Input("go"));
        var completed = await Create().RunAsync(Engines.Input("go"));

        Assert.Equal(("forbidden", "not_configured", null), (forbidden.Snapshot.ErrorCode, unconfigured.Snapshot.ErrorCode, completed.Snapshot.ErrorCode));
        Assert.All(new[] { forbidden, unconfigured, completed }, recorder =>
        {
            Assert.False(RunReplay.CanReplay(recorder.Snapshot));
            Assert.Throws<InvalidOperationException>(() => RunReplay.Begin(recorder.Snapshot, "u-admin"));
        });
    }

    [Fact]
    public async Task Apply_Replayed_ForgetsTheDeadLetterAndTheCancellation()
    {
        var recorder = await FailAsync("a.things.read");
        await recorder.RecordAsync([new RunDeadLettered { Code = "rate_limited", StepId = "read" }, new CancelRequested()], default);
        Assert.NotNull(recorder.Snapshot.DeadLetter);
        await recorder.RecordAsync(RunReplay.Begin(recorder.Snapshot, "u-admin"), default);

        Assert.Equal((null, false, null), (recorder.Snapshot.DeadLetter, recorder.Snapshot.CancelRequested, recorder.Snapshot.EndedAt));
        Assert.Null(recorder.Snapshot.FindStep("read"));
        Assert.NotNull(recorder.Snapshot.FindStep("side"));
    }

    [Fact]
    public void TechnicalCodes_AreOnThePage()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "events.md"));
        var line = page.Split('\n').Single(line => line.StartsWith("Technical:", StringComparison.Ordinal));

        Assert.Equal(TechnicalCodes.All.Order(), line.Split('`').Where((_, index) => index % 2 == 1).Order());
    }

    private async Task<FakeRecorder> FailAsync(string operationId)
    {
        _connectors.OnFault = request => request.OperationId == operationId ? FakeConnectors.Fault.Busy : FakeConnectors.Fault.None;
        var recorder = await Create().RunAsync(Engines.Input("go"));
        Assert.Equal((RunPhase.Failed, "rate_limited"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        return recorder;
    }

    private RunEngine Create(string policy = Policy) => Engines.Create(_connectors, Engines.Definitions(policy, Three));

    private Task ExecuteAsync(FakeRecorder recorder, string policy = Policy) => Create(policy).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.side", OperationEffect.Read, _ => new JsonObject { ["value"] = "s" })
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .Add("a.things.guarded", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" })
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
