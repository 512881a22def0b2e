using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Tests.React;

public sealed class StoredResultsTests
{
    private static readonly RunContent Whole = RunContent.Of(JsonSerializer.SerializeToUtf8Bytes(new
    {
        items = Enumerable.Range(0, 500).Select(n => new { n, text = $"entry {n} " + new string('z', 100) }),
        note = new string('n', 9_000),
    }));

    [Theory]
    [InlineData("""{"step":"m1_1","path":"/items","offset":10,"limit":2}""", "$.items[0].n", "10")]
    [InlineData("""{"step":"m1_1","path":"/items/499/n"}""", "$.value", "499")]
    [InlineData("""{"step":"m1_1","path":"/note","offset":8990}""", "$.text", "nnnnnnnnnn")]
    [InlineData("""{"step":"m1_1"}""", "$.value.items", "list of 500")]
    public async Task ResultsRead_Slice_IsToldToTheModel(string arguments, string path, string expected)
    {
        var (recorder, model) = await RunAsync(arguments);

        var data = JsonNode.Parse(model.Requests[0].Messages[^1].Text)!["data"];
        foreach (var part in path[2..].Split('.', '[', ']').Where(part => part.Length > 0))
        {
            data = int.TryParse(part, out var index) ? data![index] : data![part];
        }

        Assert.Equal(expected, data!.ToString());
        Assert.True(model.Requests[0].Messages[^1].Text.Length < 12_000);
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Theory]
    [InlineData("""{"step":"m9_9"}""", "step")]
    [InlineData("""{"step":"m1_1","path":"/nothing"}""", "path")]
    [InlineData("""{"step":"m1_1","path":"items"}""", "path")]
    public async Task ResultsRead_NothingThere_SaysWhichFieldIsWrong(string arguments, string field)
    {
        var (recorder, _) = await RunAsync(arguments);

        Assert.Equal(("not_found", field), (recorder.Snapshot.FindStep("m2_1")!.Code, recorder.Snapshot.FindStep("m2_1")!.Field));
    }

    [Fact]
    public async Task ResultsRead_OffersTheToolOnlyWhenThereIsAResult()
    {
        var (_, model) = await RunAsync("""{"step":"m1_1"}""");
        var without = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        await Engines.Create(new FakeConnectors(), Engines.Definitions("version: 1\noperations: {}\n"), without).RunAsync(Engines.Input("which one"));

        Assert.Contains(model.Requests[0].Tools, tool => tool.Name == "results_read");
        Assert.Empty(without.Requests[0].Tools);
    }

    [Fact]
    public void Tell_StoredResult_NamesStepAndTool()
    {
        var told = Observations.Tell(new StepState { StepId = "m1_1", Title = "t", Ordinal = 0, Status = StepStatus.Done, ResultHash = "h", ResultLength = 99_000, Result = JsonSerializer.SerializeToElement(new { summary = "s" }) });

        Assert.Contains("The whole result has 99000 characters; read parts of it with results_read and step \\u0022m1_1\\u0022.", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Slice_ItemsBeyondTheSize_AreLeftForTheNextCall()
    {
        using var document = JsonDocument.Parse(Whole.Bytes);
        var slice = StoredResults.Slice(document.RootElement.GetProperty("items"), 0, int.MaxValue);

        Assert.Equal(500, (int)slice["total"]!);
        Assert.InRange(slice["items"]!.AsArray().Count, 10, 100);
    }

    // A run whose first step has a result that is stored apart; the model then reads from it.
    private static async Task<(FakeRecorder Recorder, FakeModel Model)> RunAsync(string arguments)
    {
        var input = Engines.Input("which one");
        var recorder = FakeRecorder.For(input);
        await recorder.RecordAsync(
            [
                new StrategyChosen { Strategy = "react" },
                new ModelCalled { Call = 1, Model = "m", FinishReason = "tool_calls", AnswerFrom = 0, AnswerLength = 0, ToolCalls = [new ModelToolCall { Id = "c1", StepId = "m1_1", Name = "a_things_read", Arguments = "{}" }] },
                new ModelCalled { Call = 2, Model = "m", FinishReason = "tool_calls", AnswerFrom = 0, AnswerLength = 0, ToolCalls = [new ModelToolCall { Id = "c2", StepId = "m2_1", Name = "results_read", Arguments = arguments }] },
                new StepStarted { StepId = "m1_1", Title = "Read", OperationId = "a.things.read" },
                new StepCompleted { StepId = "m1_1", Status = "done", Result = JsonSerializer.SerializeToElement(new { summary = "500 items" }), ResultHash = Whole.Hash, ResultLength = Whole.Bytes.Length },
            ],
            [Whole],
            default);
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        var things = new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => "v");
        await Engines.Create(things, Engines.Definitions("version: 1\noperations: {}\n"), model).ExecuteAsync(input, recorder, default, default);
        return (recorder, model);
    }
}
