using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests.Decisions;

public sealed class UnknownOutcomeTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    private const string Write = """
        id: write
        version: 1
        title: Write
        description: Write.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: write, title: Write it, call: a.things.write, with: { a: 1 } }
        answer: "wrote ${steps.write.result.value}"
        """;

    private readonly ManualTimeProvider _time = new();
    private readonly FakeConnectors _connectors = new FakeConnectors().Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });

    public UnknownOutcomeTests()
    {
        _connectors.OnFault = _ => FakeConnectors.Fault.UnknownNotDone;
        _connectors.OnReconcile = _ => new ReconcileUnknown("the target cannot be searched.");
    }

    [Fact]
    public async Task Execute_NobodyCanTell_AsksAPersonWithTheFacts()
    {
        var recorder = await RunAsync();

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        var request = Assert.Single(recorder.Snapshot.Decisions).Request;
        Assert.Equal(DecisionKind.UnknownOutcome, request.Kind);
        Assert.Equal(["done", "not_done", "give_up"], request.Options);
        Assert.Equal(["requester", "role:helpdesk", "role:admin"], request.Deciders);
        Assert.Equal(
            """{"operation":"a.things.write","arguments":{"a":1},"sentAt":"2026-11-20T12:00:00+00:00","attempts":1,"reason":"the target cannot be searched."}""", request.Subject!.Value.GetRawText().Replace("\\u002B", "+", StringComparison.Ordinal));
        Assert.Single(_connectors.Calls);
        Assert.Equal(3, _connectors.Reconciled.Count);
    }

    [Fact]
    public async Task Execute_PersonSaysDone_GoesOnWithoutSending()
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, "done");

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        var reconciled = recorder.Facts.OfType<ActionReconciled>().Last();
        Assert.Equal(("done", "u-ada said so."), (reconciled.Outcome, reconciled.Reason));
        Assert.Single(_connectors.Calls);
    }

    [Fact]
    public async Task Execute_PersonSaysNotDone_SendsAgainUnderTheSameId()
    {
        var recorder = await RunAsync();
        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await DecideAsync(recorder, "not_done");

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
        Assert.Equal(2, _connectors.Calls.Count);
        Assert.Single(_connectors.Calls.Select(call => call.ActionId).Distinct());
        Assert.Equal(["action.reconciled", "action.sent", "action.confirmed"], recorder.Types.Where(type => type.StartsWith("action.", StringComparison.Ordinal)).TakeLast(3));
    }

    [Fact]
    public async Task Execute_UnknownAgainAfterNotDone_AsksAgain()
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, "not_done");

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        Assert.Equal(2, recorder.Snapshot.Decisions.Count);
        Assert.Equal(2, recorder.Snapshot.Actions[0].Attempts);
    }

    [Theory]
    [InlineData("give_up")]
    [InlineData("expired")]
    public async Task Execute_NobodySays_EndsWithExactlyThat(string decision)
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, decision);

        Assert.Equal((RunPhase.Failed, "outcome_unknown"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains("is not known", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Single(_connectors.Calls);
        Assert.False(RunReplay.CanReplay(recorder.Snapshot));
    }

    [Fact]
    public async Task Execute_ForbiddenMeanwhile_IsNotSentAgain()
    {
        var recorder = await RunAsync();
        await DecideAsync(recorder, "not_done", "version: 1\noperations: {}\n");

        Assert.Equal("forbidden", recorder.Snapshot.ErrorCode);
        Assert.Equal(ActionStatus.NotDone, recorder.Snapshot.Actions[0].Status);
        Assert.Single(_connectors.Calls);
    }

    [Fact]
    public async Task Execute_ApprovalNeededMeanwhile_IsAskedForBeforeItIsSentAgain()
    {
        const string approval = "version: 1\noperations:\n  a.things.write: { approval: [anyone] }\n";
        var recorder = await RunAsync();
        _connectors.OnFault = _ => FakeConnectors.Fault.None;
        await DecideAsync(recorder, "not_done", approval);
        Assert.Equal((RunPhase.Waiting, DecisionKind.Approval), (recorder.Snapshot.Phase, recorder.Snapshot.Decisions[^1].Request.Kind));
        Assert.Single(_connectors.Calls);
        await DecideAsync(recorder, "approve", approval);

        Assert.Equal("wrote done", recorder.Snapshot.Answer);
    }

    [Fact]
    public async Task Execute_CancelledAfterAPersonSaidDone_SaysThatItWasDone()
    {
        var recorder = await RunAsync();
        await recorder.RecordAsync([new DecisionMade { RequestId = recorder.Snapshot.Decisions[0].Request.RequestId, Decision = "done", By = "u-ada" }, new CancelRequested()], default);
        await ExecuteAsync(recorder, Policy);

        Assert.Equal(RunPhase.Cancelled, recorder.Snapshot.Phase);
        Assert.Contains("This was done:\n- Write it", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ConnectorGoneWithAnActionUnderWay_AsksWhatBecameOfIt()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input, _time);
        first.DieAtAppend = 3;
        await Assert.ThrowsAsync<JournalDiedException>(() => ExecuteAsync(first, Policy));
        Assert.Equal(ActionStatus.Sent, first.Snapshot.Actions[0].Status);

        var second = new FakeRecorder(_time, first);
        var gone = new FakeConnectors { OnReconcile = _ => new ReconcileUnknown("it is not configured.") };
        await Engines.Create(gone, Engines.Definitions(Policy, Write), time: _time).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Waiting, DecisionKind.UnknownOutcome), (second.Snapshot.Phase, second.Snapshot.Decisions.Single().Request.Kind));
    }

    [Fact]
    public async Task Execute_ConnectorGoneAndTheActionNotDone_FailsTheStep()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input, _time);
        first.DieAtAppend = 3;
        await Assert.ThrowsAsync<JournalDiedException>(() => ExecuteAsync(first, Policy));

        var second = new FakeRecorder(_time, first);
        await Engines.Create(new FakeConnectors(), Engines.Definitions(Policy, Write), time: _time).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Failed, "not_configured"), (second.Snapshot.Phase, second.Snapshot.ErrorCode));
        Assert.Equal(ActionStatus.NotDone, second.Snapshot.Actions[0].Status);
    }

    private async Task<FakeRecorder> RunAsync()
    {
        var recorder = FakeRecorder.For(Engines.Input("go"), _time);
        await ExecuteAsync(recorder, Policy);
        return recorder;
    }

    private async Task DecideAsync(FakeRecorder recorder, string decision, string policy = Policy)
    {
        await recorder.RecordAsync([new DecisionMade { RequestId = recorder.Snapshot.Decisions[^1].Request.RequestId, Decision = decision, By = "u-ada" }], default);
        await ExecuteAsync(recorder, policy);
    }

    private Task ExecuteAsync(FakeRecorder recorder, string policy) =>
        Engines.Create(_connectors, Engines.Definitions(policy, Write), time: _time).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
}
