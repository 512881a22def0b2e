using Microsoft.Extensions.Logging.Abstractions;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Tests.React;

/// <summary>A tool that has to wait for people: here a hand-off whose steps do.</summary>
public sealed class WaitingTests
{
    private static readonly DecisionRequested Request = new()
    {
        RequestId = "d-1", Kind = DecisionKind.Approval, StepId = "m1_2/m1_1", Summary = "Reset the password of Grace", SubjectHash = "h", Options = ["approve", "reject"], Deciders = ["role:helpdesk"],
        ExpiresAt = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero),
    };

    [Fact]
    public async Task Run_ToolWaits_RecordsTheOthersAndWaits()
    {
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        var outcome = await RunAsync(input, recorder, new Handoffs(), Model());

        Assert.Equal(RunPhase.Waiting, outcome.Phase);
        Assert.Equal(["d-1"], outcome.Waits!.RequestIds);
        Assert.Equal(("I cannot go on before somebody decides:\n- Reset the password of Grace: waits for an approval.", Request.ExpiresAt), (outcome.Waits.Summary, outcome.Waits.ExpiresAt));
        Assert.Equal([("m1_1", StepStatus.Done), ("m1_2", StepStatus.Running)], recorder.Snapshot.Steps.Select(step => (step.StepId, step.Status)));
        Assert.True(recorder.Snapshot.FindDecision("d-1")!.IsOpen);
    }

    [Fact]
    public async Task Run_AfterTheDecision_GoesOnWithTheOpenStep()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        await RunAsync(input, first, new Handoffs(), Model());

        var second = new FakeRecorder(before: first);
        await second.RecordAsync([new DecisionMade { RequestId = "d-1", Decision = "approve", By = "u-help" }], default);
        var model = Model();
        var handoffs = new Handoffs(isDecided: true);
        var outcome = await RunAsync(input, second, handoffs, model);

        Assert.Equal(RunPhase.Completed, outcome.Phase);
        Assert.Equal(["m1_2", "m1_3"], handoffs.Steps);
        Assert.Single(model.Requests);
        Assert.Equal(StepStatus.Done, second.Snapshot.FindStep("m1_3")!.Status);
    }

    private static FakeModel Model() => new((call, _) => call == 1
        ? [FakeModel.Call("a_things_read", "{}", "c1"), FakeModel.Call("hand_off_to_helper", """{"task":"ask"}""", "c2"), FakeModel.Call("hand_off_to_helper", """{"task":"more"}""", "c3"), FakeModel.End("tool_calls")]
        : [FakeModel.Say("done"), FakeModel.End()]);

    private static async Task<RunOutcome> RunAsync(RunInput input, FakeRecorder recorder, IHandoffs handoffs, IChatModel model)
    {
        var things = new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => "v");
        await using var run = new RunContext(input, recorder, things, ActionPolicy.ReadOnly, new OrchestrationOptions(), TimeProvider.System, new RandomSource(1), default, default);
        var catalog = Engines.Agents(Engines.Assistant + "handoffs: [helper]\n", Engines.Assistant.Replace("id: assistant", "id: helper", StringComparison.Ordinal));
        var budget = new RunBudget(run, new RunLimits());
        var runner = new ReactRunner(
            run, catalog.Default, ReactTools.Of(catalog.Default, things.Operations, [catalog.Find("helper")!]), new ModelCaller(run, model, budget, new ModelCallNumbers(recorder.Snapshot)), handoffs, budget, NullLogger.Instance, null, input.Text, static () => 8);
        return await runner.RunAsync(recorder.Snapshot.Choice is null ? [new StrategyChosen { Strategy = "react" }] : []);
    }

    private sealed class Handoffs(bool isDecided = false) : IHandoffs
    {
        public List<string> Steps { get; } = [];

        public Task<CallResult> HandOffAsync(string stepId, string agentId, string task, string? scope)
        {
            Steps.Add(stepId);
            return Task.FromResult(task == "ask" && !isDecided
                ? new CallResult { Awaits = ["d-1"], Facts = [Request] }
                : new CallResult { Facts = [new StepCompleted { StepId = stepId, Status = "done" }] });
        }

        public Task<CallResult> StopAsync(string stepId, string code, string message, params IReadOnlyList<RunFact> before) =>
            Task.FromResult(new CallResult { Code = code, Message = message, Facts = [.. before, new StepFailed { StepId = stepId, Code = code, Message = message }] });
    }
}
