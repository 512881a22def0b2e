using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Orchestration.Strategies;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Agents;

public sealed class HandoffStrategyTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n  b.things.write: { allow: [anyone] }\n";
    private const string Parent = "id: assistant\nversion: 1\ntitle: Boss\ndescription: D\ninstructions: Lead.\ntools: { read: ['*'], write: [a.things.write] }\nhandoffs: [helper]\nstrategies: [react]\n";
    private const string Helper = "id: helper\nversion: 1\ntitle: Helper\ndescription: D\ninstructions: Serve.\ntools: { read: ['*'], write: ['*'] }\n";
    private const string Planner = Helper + "strategies: [plan]\n";
    private const string Player = Helper + "strategies: [playbook, react]\n";

    private const string Plan = """
        {"goal":"g","answer":"a","steps":[
          {"id":"look","title":"Look","tool":"a.things.read","arguments":{"q":"${message}"}},
          {"id":"write","title":"Write","tool":"a.things.write","arguments":{"q":"${steps.look.result.value}"},"needs":["look"],"onFailure":"stop"}]}
        """;

    private const string Playbook = """
        id: both
        version: 1
        title: Look and write
        description: Both.
        examples: [renew it]
        match:
          - { all: [[renew]], score: 1 }
        steps:
          - { id: look, title: "Look ${message}", call: a.things.read }
          - { id: write, title: Write it, call: a.things.write, with: { q: "${steps.look.result.value}" } }
        answer: "Renewed: ${steps.write.result.value}."
        """;

    [Fact]
    public async Task HandOff_ToAPlanner_WorksAPlanOffUnderTheStep()
    {
        var model = Model("look it up", Plan);
        var things = Things();
        var recorder = await RunAsync(model, things, Definitions(Policy, [], Parent, Planner));

        Assert.Equal((RunPhase.Completed, "Over."), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(["m1_1", "m1_1/p1_look", "m1_1/p1_write"], recorder.Snapshot.Steps.Select(step => step.StepId));
        Assert.Equal(("plan", "helper"), (recorder.Snapshot.FindHandoff("m1_1")!.Strategy, recorder.Snapshot.FindHandoff("m1_1")!.Agent));
        Assert.Equal("m1_1", Assert.Single(recorder.Snapshot.Plans).Scope);
        Assert.Equal("""{"agent":"helper","report":"Planned and done."}""", recorder.Snapshot.FindStep("m1_1")!.Result!.Value.GetRawText());
        Assert.Equal("look it up", things.Calls.First().Arguments.GetProperty("q").GetString());
        var asked = model.Requests[1].Messages;
        Assert.Equal(["look it up"], asked.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
    }

    [Fact]
    public async Task HandOff_ToAPlannerWithFewerRights_RefusesThePlan()
    {
        var things = Things();
        var recorder = await RunAsync(Model("go", Plan.Replace("a.things.write", "b.things.write", StringComparison.Ordinal)), things, Definitions(Policy, [], Parent, Planner));

        Assert.Equal("invalid_plan", recorder.Snapshot.FindStep("m1_1")!.Code);
        Assert.Contains(recorder.Snapshot.Plans[0].Faults, fault => fault.Code == "forbidden_tool");
        Assert.Empty(things.Effects);
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Theory]
    [InlineData("approve", 1, "Planned and done.")]
    [InlineData("reject", 0, "You rejected the plan")]
    public async Task HandOff_ToAPlannerWhosePlansAreReviewed_AsksInTheRunItself(string decision, int effects, string report)
    {
        var things = Things();
        var definitions = Definitions(Policy, [], Parent, Helper + "reviewPlans: true\nstrategies: [react, plan]\n");
        var recorder = await RunAsync(Model("go", Plan), things, definitions);

        Assert.Equal(RunPhase.Waiting, recorder.Snapshot.Phase);
        var request = Assert.Single(recorder.Snapshot.Decisions).Request;
        Assert.Equal(DecisionKind.PlanReview, request.Kind);
        Assert.Empty(things.Calls);

        await recorder.RecordAsync([new DecisionMade { RequestId = request.RequestId, Decision = decision, By = "u-ada" }], default);
        await Engines.Create(things, definitions, Model("go", Plan)).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

        Assert.Equal((RunPhase.Completed, effects), (recorder.Snapshot.Phase, things.Effects.Count));
        Assert.Contains(report, recorder.Snapshot.FindStep("m1_1")!.Result!.Value.GetProperty("report").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOff_PlaybookFitsTheTask_WorksItOffWithoutAModel()
    {
        var model = Model("renew it");
        var things = Things();
        var recorder = await RunAsync(model, things, Definitions(Policy, [Playbook], Parent, Player));

        Assert.Equal(["m1_1", "m1_1/look", "m1_1/write"], recorder.Snapshot.Steps.Select(step => step.StepId));
        Assert.Equal("Look renew it", recorder.Snapshot.FindStep("m1_1/look")!.Title);
        Assert.Equal("v", things.Calls.Last().Arguments.GetProperty("q").GetString());
        Assert.Equal("""{"agent":"helper","report":"Renewed: done."}""", recorder.Snapshot.FindStep("m1_1")!.Result!.Value.GetRawText());
        Assert.Equal(2, model.Requests.Count);
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task HandOff_PlaybookCallsMoreThanBothMayUse_IsNotUsed()
    {
        var things = Things();
        var recorder = await RunAsync(Model("renew it"), things, Definitions(Policy, [Playbook.Replace("a.things.write", "b.things.write", StringComparison.Ordinal)], Parent, Player));

        Assert.Equal("react", recorder.Snapshot.FindHandoff("m1_1")!.Strategy);
        Assert.Empty(things.Effects);
    }

    [Fact]
    public async Task HandOff_PlaybookNeedsAnApproval_WaitsAndGoesOn()
    {
        var things = Things();
        var definitions = Definitions("version: 1\noperations:\n  a.things.write: { approval: [anyone], approvers: [role:boss] }\n", [Playbook], Parent, Player);
        var recorder = await RunAsync(Model("renew it"), things, definitions);
        var request = Assert.Single(recorder.Snapshot.Decisions).Request;
        Assert.Equal((RunPhase.Waiting, "m1_1/write"), (recorder.Snapshot.Phase, request.StepId));

        // The files have changed meanwhile: the run goes on with what it began with.
        var changed = Definitions("version: 1\noperations:\n  a.things.write: { approval: [anyone], approvers: [role:boss] }\n", [Playbook.Replace("Renewed", "Changed", StringComparison.Ordinal)], Parent, Player);
        await recorder.RecordAsync([new DecisionMade { RequestId = request.RequestId, Decision = "approve", By = "u-boss" }], default);
        await Engines.Create(things, changed, Model("renew it")).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

        Assert.Single(things.Effects);
        Assert.Contains("Renewed: done.", recorder.Snapshot.FindStep("m1_1")!.Result!.Value.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOff_OfARunThatOlderRulesBegan_GoesOnStepByStep()
    {
        var input = Engines.Input("go");
        var definitions = Definitions(Policy, [Playbook], Parent, Player);
        var recorder = FakeRecorder.For(input);
        recorder.Note(new StrategyChosen { Strategy = "react", Agent = "assistant", EngineRevision = 1 });
        var model = Model("renew it");
        await Engines.Create(Things(), definitions, model).ExecuteAsync(input, recorder, default, default);

        Assert.Null(recorder.Snapshot.FindHandoff("m1_1"));
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task HandOff_InsideAPlanFailsForTechnicalReasons_IsReplayedFromTheStepInside()
    {
        var isDown = true;
        var things = Things(() => isDown);
        const string Outer = """{"goal":"g","answer":"a","steps":[{"id":"give","title":"Give","agent":"helper","task":"renew it","onFailure":"stop"}]}""";
        var definitions = Definitions(Policy, [Playbook], Parent.Replace("strategies: [react]", "strategies: [plan]", StringComparison.Ordinal), Player);
        var recorder = await RunAsync(Model("", Outer), things, definitions);
        Assert.Equal((RunPhase.Partial, "unavailable", true), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, recorder.Snapshot.IsTechnical));

        isDown = false;
        await recorder.RecordAsync([new RunReplayed { By = "u-admin", Attempt = 2 }], default);
        await Engines.Create(things, definitions, Model("", Outer)).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);

        Assert.Equal((RunPhase.Completed, StepStatus.Done), (recorder.Snapshot.Phase, recorder.Snapshot.FindStep("p1_give/write")!.Status));
        Assert.Single(things.Calls, call => call.OperationId == "a.things.read");
        Assert.Equal(1, Assert.Single(things.Effects).Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HandOff_CrashesAnywhere_RepeatsNoEndedCallAndNoAction(bool plans)
    {
        var crashes = Gen.Choose(1, 10).ListOf().Select(list => list.Take(6).ToList());
        Prop.ForAll(crashes.ToArbitrary(), deaths => CheckAsync(deaths).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

        async Task<bool> CheckAsync(List<int> deaths)
        {
            var things = Things();
            var input = Engines.Input("go");
            var definitions = Definitions(Policy, [Playbook], Parent, plans ? Planner : Player);
            var calls = plans ? 4 : 2;
            var recorder = FakeRecorder.For(input);
            foreach (var death in deaths)
            {
                recorder = new FakeRecorder(before: recorder) { DieAtAppend = death, DieAfterwards = death % 2 == 0 };
                var ended = recorder.Snapshot.ModelCalls.Count;
                var model = Model("renew it", Plan);
                try
                {
                    await Engines.Create(things, definitions, model).ExecuteAsync(input, recorder, default, default);
                }
                catch (JournalDiedException)
                {
                }

                Assert.True(model.Requests.Count <= calls - ended, "an ended model call was repeated");
            }

            recorder = new FakeRecorder(before: recorder);
            await Engines.Create(things, definitions, Model("renew it", Plan)).ExecuteAsync(input, recorder, default, default);
            Assert.Equal(("Over.", calls), (recorder.Snapshot.Answer, recorder.Snapshot.ModelCalls.Count));
            Assert.Equal(1, Assert.Single(things.Effects).Value);
            Assert.Single(recorder.Facts.OfType<HandoffStrategyChosen>());
            return true;
        }
    }

    // The boss hands over once and then answers; planners answer with their plan, and with a text when the work is over.
    private static FakeModel Model(string task, string plan = "") => new((call, request) =>
    {
        var system = request.Messages[0].Text;
        ChatDelta said =
            system.StartsWith("You are the planner", StringComparison.Ordinal) ? FakeModel.Say(plan)
            : system.Contains("Work was done", StringComparison.Ordinal) ? FakeModel.Say("Planned and done.")
            : system.Contains("Your part: Boss", StringComparison.Ordinal) && call == 1 ? FakeModel.Call("hand_off_to_helper", new JsonObject { ["task"] = task }.ToJsonString())
            : FakeModel.Say("Over.");
        return [said, FakeModel.End(said is Models.ChatToolCall ? "tool_calls" : "stop")];
    });

    private static OrchestrationDefinitions Definitions(string policy, string[] playbooks, params string[] agents) => new(
        PlaybookCatalog.Of(playbooks.Select((text, index) => PlaybookCompiler.Compile(text, $"p{index}.yaml"))), ActionPolicy.Compile(policy, "policy.yaml"), Engines.Agents(agents), StrategyRules.Default);

    private static Task<FakeRecorder> RunAsync(FakeModel model, FakeConnectors things, OrchestrationDefinitions definitions) =>
        Engines.Create(things, definitions, model).RunAsync(Engines.Input("go"));

    private static FakeConnectors Things(Func<bool>? isDown = null) => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .AddOutcome("a.things.write", OperationEffect.Write, (_, _) => Task.FromResult<ActionOutcome>(
            isDown?.Invoke() == true ? new ActionFailed("unavailable", "Down.", false) : new ActionSucceeded(JsonSerializer.SerializeToElement(new { value = "done" }))))
        .Add("b.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
