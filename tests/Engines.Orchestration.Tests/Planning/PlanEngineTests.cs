using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Tests.React;
using static Steward.Engines.Orchestration.Tests.Planning.PlanHarness;

namespace Steward.Engines.Orchestration.Tests.Planning;

/// <summary>Plans through the whole engine: its model caller, ledger, hand-offs, budgets and waiting.</summary>
public sealed class PlanEngineTests
{
    private const string Planner = "id: assistant\nversion: 1\ntitle: Planner\ndescription: D\ninstructions: Plan.\nstrategies: [plan]\ntools: { read: ['*'], write: ['*'] }\nhandoffs: [helper]\n";
    private const string Helper = "id: helper\nversion: 1\ntitle: Helper\ndescription: Helps with things.\ninstructions: Serve.\ntools: { read: ['*'], write: ['*'] }\n";
    private const string Free = "version: 1\noperations:\n  fake.things.write: { allow: [anyone] }\n";
    private const string Guarded = "version: 1\noperations:\n  fake.things.write: { approval: [anyone], approvers: [role:boss] }\n";

    [Fact]
    public async Task Execute_StrategyPlan_ProposesWorksOffAndStreamsTheAnswer()
    {
        var second = Write("b", "a");
        second["arguments"]!["seen"] = "${steps.a.result.value}";
        var model = Script([Json(Read("a"), second)]);
        var recorder = await Engine(PlanSamples.Connectors(), Free, model).RunAsync(Engines.Input("go"));

        Assert.Equal((RunPhase.Completed, "plan", "All done."), (recorder.Snapshot.Phase, recorder.Snapshot.Strategy, recorder.Snapshot.Answer));
        Assert.Equal(["plan", null], recorder.Snapshot.ModelCalls.Select(call => call.Purpose));
        Assert.Equal("plan-2", recorder.Snapshot.Choice!.PromptVersion);
        Assert.Equal("(b:(a:))", recorder.Snapshot.FindStep("p1_b")!.Result!.Value.GetProperty("value").GetString());
        Assert.Contains("- helper: Helps with things.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_StepNeedsApproval_WaitsWhileOthersGoOnAndIsDoneOnceApproved()
    {
        var connectors = PlanSamples.Connectors();
        var engine = Engine(connectors, Guarded, Script([Json(Write("w"), Read("a"), Read("b", "a"), Read("c", "w"))]));
        var recorder = await engine.RunAsync(Engines.Input("go"));

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        Assert.Equal(StepStatus.Done, recorder.Snapshot.FindStep("p1_b")!.Status);
        Assert.Equal("Do w (fake.things.write)", Assert.Single(recorder.Snapshot.Actions).Summary);
        Assert.Empty(connectors.Effects);

        await DecideAsync(engine, recorder, "approve");
        Assert.Equal((RunPhase.Completed, "All done."), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(1, Assert.Single(connectors.Effects).Value);
        Assert.Equal(2, recorder.Snapshot.ModelCalls.Count);
    }

    [Fact]
    public async Task Execute_ApprovalRefused_PlansAgainButMayNotPlanTheSameAgain()
    {
        var connectors = PlanSamples.Connectors();
        var engine = Engine(connectors, Guarded, Script([Json(Write("w")), Json(Write("w")), Json(Read("r"))]));
        var recorder = await engine.RunAsync(Engines.Input("go"));
        await DecideAsync(engine, recorder, "reject");

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Equal(["", "already_refused", ""], recorder.Snapshot.Plans.Select(plan => plan.Faults is [var fault, ..] ? fault.Code : ""));
        Assert.Empty(connectors.Effects);
    }

    [Fact]
    public async Task Execute_OutcomeUnknown_IsNeverPlannedAgain()
    {
        var connectors = PlanSamples.Connectors();
        connectors.OnFault = request => request.OperationId == PlanSamples.Write ? FakeConnectors.Fault.UnknownDone : FakeConnectors.Fault.None;
        connectors.OnReconcile = _ => new ReconcileUnknown("it has no memory.");
        var engine = Engine(connectors, Free, Script([Json(Write("w")), Json(Write("w")), Json()]));
        var recorder = await engine.RunAsync(Engines.Input("go"));
        Assert.Equal(DecisionKind.UnknownOutcome, Assert.Single(recorder.Snapshot.Decisions).Request.Kind);
        await DecideAsync(engine, recorder, "give_up");

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Equal("outcome_unknown", recorder.Snapshot.Plans[1].Faults[0].Code);
        Assert.Equal(1, Assert.Single(connectors.Effects).Value);
    }

    [Fact]
    public async Task Execute_HandOffInAPlan_WorksInTheSameJournalAndItsReportIsUsed()
    {
        var ask = new JsonObject { ["id"] = "ask", ["title"] = "Ask", ["agent"] = "helper", ["task"] = "Check it.", ["expect"] = "${contains(result.report, 'fine')}" };
        var model = Script([Json(ask)], "It is fine.");
        var recorder = await Engine(PlanSamples.Connectors(), Free, model).RunAsync(Engines.Input("go"));

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Equal([null, "p1_ask", (string?)null], recorder.Snapshot.ModelCalls.Select(call => call.Scope));
        Assert.Single(recorder.Snapshot.Plans);
        Assert.Equal("All done.", recorder.Snapshot.Answer);
    }

    [Fact]
    public async Task Execute_BudgetOfModelCallsUsedUp_AnswersWithTheCallThatIsHeldBack()
    {
        var connectors = new FakeConnectors().AddOutcome(PlanSamples.Read, OperationEffect.Read, (_, _) => Task.FromResult<ActionOutcome>(new ActionFailed("rejected", "No.", false)));
        var input = Engines.Input("go") with { Limits = new RunLimits { ModelCalls = 3 } };
        var recorder = await Engine(connectors, Free, Script([Json(Read("a"))])).RunAsync(input);

        Assert.Equal((RunPhase.Partial, "budget"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.StartsWith("All done.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal(3, recorder.Snapshot.ModelCalls.Count);
    }

    private static RunEngine Engine(FakeConnectors connectors, string policy, FakeModel model) => Engines.Create(connectors, Engines.WithAgents(policy, null, Planner, Helper), model);

    private static async Task DecideAsync(RunEngine engine, FakeRecorder recorder, string decision)
    {
        var request = recorder.Snapshot.Decisions.Single(candidate => candidate.IsOpen).Request;
        await recorder.RecordAsync([new DecisionMade { RequestId = request.RequestId, Decision = decision, By = "u-boss" }], default);
        await engine.ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
    }

    // Plans one after the other, a report for the helper, and one answer.
    private static FakeModel Script(IReadOnlyList<string> plans, string report = "Nothing.")
    {
        var next = 0;
        return new FakeModel((_, request) => request.Messages[0].Text switch
        {
            var system when system.StartsWith("You are the planner", StringComparison.Ordinal) => [FakeModel.Say(plans[Math.Min(next++, plans.Count - 1)]), FakeModel.End()],
            var system when system.Contains("Serve.", StringComparison.Ordinal) => [FakeModel.Say(report), FakeModel.End()],
            _ => [FakeModel.Say("All done."), FakeModel.End()],
        });
    }
}
