using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Prompts;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Prompts;

public sealed class PromptTests
{
    private const string Policy = "version: 1\noperations: {}\n";

    [Fact]
    public async Task Execute_HundredToolCallsInALongSession_WritesTheSameForEach()
    {
        // 200,000 tokens of conversation before the message.
        const int Calls = 100;
        var history = Enumerable.Range(0, 40).Select(n => new ConversationMessage { Role = n % 2 == 0 ? "user" : "assistant", Text = $"{n:00} " + new string((char)('a' + (n % 26)), 20_000) }).ToList();

        // Half of the conversation are answers, which the fake counts as its own.
        var model = new FakeModel((call, _) => call - 20 <= Calls ? [FakeModel.Call("a_things_read", $$"""{"q":"{{call:000}}"}"""), FakeModel.End("tool_calls")] : [FakeModel.Say("done"), FakeModel.End()]);
        var input = Engines.Input("go") with { History = history, Background = true };
        var recorder = FakeRecorder.For(Engines.Input("go"));
        var written = new List<(int Facts, int Contents)>();
        recorder.OnAppend = (facts, contents) =>
        {
            if (facts.OfType<ModelCalled>().Any())
            {
                written.Add((facts.Sum(fact => RunFacts.Serialize(fact).Utf8Json.Length), contents.Sum(content => content.Bytes.Length)));
            }
        };
        await Engine(model, options => (options.MaxBackgroundModelSteps, options.MaxHistoryLength) = (150, 1_000_000)).ExecuteAsync(input, recorder, default, default);

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Equal(Calls, recorder.Snapshot.Steps.Count);
        Assert.True(model.Requests[^1].Messages.Sum(message => message.Text.Length) > 800_000);
        Assert.True(written[0].Contents > 800_000, "the first call stores the conversation");
        var later = written.Skip(1).Take(Calls - 1).ToList();
        Assert.True(later.Max(bytes => bytes.Contents) - later.Min(bytes => bytes.Contents) <= 16 && later.Max(bytes => bytes.Contents) < 2_000, $"{later[0]} … {later[^1]}");
        Assert.True(later.Max(bytes => bytes.Facts) - later.Min(bytes => bytes.Facts) <= 16, $"{later[0]} … {later[^1]}");

        var last = await LoadAsync(recorder, recorder.Snapshot.ModelCalls[^1].PromptHash!);
        Assert.Equal(Describe(model.Requests[^1].Messages), Describe(last!.Messages));
    }

    [Fact]
    public async Task LoadAsync_EveryCall_GivesThePromptAsItWasSent()
    {
        var model = Looking(3);
        var recorder = await Engine(model).RunAsync(Engines.Input("go " + new string('x', 500)));

        Assert.Equal(4, recorder.Snapshot.ModelCalls.Count);
        for (var i = 0; i < 4; i++)
        {
            var prompt = await LoadAsync(recorder, recorder.Snapshot.ModelCalls[i].PromptHash!);
            Assert.Equal(Describe(model.Requests[i].Messages), Describe(prompt!.Messages));
            Assert.Equal(model.Requests[i].Tools.Select(tool => (tool.Name, tool.Description, tool.Parameters.GetRawText())), prompt.Tools.Select(tool => (tool.Name, tool.Description, tool.Parameters.GetRawText())));
            Assert.Equal(model.Requests[i].AllowToolCalls, prompt.AllowToolCalls);
        }
    }

