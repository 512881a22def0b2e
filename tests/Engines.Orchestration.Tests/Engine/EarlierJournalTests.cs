using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>Journals as the first release wrote them, ended and cut off: they load, lose nothing, and go on.</summary>
public sealed class EarlierJournalTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n  a.things.guarded: { approval: [anyone] }\n";

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

    private static readonly ILookup<string, (string Type, byte[] Json)> Journals = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Engine", "journals-of-release-1.jsonl"))
        .Select(line => JsonNode.Parse(line)!)
        .ToLookup(line => (string)line["run"]!, line => ((string)line["type"]!, Encoding.UTF8.GetBytes(line["data"]!.ToJsonString())));

    [Fact]
    public void Deserialize_EveryFact_KeepsEverything() => Assert.All(Journals.SelectMany(journal => journal), entry =>
    {
        var fact = RunFacts.Deserialize(entry.Type, entry.Json);

        Assert.IsNotType<UnknownFact>(fact);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(entry.Json), JsonNode.Parse(RunFacts.Serialize(fact).Utf8Json)), $"{entry.Type} {Encoding.UTF8.GetString(entry.Json)}");
    });

    [Theory]
    [InlineData("completed", RunPhase.Completed, null, "wrote done")]
    [InlineData("unknown", RunPhase.Failed, "outcome_unknown", "Write it: Whether this was done is not known")]
    [InlineData("busy", RunPhase.Failed, "rate_limited", "I could not finish this.")]
    [InlineData("cancelled", RunPhase.Cancelled, "cancelled", "I stopped, as you asked.")]
    [InlineData("approval", RunPhase.Completed, "approval_needed", "Write it: an approval is needed")]
    [InlineData("nothing", RunPhase.Failed, "not_configured", "I know how to do this")]
    [InlineData("react", RunPhase.Completed, null, "Let me look. \n\nDone: all well.")]
    public async Task Execute_EndedRun_StaysAsItEnded(string run, RunPhase phase, string? code, string answer)
    {
        var recorder = Load(run);
        var facts = recorder.Facts.Count;
        await ExecuteAsync(recorder, Things());

        Assert.Equal((phase, code, facts), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, recorder.Facts.Count));
        Assert.StartsWith(answer, recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.False(RunReplay.CanReplay(recorder.Snapshot));
    }

    [Theory]
    [InlineData("reading", "wrote done")]
    [InlineData("sent", "wrote done")]
    [InlineData("retrying", "wrote done")]
    [InlineData("react-cut-off", "Let me look. \n\nDone: all well.")]
    [InlineData("react-cut-off-early", "Let me look. \n\nDone: all well.")]
    public async Task Execute_RunThatWasCutOff_GoesOnToItsEnd(string run, string answer)
    {
        var recorder = Load(run);
        var things = Things();
        await ExecuteAsync(recorder, things);

        Assert.Equal((RunPhase.Completed, answer), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.All(things.Effects.Values, count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task Execute_OutcomeWasUnknownWhenItWasCutOff_AsksAPersonNow()
    {
        var recorder = Load("unknown-cut-off");
        var things = Things();
        things.OnReconcile = _ => new ReconcileUnknown("the target cannot be searched.");
        await ExecuteAsync(recorder, things);

        Assert.Equal((RunPhase.Waiting, DecisionKind.UnknownOutcome), (recorder.Snapshot.Phase, recorder.Snapshot.Decisions.Single().Request.Kind));
        Assert.Empty(things.Calls);
    }

    private static FakeRecorder Load(string run)
    {
        var recorder = new FakeRecorder(new ManualTimeProvider());
        recorder.Note([.. Journals[run].Select(entry => RunFacts.Deserialize(entry.Type, entry.Json))]);
        return recorder;
    }

    private static Task ExecuteAsync(FakeRecorder recorder, FakeConnectors things)
    {
        var model = new FakeModel((call, _) => call switch
        {
            1 => [FakeModel.Say("Let me look. "), FakeModel.Call("a_things_read", """{"q":"x"}"""), FakeModel.End("tool_calls")],
            2 => [FakeModel.Call("a_things_write", """{"q":"y"}"""), FakeModel.Call("a_things_read", """{"q":"z"}"""), FakeModel.End("tool_calls")],
            _ => [FakeModel.Say("Done: "), FakeModel.Say("all well."), FakeModel.End()],
        });
        return Engines.Create(things, Engines.Definitions(Policy, Two), model, time: new ManualTimeProvider()).ExecuteAsync(recorder.Snapshot.Input!, recorder, default, default);
    }

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" })
        .Add("a.things.guarded", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
