using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Engine;

public sealed class LargeResultTests
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
          - { id: write, title: Write it, call: a.things.write, with: { last: "n${count(steps.read.result.items)}" } }
        answer: "wrote ${steps.write.result.value}"
        """;

    private readonly FakeConnectors _connectors = new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject
        {
            ["total"] = 1000,
            ["items"] = new JsonArray([.. Enumerable.Range(0, 1000).Select(n => new JsonObject { ["name"] = $"item {n}", ["apiToken"] = "s3cr3t", ["note"] = "key ghp_0123456789abcdefghij0123456789abcdef" })]),
        })
        .Add("a.things.write", OperationEffect.Write, arguments => new JsonObject { ["value"] = arguments.GetProperty("last").GetString() });

    [Fact]
    public async Task Execute_LongResult_IsStoredWholeAndSummarisedInTheJournal()
    {
        var recorder = await Engines.Create(_connectors, Definitions()).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote n1000", recorder.Snapshot.Answer);
        var step = recorder.Snapshot.FindStep("read")!;
        Assert.True(step.Truncated);
        Assert.InRange(step.Result!.Value.GetRawText().Length, 500, 4_096);
        Assert.Equal("""{"length":53914,"fields":2,"items":{"items":1000}}""", step.Result.Value.GetProperty("_whole").GetRawText());
        Assert.Equal("item 0", step.Result.Value.GetProperty("items")[0].GetProperty("name").GetString());
        var whole = Encoding.UTF8.GetString(recorder.Contents[step.ResultHash!].Span);
        Assert.Equal(step.ResultLength, whole.Length);
        Assert.Equal(1000, JsonDocument.Parse(whole).RootElement.GetProperty("items").GetArrayLength());
        Assert.DoesNotContain("s3cr3t", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("ghp_0", whole, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ResumedAfterALongResult_ExpressionsSeeTheWhole()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.DieAtAppend = 3;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(_connectors, Definitions()).ExecuteAsync(input, first, default, default));
        Assert.Equal(StepStatus.Done, first.Snapshot.FindStep("read")!.Status);
        var second = new FakeRecorder(before: first);
        await Engines.Create(_connectors, Definitions()).ExecuteAsync(input, second, default, default);

        Assert.Equal("wrote n1000", second.Snapshot.Answer);
        Assert.Single(_connectors.Calls, call => call.OperationId == "a.things.read");
    }

    [Fact]
    public async Task Execute_ResultOverTheStoredLimit_IsCutThere()
    {
        var recorder = await Engines.Create(_connectors, Definitions(), configure: options => options.MaxStoredResult = 50_000).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote n500", recorder.Snapshot.Answer);
        Assert.InRange(recorder.Snapshot.FindStep("read")!.ResultLength!.Value, 20_000, 50_000);
    }

    [Fact]
    public async Task Execute_ModelReadsALongResult_SeesTheSummaryOnly()
    {
        var model = new FakeModel((call, _) => call == 1 ? [FakeModel.Call("a_things_read", "{}"), FakeModel.End("tool_calls")] : [FakeModel.Say("Done."), FakeModel.End()]);
        var recorder = await Engines.Create(_connectors, Engines.Definitions(Policy), model).RunAsync(Engines.Input("something else"));

        var told = model.Requests[1].Messages[^1].Text;
        Assert.InRange(told.Length, 500, 4_300);
        Assert.Contains("\"_whole\":{\"length\":53914", told, StringComparison.Ordinal);
        var stored = recorder.Snapshot.Steps.Single(step => step.OperationId == "a.things.read").ResultHash;
        Assert.NotNull(stored);
        Assert.Equal(53_914, Encoding.UTF8.GetString(recorder.Contents[stored].Span).Length);
    }

    [Fact]
    public async Task Execute_ShortResult_StoresNothingButTheDefinitions()
    {
        var recorder = await Engines.Create(_connectors, Definitions(), configure: options => (options.MaxInlineResult, options.MaxStoredResult) = (1_000, 1_000)).RunAsync(Engines.Input("go"));

        var choice = recorder.Snapshot.Choice!;
        Assert.Equal(new[] { choice.AgentHash, choice.PlaybookHash }.Order(), recorder.Contents.Keys.Order());
        Assert.Equal(Orchestration.Playbooks.PlaybookCompiler.Compile(Two, "two.yaml").Hash, choice.PlaybookHash);
        Assert.Equal(Two, Encoding.UTF8.GetString(recorder.Contents[choice.PlaybookHash!].Span));
        Assert.Null(recorder.Snapshot.FindStep("read")!.ResultHash);
    }

    private static OrchestrationDefinitions Definitions() => Engines.Definitions(Policy, Two);
}
