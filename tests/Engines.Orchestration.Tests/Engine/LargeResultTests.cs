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
    public async Task Execute_ResumedAfterALongResultWasRemoved_StopsAndChangesNothing()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.Any(fact => fact is ActionPlanned) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(_connectors, Definitions()).ExecuteAsync(input, first, default, default));
        var second = new FakeRecorder(before: first);
        second.Forget(first.Snapshot.FindStep("read")!.ResultHash!);
        await Engines.Create(_connectors, Definitions()).ExecuteAsync(input, second, default, default);

        Assert.Equal((RunPhase.Failed, "result_missing"), (second.Snapshot.Phase, second.Snapshot.ErrorCode));
        Assert.Contains("not kept any more", second.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal(StepStatus.Done, second.Snapshot.FindStep("read")!.Status);
        Assert.Empty(_connectors.Effects);
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

    private const string Big = """
        id: big
        version: 1
        title: Big write
        description: Writes much.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: big, title: Write much, call: a.things.big }
          - { id: write, title: Write it, call: a.things.write, needs: [big], with: { last: "n${count(steps.big.result.items)}" } }
        answer: "wrote ${steps.write.result.value}"
        """;

    private const string BigPolicy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n  a.things.big: { allow: [anyone] }\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Execute_LongResultOfAnAction_IsStoredWholeAndSummarisedInTheJournal(bool isLookedUp)
    {
        var recorder = await Engines.Create(Writing(isLookedUp), Engines.Definitions(BigPolicy, Big)).RunAsync(Engines.Input("go"));

        Assert.Equal("wrote n1000", recorder.Snapshot.Answer);
        var step = recorder.Snapshot.FindStep("big")!;
        Assert.True(step.Truncated);
        Assert.InRange(step.Result!.Value.GetRawText().Length, 500, 4_096);
        var whole = Encoding.UTF8.GetString(recorder.Contents[step.ResultHash!].Span);
        Assert.Equal(step.ResultLength, whole.Length);
        Assert.DoesNotContain("s3cr3t", whole, StringComparison.Ordinal);
        Assert.Equal(isLookedUp ? 1 : 0, recorder.Facts.OfType<ActionReconciled>().Count(fact => fact.ResultHash == step.ResultHash));
        Assert.Equal(isLookedUp ? 0 : 1, recorder.Facts.OfType<ActionConfirmed>().Count(fact => fact.ResultHash == step.ResultHash));
    }

    [Fact]
    public async Task Execute_ResumedAfterALongResultOfAnAction_ExpressionsSeeTheWhole()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.Any(fact => fact is ActionPlanned { OperationId: "a.things.write" }) ? throw new JournalDiedException() : Task.CompletedTask;
        var things = Writing(isLookedUp: false);
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(things, Engines.Definitions(BigPolicy, Big)).ExecuteAsync(input, first, default, default));
        var second = new FakeRecorder(before: first);
        await Engines.Create(things, Engines.Definitions(BigPolicy, Big)).ExecuteAsync(input, second, default, default);

        Assert.Equal("wrote n1000", second.Snapshot.Answer);
        Assert.Equal([1, 1], things.Effects.Values);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Execute_ConfirmedButItsStepIsNotOver_ExpressionsSeeTheWholeOrNothing(bool isRemoved)
    {
        var input = Engines.Input("go");
        var whole = await Engines.Create(Writing(isLookedUp: false), Engines.Definitions(BigPolicy, Big)).RunAsync(input);
        var first = FakeRecorder.For(input);
        var confirmed = whole.Facts.OfType<ActionConfirmed>().First();
        await first.RecordAsync(
            [.. whole.Facts.Skip(1).TakeWhile(fact => fact is not ActionConfirmed), confirmed], [.. whole.Contents.Select(content => new RunContent(content.Key, content.Value))], default);
        if (isRemoved)
        {
            first.Forget(confirmed.ResultHash!);
        }

        var things = Writing(isLookedUp: false);
        await Engines.Create(things, Engines.Definitions(BigPolicy, Big)).ExecuteAsync(input, first, default, default);

        Assert.Equal(isRemoved ? "result_missing" : null, first.Snapshot.ErrorCode);
        Assert.Equal(!isRemoved, first.Snapshot.Answer == "wrote n1000");
        Assert.Equal(isRemoved ? 0 : 1, things.Effects.Count);
        Assert.Equal(StepStatus.Done, first.Snapshot.FindStep("big")!.Status);
    }

    [Fact]
    public async Task Execute_ModelWritesWithALongResult_SeesTheSummaryAndCanReadParts()
    {
        var model = new FakeModel((call, _) => call switch
        {
            1 => [FakeModel.Call("a_things_big", "{}"), FakeModel.End("tool_calls")],
            2 => [FakeModel.Call("results_read", """{"step":"m1_1","path":"/items/999/name"}"""), FakeModel.End("tool_calls")],
            _ => [FakeModel.Say("Done."), FakeModel.End()],
        });
        await Engines.Create(Writing(isLookedUp: false), Engines.Definitions(BigPolicy), model).RunAsync(Engines.Input("something else"));

        Assert.InRange(model.Requests[1].Messages[^1].Text.Length, 500, 4_400);
        Assert.Contains("results_read", model.Requests[1].Messages[^1].Text, StringComparison.Ordinal);
        Assert.Contains("item 999", model.Requests[2].Messages[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOff_LongReport_IsToldInPartAndCanBeRead()
    {
        const string boss = "id: assistant\nversion: 1\ntitle: Boss\ndescription: D\ninstructions: Lead.\ntools: { read: ['*'] }\nhandoffs: [helper]\n";
        const string helper = "id: helper\nversion: 1\ntitle: Helper\ndescription: D\ninstructions: Serve.\ntools: { read: ['*'] }\n";
        var report = string.Join(' ', Enumerable.Range(0, 4000).Select(n => $"word{n}"));
        var model = new FakeModel((call, request) => !request.Messages[0].Text.Contains("Your part: Boss", StringComparison.Ordinal)
            ? [FakeModel.Say(report), FakeModel.End()]
            : call switch
            {
                1 => [FakeModel.Call("hand_off_to_helper", """{"task":"look"}"""), FakeModel.End("tool_calls")],
                2 => [FakeModel.Call("results_read", """{"step":"m1_1","path":"/report","offset":34000}"""), FakeModel.End("tool_calls")],
                _ => [FakeModel.Say("Done."), FakeModel.End()],
            });
        var recorder = await Engines.Create(_connectors, Engines.WithAgents(Policy, null, boss, helper), model).RunAsync(Engines.Input("go"));

        Assert.InRange(model.Requests[2].Messages[^1].Text.Length, 500, 4_400);
        Assert.Contains("word3999", model.Requests[3].Messages[^1].Text, StringComparison.Ordinal);
        Assert.NotNull(recorder.Snapshot.FindStep("m1_1")!.ResultHash);
    }

    private static FakeConnectors Writing(bool isLookedUp)
    {
        var things = new FakeConnectors().Add("a.things.write", OperationEffect.Write, arguments => new JsonObject { ["value"] = arguments.GetProperty("last").GetString() }).Add("a.things.big", OperationEffect.Write, _ => new JsonObject
        {
            ["items"] = new JsonArray([.. Enumerable.Range(0, 1000).Select(n => new JsonObject { ["name"] = $"item {n}", ["apiToken"] = "s3cr3t" })]),
        });
        things.OnFault = request => isLookedUp && request.OperationId == "a.things.big" ? FakeConnectors.Fault.UnknownDone : FakeConnectors.Fault.None;
        return things;
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