    [Fact]
    public async Task Execute_ResumedRun_BuildsOnThePromptOfBefore()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.OfType<ModelCalled>().Any(call => call.Call == 3) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engine(Looking(3)).ExecuteAsync(input, first, default, default));

        var second = new FakeRecorder(before: first);
        await Engine(Looking(3)).ExecuteAsync(input, second, default, default);

        var node = JsonNode.Parse(second.Contents[second.Snapshot.ModelCalls[2].PromptHash!].Span)!;
        Assert.Equal(second.Snapshot.ModelCalls[1].PromptHash, (string?)node["parent"]);
        Assert.Equal(2, node["messages"]!.AsArray().Count);
    }

    [Fact]
    public async Task Execute_EarlierPromptNotKept_StandsForItself()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.OfType<ModelCalled>().Any(call => call.Call == 2) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engine(Looking(3)).ExecuteAsync(input, first, default, default));

        var second = new FakeRecorder(before: first) { HasLostContents = true };
        var model = Looking(3);
        await Engine(model).ExecuteAsync(input, second, default, default);
        second.HasLostContents = false;

        Assert.Equal(Describe(model.Requests[0].Messages), Describe((await LoadAsync(second, second.Snapshot.ModelCalls[1].PromptHash!))!.Messages));
        Assert.Null(JsonNode.Parse(second.Contents[second.Snapshot.ModelCalls[1].PromptHash!].Span)!["parent"]);
    }

    [Fact]
    public async Task LoadAsync_NodeMissing_GivesNothing() => Assert.Null(await PromptReader.LoadAsync("00", (_, _) => new((ReadOnlyMemory<byte>?)null)));

    [Fact]
    public async Task LoadAsync_TextMissing_SaysThatItWasRemoved()
    {
        var recorder = await Engine(Looking(0)).RunAsync(Engines.Input(new string('x', 500)));
        var text = RunContent.Of(Encoding.UTF8.GetBytes(new string('x', 500))).Hash;

        var prompt = await PromptReader.LoadAsync(
            recorder.Snapshot.ModelCalls[0].PromptHash!, (hash, token) => hash == text ? new((ReadOnlyMemory<byte>?)null) : recorder.LoadContentAsync(hash, token));

        Assert.Equal(StoredPrompt.Removed, prompt!.Messages[^1].Text);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("null")]
    public async Task LoadAsync_Malformed_IsRefused(string node) =>
        await Assert.ThrowsAsync<PromptFormatException>(() => PromptReader.LoadAsync("00", (_, _) => new((ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(node))));

    [Theory]
    [InlineData("""{"parent":"00","messages":[]}""", "builds on more than 4096")]
    [InlineData("""{"parent":"00","messages":["1","2","3","4","5","6","7","8"]}""", "more than 20000 messages")]
    public async Task LoadAsync_EndlessChain_IsRefused(string node, string message)
    {
        var exception = await Assert.ThrowsAsync<PromptFormatException>(() => PromptReader.LoadAsync("00", (_, _) => new((ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(node))));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_TooManyBytes_IsRefused()
    {
        var large = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { role = "user", text = new string('x', 1_000_000) }));
        var node = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { messages = Enumerable.Repeat("m", 100) }));

        var exception = await Assert.ThrowsAsync<PromptFormatException>(() => PromptReader.LoadAsync("00", (hash, _) => new((ReadOnlyMemory<byte>?)(hash == "m" ? large : node))));

        Assert.Contains("bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ModelFails_RecordsTheFailureWithItsPrompt()
    {
        var recorder = await Engine(new FakeModel((_, _) => throw new ModelException("model_unavailable", "Down."))).RunAsync(Engines.Input("go"));

        var failed = Assert.Single(recorder.Facts.OfType<ModelFailed>());
        Assert.Equal((1, "fake-1", "model_unavailable", "Down."), (failed.Call, failed.Model, failed.Code, failed.Message));
        Assert.Equal("go", (await LoadAsync(recorder, failed.PromptHash!))!.Messages[^1].Text);
    }

    private static FakeModel Looking(int times) => new((call, _) => call <= times
        ? [FakeModel.Call("a_things_read", $$"""{"q":"{{call}}"}"""), FakeModel.End("tool_calls")]
        : [FakeModel.Say("done"), FakeModel.End()]);

    private static Task<StoredPrompt?> LoadAsync(FakeRecorder recorder, string hash) => PromptReader.LoadAsync(hash, recorder.LoadContentAsync);

    private static string[] Describe(IEnumerable<ChatMessage> messages) =>
        [.. messages.Select(message => $"{message.Role}|{message.ToolCallId}|{string.Join(',', message.ToolCalls.Select(call => $"{call.Id} {call.Name} {call.Arguments}"))}|{message.Text}")];

    private static RunEngine Engine(FakeModel model, Action<OrchestrationOptions>? configure = null) =>
        Engines.Create(new FakeConnectors().Add("a.things.read", OperationEffect.Read, arguments => new JsonObject { ["value"] = arguments.GetProperty("q").GetString() }), Engines.WithAgents(Policy, null, Engines.Assistant), model, configure);
}
