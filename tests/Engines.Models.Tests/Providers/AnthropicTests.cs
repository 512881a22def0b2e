using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Models.Tests.Providers;

/// <summary>Anthropic's Messages API as its documentation shows it, on loopback.</summary>
public sealed class AnthropicTests
{
    private const string Key = "sk-ant-test-0123";

    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.System, Text = "Be brief." }, new ChatMessage { Role = ChatRole.User, Text = "Hi" }] };

    [Fact]
    public async Task Stream_TextAndUsage_ArrivesWithItsEnd()
    {
        await using var server = await Server.StartAsync(context => Server.SendAsync(context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("Hel"), Server.TextDelta("lo"), Server.BlockStop, Server.End("end_turn", 12), Server.Stop));
        var deltas = await ReadAsync(server, Question);

        Assert.Equal(["Hel", "lo"], deltas.OfType<ChatText>().Select(text => text.Text));
        var finished = Assert.IsType<ChatFinished>(deltas[^1]);
        Assert.Equal(("stop", "claude-test-1", "anthropic-main", 1), (finished.Reason, finished.Model, finished.Provider, finished.Attempts));
        Assert.Equal((25L, 12L), (finished.Usage!.InputTokens, finished.Usage.OutputTokens));
        var (body, key) = Assert.Single(server.Requests);
        Assert.Equal($"Bearer {Key}", key);
        Assert.Equal("claude-test", body.GetProperty("model").GetString());
        Assert.Contains("Be brief.", body.GetProperty("system").ToString(), StringComparison.Ordinal);
        Assert.True(body.GetProperty("stream").GetBoolean());
    }

    [Fact]
    public async Task Stream_ToolCall_ArrivesWholeAndItsResultGoesBack()
    {
        await using var server = await Server.StartAsync(context => Server.SendAsync(
            context,
            Server.Start,
            Server.BlockStart("""{"type":"tool_use","id":"toolu_1","name":"find","input":{}}"""),
            Server.JsonDelta("{\"q\":"),
            Server.JsonDelta("\"x\"}"),
            Server.BlockStop,
            Server.End("tool_use", 9),
            Server.Stop));
        var deltas = await ReadAsync(server, new ChatRequest
        {
            Messages =
            [
                new ChatMessage { Role = ChatRole.User, Text = "U" },
                new ChatMessage { Role = ChatRole.Assistant, Text = "I look.", ToolCalls = [new ToolCall { Id = "toolu_0", Name = "find", Arguments = "{\"q\":1}" }] },
                new ChatMessage { Role = ChatRole.Tool, ToolCallId = "toolu_0", Text = "nothing" },
            ],
            Tools = [new ToolDefinition { Name = "find", Description = "Finds.", Parameters = JsonSerializer.SerializeToElement(new { type = "object", properties = new { q = new { type = "string" } } }) }],
        });

        var call = Assert.Single(deltas.OfType<ChatToolCall>()).Call;
        Assert.Equal(("toolu_1", "find"), (call.Id, call.Name));
        Assert.Equal("x", JsonElement.Parse(call.Arguments).GetProperty("q").GetString());
        Assert.Equal("tool_calls", Assert.IsType<ChatFinished>(deltas[^1]).Reason);
        var (body, _) = Assert.Single(server.Requests);
        Assert.Equal("find", body.GetProperty("tools")[0].GetProperty("name").GetString());
        Assert.Contains("toolu_0", body.GetProperty("messages")[1].ToString(), StringComparison.Ordinal);
        Assert.Contains("tool_result", body.GetProperty("messages")[2].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "model_unauthenticated", 1)]
    [InlineData(400, "model_rejected", 1)]
    [InlineData(529, "model_unavailable", 3)]
    [InlineData(429, "model_rate_limited", 3)]
    public async Task Stream_Refused_IsItsCodeWithoutTheBody(int status, string code, int attempts)
    {
        await using var server = await Server.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"type":"error","error":{"type":"x","message":"you said: my secret prompt"}}""");
        });
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, Question));

        Assert.Equal((code, attempts), (failure.Code, server.Requests.Count));
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_AskedToWait_SaysHowLong()
    {
        await using var server = await Server.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "120";
            return Task.CompletedTask;
        });
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, Question));

        Assert.Equal((TimeSpan.FromSeconds(120), 1), (failure.RetryAfter, server.Requests.Count));
    }

    [Fact]
    public async Task Stream_ErrorInTheMiddle_IsBrokenAndNotTriedAgain()
    {
        await using var server = await Server.StartAsync(context => Server.SendAsync(
            context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("Hel"), ("error", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")));
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, Question));

        Assert.Equal(("model_stream_broken", true, 1), (failure.Code, failure.AfterFirstToken, server.Requests.Count));
    }

    [Fact]
    public async Task Stream_CutOff_IsBroken()
    {
        // Cut off when the first token has arrived: before, the connection's end could overtake it.
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await Server.StartAsync(async context =>
        {
            await Server.SendAsync(context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("Hel"));
            await arrived.Task;
            context.Abort();
        });
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, Question, onDelta: _ => arrived.TrySetResult()));

        Assert.Equal(("model_stream_broken", true), (failure.Code, failure.AfterFirstToken));
    }

    [Fact]
    public async Task Chain_OpenAIDown_AnthropicAnswers()
    {
        await using var broken = await ModelServer.StartAsync((_, context) =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await using var server = await Server.StartAsync(context => Server.SendAsync(context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("Here"), Server.BlockStop, Server.End("end_turn", 1), Server.Stop));
        var deltas = await ReadAsync(server, Question, options =>
        {
            options.Providers["first"] = new ModelProviderOptions { BaseUrl = broken.BaseUrl, ApiKeys = { "k" } };
            options.Chains[ModelTiers.Standard] = ["first/gpt-4.1-mini", "anthropic-main/claude-test"];
        });

        Assert.Equal(["Here"], deltas.OfType<ChatText>().Select(text => text.Text));
        Assert.Single(broken.Requests);
    }

    [Theory]
    [InlineData("Kind", "bedrock", "anthropic-main:Kind must be openai or anthropic")]
    [InlineData("Chain", "nobody/claude", "Models:Chains:standard must have 1 to 8 entries")]
    [InlineData("Chain", "claude", "Models:Chains:standard must have 1 to 8 entries")]
    public void Options_Wrong_SayWhatIsAllowed(string what, string value, string expected)
    {
        using var provider = Provider("http://127.0.0.1:1", options =>
        {
            if (what == "Kind")
            {
                options.Providers["anthropic-main"].Kind = value;
            }
            else
            {
                options.Chains[ModelTiers.Standard] = [value];
            }
        });

        var failure = Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(() => provider.GetRequiredService<IChatModelProvider>());
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_Parameters_AreTranslated()
    {
        await using var server = await Server.StartAsync(context => Server.SendAsync(context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("Hi"), Server.BlockStop, Server.End("end_turn", 1), Server.Stop));
        await ReadAsync(server, Question with
        {
            Messages = [new ChatMessage { Role = ChatRole.User, Text = "What is this?", Parts = [new ChatTextPart("What is this?"), new ChatImagePart("data:image/png;base64,AAAA"), new ChatImagePart("https://acme.example/x.png")] }],
            Tools = [new ToolDefinition { Name = "find", Description = "Finds.", Parameters = JsonElement.Parse("""{"type":"object","properties":{}}""") }],
            RequiredTool = "find",
            AllowParallelToolCalls = false,
            MaxOutputTokens = 77,
            Sampling = new ChatSampling { Stop = ["END"] },
        });

        var (body, _) = Assert.Single(server.Requests);
        Assert.Equal((77, "END"), (body.GetProperty("max_tokens").GetInt32(), body.GetProperty("stop_sequences")[0].GetString()));
        var choice = body.GetProperty("tool_choice");
        Assert.Equal(("tool", "find", true), (choice.GetProperty("type").GetString(), choice.GetProperty("name").GetString(), choice.GetProperty("disable_parallel_tool_use").GetBoolean()));
        var images = body.GetProperty("messages")[0].GetProperty("content").EnumerateArray().Where(part => part.GetProperty("type").GetString() == "image").Select(part => part.GetProperty("source")).ToList();
        Assert.Equal(["AAAA", "https://acme.example/x.png"], images.Select(source => (source.TryGetProperty("data", out var data) ? data : source.GetProperty("url")).GetString()));
        Assert.Contains("image/png", images[0].ToString(), StringComparison.Ordinal);
    }

    // The API demands a limit; ours is for requests that have none, and cuts off nobody's.
    [Theory]
    [InlineData(32_000, null, 32_000)]
    [InlineData(null, null, 8_192)]
    [InlineData(32_000, 4_000, 4_000)]
    [InlineData(null, 4_000, 4_000)]
    [InlineData(null, 16_000, 16_000)]
    public async Task Request_MaxOutputTokens_IsTheRequestsUnlessTheOptionsAreLower(int? request, int? option, int expected)
    {
        await using var server = await Server.StartAsync(context => Server.SendAsync(context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("Hi"), Server.BlockStop, Server.End("end_turn", 1), Server.Stop));
        await ReadAsync(server, Question with { MaxOutputTokens = request }, options => options.MaxOutputTokens = option);

        Assert.Equal(expected, Assert.Single(server.Requests).Body.GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task Request_JsonSchema_IsTheFormatOfTheOutput()
    {
        await using var server = await Server.StartAsync(context => Server.SendAsync(context, Server.Start, Server.BlockStart("""{"type":"text","text":""}"""), Server.TextDelta("{}"), Server.BlockStop, Server.End("end_turn", 1), Server.Stop));
        await ReadAsync(server, Question with { Format = new ChatFormat { Schema = JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"""), Name = "place" } });

        var (body, _) = Assert.Single(server.Requests);
        Assert.Contains("\"city\"", body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("json_schema", body.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed")]
    [InlineData("frequency_penalty")]
    [InlineData("JSON objects without a schema")]
    public async Task Request_WhatTheApiDoesNotHave_IsRefusedByNameAndNotSent(string what)
    {
        await using var server = await Server.StartAsync(_ => Task.CompletedTask);
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, what switch
        {
            "seed" => Question with { Sampling = new ChatSampling { Seed = 7 } },
            "frequency_penalty" => Question with { Sampling = new ChatSampling { FrequencyPenalty = 1 } },
            _ => Question with { Format = new ChatFormat() },
        }));

        Assert.Equal("model_not_capable", failure.Code);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static ServiceProvider Provider(string url, Action<ModelsOptions>? configure = null) => new ServiceCollection()
        .AddLogging()
        .AddStewardModels(options =>
        {
            options.ApiKey = null;
            options.RetryBaseDelay = TimeSpan.Zero;
            options.Providers["anthropic-main"] = new ModelProviderOptions { Kind = ModelProviderOptions.Anthropic, BaseUrl = url, ApiKeys = { Key } };
            options.Chains[ModelTiers.Standard] = ["anthropic-main/claude-test"];
            configure?.Invoke(options);
        })
        .BuildServiceProvider();

    private static async Task<List<ChatDelta>> ReadAsync(Server server, ChatRequest request, Action<ModelsOptions>? configure = null, Action<ChatDelta>? onDelta = null)
    {
        using var provider = Provider(server.Url, configure);
        var deltas = new List<ChatDelta>();
        await foreach (var delta in provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme")!.StreamAsync(request, default))
        {
            deltas.Add(delta);
            onDelta?.Invoke(delta);
        }

        return deltas;
    }

    private sealed class Server : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private Server(WebApplication app) => _app = app;

        public static (string, string) Start => ("message_start", """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-test-1","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}""");

        public static (string, string) BlockStop => ("content_block_stop", """{"type":"content_block_stop","index":0}""");

        public static (string, string) Stop => ("message_stop", """{"type":"message_stop"}""");

        public string Url => _app.Urls.First();

        public System.Collections.Concurrent.ConcurrentQueue<(JsonElement Body, string? Key)> Requests { get; } = new();

        public static (string, string) BlockStart(string block) => ("content_block_start", $$"""{"type":"content_block_start","index":0,"content_block":{{block}}}""");

        public static (string, string) TextDelta(string text) => ("content_block_delta", JsonSerializer.Serialize(new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } }));

        public static (string, string) JsonDelta(string json) => ("content_block_delta", JsonSerializer.Serialize(new { type = "content_block_delta", index = 0, delta = new { type = "input_json_delta", partial_json = json } }));

        public static (string, string) End(string reason, int tokens) => ("message_delta", $$$"""{"type":"message_delta","delta":{"stop_reason":"{{{reason}}}","stop_sequence":null},"usage":{"output_tokens":{{{tokens}}}}}""");

        public static async Task<Server> StartAsync(Func<HttpContext, Task> answer)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var server = new Server(app);
            app.MapPost("/v1/messages", async context =>
            {
                using var body = await JsonDocument.ParseAsync(context.Request.Body);
                server.Requests.Enqueue((body.RootElement.Clone(), context.Request.Headers.Authorization));
                await answer(context);
            });
            await app.StartAsync();
            return server;
        }

        public static async Task SendAsync(HttpContext context, params (string Event, string Data)[] events)
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var (name, data) in events)
            {
                await context.Response.WriteAsync($"event: {name}\ndata: {data}\n\n");
                await context.Response.Body.FlushAsync();
            }
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();
    }
}
