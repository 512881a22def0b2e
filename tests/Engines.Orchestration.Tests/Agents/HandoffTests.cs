using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Agents;

public sealed class HandoffTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n  b.things.write: { allow: [anyone] }\n";
    private const string Parent = "id: assistant\nversion: 1\ntitle: Boss\ndescription: D\ninstructions: Lead.\ntools: { read: ['*'], write: [a.things.write] }\nhandoffs: [helper]\n";
    private const string Helper = "id: helper\nversion: 1\ntitle: Helper\ndescription: D\ninstructions: Serve.\ntools: { read: ['*'], write: ['*'] }\n";

    [Fact]
    public async Task HandOff_Task_RunsInTheSameJournalUnderTheStepAndReports()
    {
        var model = Script(
            boss => boss == 1 ? [HandOver("look it up")] : [FakeModel.Say("The helper found v.")],
            helper => helper == 1 ? [FakeModel.Call("a_things_read", """{"q":"x"}""")] : [FakeModel.Say("It is v.")]);
        var recorder = await RunAsync(model, Parent, Helper);

        Assert.Equal((RunPhase.Completed, "The helper found v."), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(["m1_1", "m1_1/m1_1"], recorder.Snapshot.Steps.Select(step => step.StepId));
        Assert.Equal([(1, null), (2, "m1_1"), (3, "m1_1"), (4, (string?)null)], recorder.Snapshot.ModelCalls.Select(call => (call.Call, call.Scope)));
        Assert.Equal("It is v.", recorder.Snapshot.ModelCalls[2].Text);
        Assert.Equal("""{"agent":"helper","report":"It is v."}""", recorder.Snapshot.FindStep("m1_1")!.Result!.Value.GetRawText());
        Assert.Equal("helper", recorder.Facts.OfType<StepStarted>().First().Agent);
        var asked = model.Requests[1].Messages;
        Assert.Equal("look it up", asked[^1].Text);
        Assert.Contains("Helper\nServe.", asked[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOff_Tools_AreOnlyThoseThatBothHave()
    {
        var model = Script(boss => boss == 1 ? [HandOver("do it")] : [FakeModel.Say("ok")], helper => helper == 1 ? [FakeModel.Call("b_things_write", "{}")] : [FakeModel.Say("could not")]);
        var things = Things();
        var recorder = await RunAsync(model, things, Parent, Helper);

        Assert.Equal("unknown_tool", recorder.Snapshot.FindStep("m1_1/m1_1")!.Code);
        Assert.Empty(things.Effects);
        Assert.DoesNotContain(model.Requests[1].Tools, tool => tool.Name == "b_things_write");
        Assert.Contains(model.Requests[1].Tools, tool => tool.Name == "a_things_write");
    }

    [Fact]
    public async Task HandOff_TooDeep_IsRefusedWithAGuard()
    {
        var model = new FakeModel((call, request) => call == 1 && request.AllowToolCalls ? [HandOver($"again {request.Messages[^1].Text.Length}"), FakeModel.End("tool_calls")] : [FakeModel.Say("enough"), FakeModel.End()]);
        var recorder = await RunAsync(model, Parent, Helper + "handoffs: [helper]\n");

        var trip = Assert.Single(recorder.Snapshot.Trips);
        Assert.Equal(("handoff_depth", "m1_1/m1_1/m1_1/m1_1", "m1_1/m1_1/m1_1"), (trip.Guard, trip.StepId, trip.Scope));
        Assert.Equal("handoff_depth", recorder.Snapshot.FindStep(trip.StepId!)!.Code);
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task HandOff_ToAnAgentThatIsNotNamed_IsUnknown()
    {
        var model = Script(boss => boss == 1 ? [FakeModel.Call("hand_off_to_stranger", """{"task":"x"}""")] : [FakeModel.Say("ok")], _ => throw new InvalidOperationException("asked"));
        var recorder = await RunAsync(model, Parent, Helper, Helper.Replace("id: helper", "id: stranger", StringComparison.Ordinal));

        Assert.Equal("unknown_tool", recorder.Snapshot.FindStep("m1_1")!.Code);
    }

    [Fact]
    public async Task HandOff_HelperOverItsOwnLimit_ReportsWhatItKnowsAndTheRunGoesOn()
    {
        var model = Script(
            boss => boss == 1 ? [HandOver("look")] : [FakeModel.Say("Thanks.")],
            helper => [FakeModel.Call("a_things_read", $$"""{"q":"{{helper}}"}""")],
            _ => [FakeModel.Say("So far v.")]);
        var recorder = await RunAsync(model, Parent, Helper + "limits: { modelCalls: 3 }\n");

        Assert.Equal((RunPhase.Completed, "Thanks."), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(("model_calls", 3m, "m1_1"), recorder.Snapshot.Exhausted.Select(spent => (spent.Budget, spent.Limit, spent.Scope)).Single());
        Assert.Equal("""{"agent":"helper","report":"So far v.","incomplete":"budget"}""", recorder.Snapshot.FindStep("m1_1")!.Result!.Value.GetRawText());
    }

    [Fact]
    public async Task HandOff_RunOverItsLimit_EndsTheHelperAndLeavesTheLastAnswerToTheRun()
    {
        var model = Script(
            boss => [HandOver("look")],
            helper => [FakeModel.Call("a_things_read", $$"""{"q":"{{helper}}"}""")],
            boss: _ => [FakeModel.Say("I only know half.")]);
        var recorder = await Engines.Create(Things(), Engines.WithAgents(Policy, null, Parent, Helper), model).RunAsync(Engines.Input("go") with { Limits = new RunLimits { ModelCalls = 4 } });

        Assert.Equal((RunPhase.Partial, "budget", "I only know half."), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, recorder.Snapshot.Answer));
        Assert.Equal("budget", recorder.Snapshot.FindStep("m1_1")!.Code);
        Assert.Equal(4, recorder.Snapshot.ModelCalls.Count);
    }

    [Fact]
    public async Task HandOff_HelpersModelFails_IsAResultForTheOtherAgent()
    {
        var model = Script(boss => boss == 1 ? [HandOver("look")] : [FakeModel.Say("The helper is away.")], _ => throw new ModelException("model_unavailable", "Down.") { IsRetryable = true });
        var recorder = await RunAsync(model, Parent, Helper);

        var step = recorder.Snapshot.FindStep("m1_1")!;
        Assert.Equal(("model_unavailable", true), (step.Code, step.Retryable));
        Assert.Equal("m1_1", Assert.Single(recorder.Facts.OfType<ModelFailed>()).Scope);
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Theory]
    [InlineData("approve", 1, "ok")]
    [InlineData("reject", 0, "approval_rejected")]
    public async Task HandOff_ActionThatNeedsAnApproval_IsAskedForInTheRunItself(string decision, int effects, string status)
    {
        var things = Things();
        FakeModel Model() => Script(
            boss => boss == 1 ? [HandOver("write it")] : [FakeModel.Say("Over.")],
            helper => helper == 1 ? [FakeModel.Call("a_things_write", """{"q":"x"}""")] : [FakeModel.Say("I did what I could.")]);
        var definitions = Engines.WithAgents("version: 1\noperations:\n  a.things.write: { approval: [anyone], approvers: [role:boss] }\n", null, Parent, Helper);
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        await Engines.Create(things, definitions, Model()).ExecuteAsync(input, first, default, default);

        Assert.Equal(RunPhase.Waiting, first.Snapshot.Phase);
        var request = Assert.Single(first.Snapshot.Decisions).Request;
        Assert.Equal("m1_1/m1_1", request.StepId);
        Assert.Equal([request.RequestId], first.Snapshot.Waiting!.RequestIds);
        Assert.Empty(things.Effects);

        var second = new FakeRecorder(before: first);
        await second.RecordAsync([new DecisionMade { RequestId = request.RequestId, Decision = decision, By = "u-boss" }], default);
        var model = Model();
        await Engines.Create(things, definitions, model).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Completed, "Over."), (second.Snapshot.Phase, second.Snapshot.Answer));
        Assert.Equal(effects, things.Effects.Count);
        Assert.Equal(2, model.Requests.Count);
        Assert.Contains(status, model.Requests[0].Messages[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void HandOff_CrashesAnywhere_RepeatsNoEndedCallAndNoAction()
    {
        var crashes = Gen.Choose(1, 12).ListOf().Select(list => list.Take(6).ToList());
        Prop.ForAll(crashes.ToArbitrary(), deaths => CheckAsync(deaths).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

        static async Task<bool> CheckAsync(List<int> deaths)
        {
            var things = Things();
            var input = Engines.Input("go");
            var recorder = FakeRecorder.For(input);
            foreach (var death in deaths)
            {
                recorder = new FakeRecorder(before: recorder) { DieAtAppend = death, DieAfterwards = death % 2 == 0 };
                var ended = recorder.Snapshot.ModelCalls.Count;
                var model = Model();
                try
                {
                    await Engines.Create(things, Engines.WithAgents(Policy, null, Parent, Helper), model).ExecuteAsync(input, recorder, default, default);
                }
                catch (JournalDiedException)
                {
                }

                Assert.True(model.Requests.Count <= 5 - ended, "an ended model call was repeated");
            }

            recorder = new FakeRecorder(before: recorder);
            await Engines.Create(things, Engines.WithAgents(Policy, null, Parent, Helper), Model()).ExecuteAsync(input, recorder, default, default);
            Assert.Equal("All done.", recorder.Snapshot.Answer);
            Assert.Equal(5, recorder.Snapshot.ModelCalls.Count);
            Assert.Equal([1, 1], things.Effects.Values);
            Assert.Equal(["m1_1", "m1_1/m1_1", "m1_1/m2_1", "m1_1/m2_2"], recorder.Snapshot.Steps.Select(step => step.StepId).Order(StringComparer.Ordinal));
            return true;
        }

        static FakeModel Model() => Script(
            boss => boss == 1 ? [HandOver("do both")] : [FakeModel.Say("All done.")],
            helper => helper switch
            {
                1 => [FakeModel.Call("a_things_read", """{"q":"1"}""")],
                2 => [FakeModel.Call("a_things_write", """{"q":"2"}""", "c1"), FakeModel.Call("a_things_write", """{"q":"3"}""", "c2")],
                _ => [FakeModel.Say("Both written.")],
            });
    }

    // What each agent says at its n-th call; and when it may not call tools any more.
    private static FakeModel Script(
        Func<int, IReadOnlyList<ChatDelta>> atBoss, Func<int, IReadOnlyList<ChatDelta>> atHelper, Func<int, IReadOnlyList<ChatDelta>>? helper = null, Func<int, IReadOnlyList<ChatDelta>>? boss = null) =>
        new((call, request) =>
        {
            var isBoss = request.Messages[0].Text.Contains("Your part: Boss", StringComparison.Ordinal);
            var last = request.AllowToolCalls ? null : isBoss ? boss : helper;
            var deltas = (last ?? (isBoss ? atBoss : atHelper))(call);
            return [.. deltas, FakeModel.End(deltas.Any(delta => delta is Models.ChatToolCall) ? "tool_calls" : "stop")];
        });

    private static Models.ChatToolCall HandOver(string task) => FakeModel.Call("hand_off_to_helper", new JsonObject { ["task"] = task }.ToJsonString());

    private static Task<FakeRecorder> RunAsync(FakeModel model, params string[] agents) => RunAsync(model, Things(), agents);

    private static Task<FakeRecorder> RunAsync(FakeModel model, FakeConnectors things, params string[] agents) =>
        Engines.Create(things, Engines.WithAgents(Policy, null, agents), model).RunAsync(Engines.Input("go"));

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" })
        .Add("b.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
