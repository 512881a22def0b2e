using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Agents;

public sealed class PinnedInstructionsTests
{
    private const string Policy = "version: 1\noperations: {}\n";
    private const string Parent = "id: assistant\nversion: 1\ntitle: Boss\ndescription: D\ninstructions: Lead.\ntools: { read: ['*'] }\nhandoffs: [helper]\n";
    private const string Helper = "id: helper\nversion: 1\ntitle: Helper\ndescription: D\ninstructions: Serve.\ntools: { read: ['*'] }\n";

    private readonly Published _published = new();

    [Fact]
    public async Task Execute_PromptPublishedWhileAway_GoesOnWithTheOneThatItBeganWith()
    {
        _published.Publish("assistant", "Sing.", 1);
        var (input, first) = await DieBeforeAsync("m1_1", Engines.Assistant);
        _published.Publish("assistant", "Dance.", 2);
        var (model, ended) = await ResumeAsync(input, first, Engines.Assistant);

        Assert.Equal("agent-assistant@1", ended.Snapshot.Choice!.PromptVersion);
        Assert.Contains("Assistant\nSing.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
        Assert.Equal(["agent-assistant@1", "agent-assistant@1"], ended.Snapshot.ModelCalls.Select(call => call.PromptVersion));
    }

    [Fact]
    public async Task Execute_FirstPromptPublishedWhileAway_GoesOnWithTheAgentsOwnInstructions()
    {
        var (input, first) = await DieBeforeAsync("m1_1", Engines.Assistant);
        _published.Publish("assistant", "Dance.", 1);
        var (model, ended) = await ResumeAsync(input, first, Engines.Assistant);

        Assert.Contains("Assistant\nHelp.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
        Assert.Equal(["react-3", "react-3"], ended.Snapshot.ModelCalls.Select(call => call.PromptVersion));
    }

    [Fact]
    public async Task Execute_InstructionsNotKept_StopsAndSaysSo()
    {
        _published.Publish("assistant", "Sing.", 1);
        var (input, first) = await DieBeforeAsync("m1_1", Engines.Assistant);
        first.Forget();
        var (_, ended) = await ResumeAsync(input, first, Engines.Assistant);

        Assert.Equal((RunPhase.Partial, "agent_changed"), (ended.Snapshot.Phase, ended.Snapshot.ErrorCode));
    }

    [Fact]
    public async Task Execute_JournalOfBefore_GoesOnWithWhatIsPublished()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.Note(new StrategyChosen { Strategy = "react", Agent = "assistant", PromptVersion = "react-3", EngineRevision = RunEngine.Revision });
        _published.Publish("assistant", "Dance.", 2);
        var (model, _) = await ResumeAsync(input, first, Engines.Assistant);

        Assert.Contains("Assistant\nDance.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("strategies: [react]\n")]
    public async Task HandOff_PromptPublishedWhileAway_GoesOnWithTheOneThatItBeganWith(string strategies)
    {
        _published.Publish("helper", "Sing.", 1);
        var (input, first) = await DieBeforeAsync("m1_1/m1_1", Parent, Helper + strategies);
        _published.Publish("helper", "Dance.", 2);
        var (model, ended) = await ResumeAsync(input, first, Parent, Helper + strategies);

        Assert.Equal("agent-helper@1", ended.Snapshot.FindHandoff("m1_1")!.PromptVersion);
        Assert.Contains("Helper\nSing.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
        Assert.Equal(["agent-helper@1", "agent-helper@1"], ended.Snapshot.ModelCalls.Where(call => call.Scope == "m1_1").Select(call => call.PromptVersion));
    }

    [Theory]
    [InlineData("")]
    [InlineData("strategies: [react]\n")]
    public async Task HandOff_FirstPromptPublishedWhileAway_GoesOnWithTheAgentsOwnInstructions(string strategies)
    {
        var (input, first) = await DieBeforeAsync("m1_1/m1_1", Parent, Helper + strategies);
        _published.Publish("helper", "Dance.", 1);
        var (model, _) = await ResumeAsync(input, first, Parent, Helper + strategies);

        Assert.Contains("Helper\nServe.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOff_InstructionsNotKept_FailsAndTheRunGoesOn()
    {
        _published.Publish("helper", "Sing.", 1);
        var (input, first) = await DieBeforeAsync("m1_1/m1_1", Parent, Helper);
        first.Forget();
        var (_, ended) = await ResumeAsync(input, first, Parent, Helper);

        Assert.Equal((RunPhase.Completed, "agent_changed"), (ended.Snapshot.Phase, ended.Snapshot.FindStep("m1_1")!.Code));
    }

    [Fact]
    public async Task Execute_Instructions_AreKeptForAllRunsOfTheTenant()
    {
        var kept = new List<RunContent>();
        _published.Publish("assistant", "Sing.", 1);
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        recorder.OnAppend = (_, contents) => kept.AddRange(contents);
        await Create(Model(), [Engines.Assistant]).ExecuteAsync(input, recorder, default, default);

        Assert.True(Assert.Single(kept, content => content.Hash == recorder.Snapshot.Choice!.InstructionsHash).IsShared);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HandOff_StoppedWhileAnActionWasUnderWay_SettlesItFirst(bool asks)
    {
        const string policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";
        var definitions = Engines.WithAgents(policy, null, Parent.Replace("read: ['*']", "read: ['*'], write: ['*']", StringComparison.Ordinal), Helper.Replace("read: ['*']", "read: ['*'], write: ['*']", StringComparison.Ordinal));
        var things = new FakeConnectors().Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "v" });
        RunEngine Engine() => Engines.Create(things, definitions, Model("a_things_write"), instructions: _published);
        _published.Publish("helper", "Sing.", 1);
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.Any(fact => fact is ActionConfirmed) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engine().ExecuteAsync(input, first, default, default));
        var second = new FakeRecorder(before: first);
        second.Forget(second.Snapshot.FindHandoff("m1_1")!.InstructionsHash!);
        if (asks)
        {
            things.OnReconcile = _ => new ReconcileUnknown("nobody can tell.");
        }

        await Engine().ExecuteAsync(input, second, default, default);
        if (asks)
        {
            var request = Assert.Single(second.Snapshot.Decisions).Request;
            Assert.Equal((RunPhase.Waiting, DecisionKind.UnknownOutcome, "m1_1/m1_1"), (second.Snapshot.Phase, request.Kind, request.StepId));
            Assert.NotEqual(StepStatus.Failed, second.Snapshot.FindStep("m1_1")!.Status);
            second.Note(new DecisionMade { RequestId = request.RequestId, Decision = "done", By = "u-ada" });
            await Engine().ExecuteAsync(input, second, default, default);
        }

        Assert.Equal((RunPhase.Completed, "agent_changed"), (second.Snapshot.Phase, second.Snapshot.FindStep("m1_1")!.Code));
        Assert.Equal(ActionStatus.Confirmed, Assert.Single(second.Snapshot.Actions).Status);
        Assert.Equal(StepStatus.Done, second.Snapshot.FindStep("m1_1/m1_1")!.Status);
        Assert.Equal([1], things.Effects.Values);
    }

    private async Task<(RunInput Input, FakeRecorder Recorder)> DieBeforeAsync(string step, params string[] agents)
    {
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        recorder.OnRecord = facts => facts.Any(fact => fact is StepStarted started && started.StepId == step) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Create(Model(), agents).ExecuteAsync(input, recorder, default, default));
        return (input, recorder);
    }

    private async Task<(FakeModel Model, FakeRecorder Recorder)> ResumeAsync(RunInput input, FakeRecorder first, params string[] agents)
    {
        var model = Model();
        var recorder = new FakeRecorder(before: first);
        await Create(model, agents).ExecuteAsync(input, recorder, default, default);
        return (model, recorder);
    }

    private RunEngine Create(FakeModel model, string[] agents) => Engines.Create(
        new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" }), Engines.WithAgents(Policy, null, agents), model, instructions: _published);

    // Everybody first does something, the boss by handing it over, and then answers.
    private static FakeModel Model(string tool = "a_things_read") => new((call, request) => call > 1
        ? [FakeModel.Say("Done."), FakeModel.End()]
        : request.Messages[0].Text.Contains("Your part: Boss", StringComparison.Ordinal)
            ? [FakeModel.Call("hand_off_to_helper", """{"task":"look"}"""), FakeModel.End("tool_calls")]
            : [FakeModel.Call(tool, """{"q":"x"}"""), FakeModel.End("tool_calls")]);

    private sealed class Published : IAgentInstructions
    {
        private readonly Dictionary<string, AgentInstructions> _live = [];

        public void Publish(string agent, string text, int version) => _live[agent] = new AgentInstructions(text, $"agent-{agent}@{version}");

        public ValueTask<AgentInstructions?> FindAsync(RunInput input, AgentDefinition agent, CancellationToken cancellationToken) => new(_live.GetValueOrDefault(agent.Id));
    }
}
