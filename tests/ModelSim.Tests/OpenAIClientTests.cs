using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace Steward.ModelSim.Tests;

/// <summary>The official client must understand everything that the simulated model sends.</summary>
public sealed class OpenAIClientTests : IAsyncLifetime
{
    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool(
        "get_weather", "Weather of a city", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));

    private ModelSimulation sim = null!;

    public async Task InitializeAsync() => sim = await ModelSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task Chat_WithText_GivesTextUsageAndFinish()
    {
        sim.Append(new ModelRule { Name = "greeting", When = new() { LastMessageContains = "hello" }, Reply = new() { Text = "Good morning, Grüße 👋!" } });

        ChatCompletion answer = await Chat().CompleteChatAsync([new SystemChatMessage("Be brief."), new UserChatMessage("Hello there")]);

        Assert.Equal("Good morning, Grüße 👋!", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal("sim-large", answer.Model);
        Assert.True(answer.Usage.InputTokenCount > 5);
        Assert.True(answer.Usage.OutputTokenCount > 3);
        Assert.Equal(answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount);
        Assert.Equal("greeting", Assert.Single(sim.Requests).Rule);
    }

    [Fact]
    public async Task Counts_AnsweredRefusedAndCut_AreItsOwn()
    {
        sim.Append(new ModelRule { When = new() { LastMessageContains = "limit" }, Reply = new() { Fault = new() { Kind = ModelFaultKind.RateLimited } } });
        sim.Append(new ModelRule { When = new() { LastMessageContains = "cut" }, Reply = new() { Text = "one two three", Fault = new() { Kind = ModelFaultKind.CutStream } } });
        sim.Append(new ModelRule { Reply = new() { Text = "yes", PromptTokens = 7, CompletionTokens = 3 } });
        await Chat(retries: 0).CompleteChatAsync([new UserChatMessage("go")]);
        await foreach (var _ in Chat(retries: 0).CompleteChatStreamingAsync([new UserChatMessage("go on")]))
        {
        }

        await Assert.ThrowsAsync<ClientResultException>(() => Chat(retries: 0).CompleteChatAsync([new UserChatMessage("limit")]));
        await Assert.ThrowsAnyAsync<Exception>(() => Chat(retries: 0).CompleteChatAsync([new UserChatMessage("cut")]));
        // An answer is counted a moment after its client has it.
        await Until(() => sim.Counts is { Answered: 2, Refused: 1, Cut: 1 });

        Assert.Equal((14, 6, 0), (sim.Counts.PromptTokens, sim.Counts.CompletionTokens, sim.Counts.Aborted));
    }

    [Fact]
    public async Task Embeddings_ToldToFail_FailSoOftenAndThenAnswer()
    {
        sim.FailEmbeddings(new ModelFault { Kind = ModelFaultKind.ServerError, Status = 503 }, new ModelFault { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 7 });

        Assert.Equal(503, (await Assert.ThrowsAsync<ClientResultException>(() => Client(retries: 0).GetEmbeddingClient("sim-embedding").GenerateEmbeddingAsync("a"))).Status);
        var limited = await Assert.ThrowsAsync<ClientResultException>(() => Client(retries: 0).GetEmbeddingClient("sim-embedding").GenerateEmbeddingAsync("a"));
        Assert.True(limited.GetRawResponse()!.Headers.TryGetValue("retry-after", out var wait));
        Assert.Equal((429, "7"), (limited.Status, wait));
        Assert.Equal(256, (await Client(retries: 0).GetEmbeddingClient("sim-embedding").GenerateEmbeddingAsync("a")).Value.ToFloats().Length);
        Assert.Throws<ArgumentException>(() => sim.FailEmbeddings(new ModelFault { Kind = ModelFaultKind.MalformedChunk }));
    }

    [Fact]
    public async Task Chat_Streamed_GivesTheSameTextInPiecesAndUsage()
    {
        const string text = "One two three, \"four\" five\nGrüße 👋🏽 and 12345 numbers.";
        sim.Append(new ModelRule { Reply = new() { Text = text } });
        var pieces = new List<string>();
        ChatTokenUsage? usage = null;
        ChatFinishReason? finish = null;

        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("go")]))
        {
            pieces.AddRange(update.ContentUpdate.Select(p => p.Text).Where(t => t.Length > 0));
            usage = update.Usage ?? usage;
            finish = update.FinishReason ?? finish;
        }

        Assert.Equal(text, string.Concat(pieces));
        Assert.True(pieces.Count > 10);
        Assert.Equal(pieces.Count, usage!.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, finish);
    }

    [Fact]
    public async Task Tools_ThroughALoop_AreCalledAndAnswered()
    {
        sim.Append(new ModelRule
        {
            When = new() { LastUserMessageMatches = "weather in (?<city>\\w+)", Step = 1, ToolOffered = "get_weather" },
            Reply = new() { ToolCalls = [new() { Name = "get_weather", Arguments = new JsonObject { ["city"] = "${city}" } }] },
        });
        sim.Append(new ModelRule { When = new() { LastRole = "tool", LastMessageMatches = "(?<degrees>\\d+) degrees", Step = 2 }, Reply = new() { Text = "It is ${degrees} degrees." } });
        var options = new ChatCompletionOptions { Tools = { Weather } };
        var messages = new List<ChatMessage> { new UserChatMessage("What is the weather in Berlin?") };

        ChatCompletion first = await Chat().CompleteChatAsync(messages, options);
        messages.Add(new AssistantChatMessage(first));
        messages.Add(new ToolChatMessage(first.ToolCalls[0].Id, "21 degrees"));
        ChatCompletion second = await Chat().CompleteChatAsync(messages, options);

        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        Assert.Equal("""{"city":"Berlin"}""", first.ToolCalls[0].FunctionArguments.ToString());
        Assert.Equal("It is 21 degrees.", second.Content[0].Text);
    }

    [Fact]
    public async Task ToolCalls_Streamed_ArriveInFragmentsPerIndex()
    {
        sim.Append(new ModelRule
        {
            Reply = new()
            {
                Text = "Let me look.",
                ToolCalls =
                [
                    new() { Name = "get_weather", Arguments = new JsonObject { ["city"] = "Berlin and its surroundings 👋" } },
                    new() { Name = "get_weather", Arguments = new JsonObject { ["city"] = "Paris" } },
                ],
            },
        });
        var names = new Dictionary<int, string>();
        var arguments = new Dictionary<int, StringBuilder>();
        var fragments = 0;
        var text = new StringBuilder();
        ChatFinishReason? finish = null;

        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("go")], new ChatCompletionOptions { Tools = { Weather } }))
        {
            text.Append(string.Concat(update.ContentUpdate.Select(p => p.Text)));
            finish = update.FinishReason ?? finish;
            foreach (var call in update.ToolCallUpdates)
            {
                fragments++;
                if (call.FunctionName is { Length: > 0 } name)
                {
                    names[call.Index] = name;
                }

                if (!arguments.TryGetValue(call.Index, out var builder))
                {
                    arguments[call.Index] = builder = new StringBuilder();
                }

                builder.Append(call.FunctionArgumentsUpdate?.ToString());
            }
        }

        Assert.Equal("Let me look.", text.ToString());
        Assert.Equal(ChatFinishReason.ToolCalls, finish);
        Assert.Equal(2, names.Count);
        Assert.Equal("Berlin and its surroundings 👋", (string?)JsonNode.Parse(arguments[0].ToString())!["city"]);
        Assert.Equal("Paris", (string?)JsonNode.Parse(arguments[1].ToString())!["city"]);
        Assert.True(fragments > 5);
    }

    [Fact]
    public async Task Embeddings_OfNearTexts_AreNearAndDeterministic()
    {
        var client = Client().GetEmbeddingClient("sim-embedding");

        OpenAIEmbeddingCollection answer = await client.GenerateEmbeddingsAsync(["VPN is down in Berlin", "the Berlin VPN is not working", "invoice for office chairs"]);
        OpenAIEmbedding again = await client.GenerateEmbeddingAsync("VPN is down in Berlin", new EmbeddingGenerationOptions { Dimensions = 256 });
        OpenAIEmbedding small = await client.GenerateEmbeddingAsync("VPN", new EmbeddingGenerationOptions { Dimensions = 64 });

        var vectors = answer.Select(e => e.ToFloats().ToArray()).ToList();
        Assert.Equal(256, vectors[0].Length);
        Assert.Equal(64, small.ToFloats().Length);
        Assert.Equal(vectors[0], again.ToFloats().ToArray());
        Assert.Equal(1, Dot(vectors[0], vectors[0]), 4);
        Assert.True(Dot(vectors[0], vectors[1]) > Dot(vectors[0], vectors[2]) + 0.2);
        Assert.True(answer.Usage.InputTokenCount > 0);

        static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }

    [Fact]
    public async Task Models_AreListed()
    {
        var models = await Client().GetOpenAIModelClient().GetModelsAsync();

        Assert.Equal(["sim-embedding", "sim-large", "sim-small"], models.Value.Select(m => m.Id).Order());
    }

    [Fact]
    public async Task WrongKey_IsMappedTo401()
    {
        var client = new OpenAIClient(new ApiKeyCredential("sk-wrong"), new OpenAIClientOptions { Endpoint = sim.Url });

        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.GetChatClient("sim-large").CompleteChatAsync("hi"));

        Assert.Equal(401, error.Status);
        Assert.Contains("invalid_api_key", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelFaultKind.RateLimited, 429, "rate_limit_exceeded")]
    [InlineData(ModelFaultKind.ServerError, 500, "server_error")]
    [InlineData(ModelFaultKind.ContextLengthExceeded, 400, "context_length_exceeded")]
    public async Task Fault_IsMappedToItsStatusAndCode(ModelFaultKind kind, int status, string code)
    {
        sim.Append(new ModelRule { Reply = new() { Fault = new() { Kind = kind } } });

        var error = await Assert.ThrowsAsync<ClientResultException>(() => Chat(retries: 0).CompleteChatAsync("hi"));

        Assert.Equal(status, error.Status);
        Assert.Contains(code, error.GetRawResponse()!.Content.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RateLimitOnce_IsRetriedByTheClientAfterTheWait()
    {
        sim.Append(new ModelRule { Times = 1, Reply = new() { Fault = new() { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 1 } } });
        sim.Append(new ModelRule { Reply = new() { Text = "ok" } });
        var watch = Stopwatch.StartNew();

        ChatCompletion answer = await Chat(retries: 2).CompleteChatAsync("hi");

        Assert.Equal("ok", answer.Content[0].Text);
        Assert.Equal([429, 200], sim.Requests.Select(r => r.Status));
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.9), $"The client waited {watch.Elapsed}.");
    }

    [Theory]
    [InlineData(ModelFaultKind.CutStream)]
    [InlineData(ModelFaultKind.MalformedChunk)]
    [InlineData(ModelFaultKind.CutBeforeAnswer)]
    public async Task BrokenStream_FailsInTheClientAfterTheFirstPieces(ModelFaultKind kind)
    {
        sim.Append(new ModelRule { Reply = new() { Text = "one two three four five", Fault = new() { Kind = kind, AfterChunks = 2 } } });
        var text = new StringBuilder();

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var update in Chat(retries: 0).CompleteChatStreamingAsync([new UserChatMessage("go")]))
            {
                text.Append(string.Concat(update.ContentUpdate.Select(p => p.Text)));
            }
        });

        Assert.Equal(kind == ModelFaultKind.CutBeforeAnswer ? "" : "one two", text.ToString());
    }

    [Fact]
    public async Task TruncatedStream_EndsWithoutFinishReason()
    {
        sim.Append(new ModelRule { Reply = new() { Text = "one two three", Fault = new() { Kind = ModelFaultKind.TruncatedStream, AfterChunks = 1 } } });
        var updates = new List<StreamingChatCompletionUpdate>();

        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("go")]))
        {
            updates.Add(update);
        }

        Assert.Equal("one", string.Concat(updates.SelectMany(u => u.ContentUpdate).Select(p => p.Text)));
        Assert.DoesNotContain(updates, u => u.FinishReason is not null);
    }

    [Theory]
    [InlineData(ModelFaultKind.EndlessStream)]
    [InlineData(ModelFaultKind.StalledStream)]
    public async Task StreamWithoutEnd_EndsWhenTheClientHangsUp(ModelFaultKind kind)
    {
        sim.Append(new ModelRule { Reply = new() { Text = "one two", Fault = new() { Kind = kind } } });
        using var patience = new CancellationTokenSource();
        var enough = kind == ModelFaultKind.EndlessStream ? 20 : 2;
        var pieces = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("go")], cancellationToken: patience.Token))
            {
                pieces += update.ContentUpdate.Count(p => p.Text.Length > 0);
                if (pieces == enough)
                {
                    patience.CancelAfter(TimeSpan.FromMilliseconds(100));
                }
            }
        });

        Assert.True(kind == ModelFaultKind.EndlessStream ? pieces >= enough : pieces == enough, $"{pieces} pieces came.");
        await Until(() => sim.Requests[0].Outcome == RequestOutcome.Aborted);
    }

    [Fact]
    public async Task Pace_FirstTokenAndRate_AreAsSet()
    {
        sim.Append(new ModelRule { Reply = new() { Text = "a b c d e f g h i j k", TimeToFirstTokenMilliseconds = 200, TokensPerSecond = 50 } });
        var watch = Stopwatch.StartNew();
        var first = TimeSpan.Zero;

        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("go")]))
        {
            if (first == TimeSpan.Zero)
            {
                first = watch.Elapsed;
            }
        }

        Assert.True(first.TotalMilliseconds >= 195, $"The first token came after {first}.");
        Assert.True(watch.Elapsed.TotalMilliseconds >= 395, $"200 ms and ten more tokens at 50/s took {watch.Elapsed}.");
    }

    [Fact]
    public async Task MaxTokens_CutsTheAnswerWithReasonLength()
    {
        sim.Append(new ModelRule { Reply = new() { Text = "one two three four" } });

        ChatCompletion answer = await Chat().CompleteChatAsync([new UserChatMessage("go")], new ChatCompletionOptions { MaxOutputTokenCount = 2 });

        Assert.Equal(("one two", ChatFinishReason.Length), (answer.Content[0].Text, answer.FinishReason));
    }

    private static async Task Until(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), "The condition did not become true.");
            await timer.WaitForNextTickAsync();
        }
    }

    private ChatClient Chat(int retries = 3) => Client(retries).GetChatClient("sim-large");

    private OpenAIClient Client(int retries = 3) => new(
        new ApiKeyCredential(sim.ApiKey), new OpenAIClientOptions { Endpoint = sim.Url, RetryPolicy = new ClientRetryPolicy(retries) });
}
