using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Agents;

public sealed class PinningTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    [Fact]
    public async Task Execute_Start_PinsAgentPromptEngineAndCode()
    {
        var recorder = await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), Once()).RunAsync(Engines.Input("which one"));

        var choice = recorder.Snapshot.Choice!;
        Assert.Equal(("assistant", 1, "react-3", RunEngine.Revision), (choice.Agent, choice.AgentVersion, choice.PromptVersion, choice.EngineRevision));
        Assert.NotEmpty(choice.CodeVersion!);
        Assert.True(recorder.Contents.ContainsKey(choice.AgentHash!));
    }

    [Fact]
    public async Task Execute_AgentChangedWhileAway_GoesOnWithThePinnedOne()
    {
        var (input, first) = await DieAfterTheFirstCallAsync();
        var model = Once();
        var second = new FakeRecorder(before: first);
        await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant.Replace("Help.", "Sing.", StringComparison.Ordinal)), model).ExecuteAsync(input, second, default, default);

        Assert.Equal(RunPhase.Completed, second.Snapshot.Phase);
        Assert.Contains("Assistant\nHelp.", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_PinnedAgentNotKept_StopsAndSaysSo()
    {
        var (input, first) = await DieAfterTheFirstCallAsync();
        var second = new FakeRecorder(before: first) { HasLostContents = true };
        await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant.Replace("Help.", "Sing.", StringComparison.Ordinal)), Once()).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Partial, "agent_changed"), (second.Snapshot.Phase, second.Snapshot.ErrorCode));
    }

    [Fact]
    public async Task Execute_RunOfANewerEngine_IsLeftAlone()
    {
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        await recorder.RecordAsync([new StrategyChosen { Strategy = "react", EngineRevision = RunEngine.Revision + 1 }], default);
        var before = recorder.Facts.Count;

        var exception = await Assert.ThrowsAsync<EngineTooOldException>(() => Engines.Create(Things(), model: Once()).ExecuteAsync(input, recorder, default, default));

        Assert.Equal(RunEngine.Revision + 1, exception.Revision);
        Assert.Equal(before, recorder.Facts.Count);
    }

    private static async Task<(RunInput Input, FakeRecorder Recorder)> DieAfterTheFirstCallAsync()
    {
        var model = new FakeModel((_, _) => [FakeModel.Call("a_things_read", "{}"), FakeModel.End("tool_calls")]);
        var input = Engines.Input("which one");
        var recorder = FakeRecorder.For(input);
        recorder.DieAtAppend = 3;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model).ExecuteAsync(input, recorder, default, default));
        Assert.Single(recorder.Snapshot.ModelCalls);
        return (input, recorder);
    }

    private static FakeModel Once() => new((_, _) => [FakeModel.Say("done"), FakeModel.End()]);

    private static FakeConnectors Things() => new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" });
}
