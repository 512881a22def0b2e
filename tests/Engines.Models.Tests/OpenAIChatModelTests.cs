using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Tests;

public sealed class OpenAIChatModelTests
{
    private const string Key = "sk-test-0123456789";

    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] };

    [Fact]
    public async Task Stream_TextAndUsage_ArrivesWithCost()
    {
        await using var server = await ModelServer.StartAsync((_, context) =>
            ModelServer.SendAsync(context, ModelServer.Delta(new { role = "assistant", content = "" }), ModelServer.Text("Hel"), ModelServer.Text("lo"), ModelServer.Finish(), ModelServer.Usage(1000, 500, 400), "[DONE]"));
        var deltas = await ReadAsync(server);

        Assert.Equal(["Hel", "lo"], deltas.OfType<ChatText>().Select(text => text.Text));
        var finished = Assert.IsType<ChatFinished>(deltas[^1]);
        Assert.Equal(("stop", "gpt-4.1-mini-2025-04-14"), (finished.Reason, finished.Model));
        // 600 × 0.40 + 400 × 0.10 + 500 × 1.60 per million.
        Assert.Equal(new ChatUsage(1000, 400, 500, 0.00108m), finished.Usage);
        var request = Assert.Single(server.Requests);
        Assert.Equal($"Bearer {Key}", request.Authorization);
        Assert.True(request.Body.GetProperty("stream").GetBoolean());
        Assert.True(request.Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Fact]
    public async Task Stream_ToolCallsInPieces_ArriveWhole()
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(
            context,
            ModelServer.Delta(new { tool_calls = new[] { new { index = 0, id = "call_a", type = "function", function = new { name = "find", arguments = "" } } } }),
            ModelServer.Delta(new { tool_calls = new[] { new { index = 0, function = new { arguments = "{\"q\":" } } } }),
            ModelServer.Delta(new { tool_calls = new[] { new { index = 1, id = "call_b", type = "function", function = new { name = "get", arguments = "{}" } } } }),
            ModelServer.Delta(new { tool_calls = new[] { new { index = 0, function = new { arguments = "1}" } } } }),
            ModelServer.Finish("tool_calls"),
            "[DONE]"));
        var deltas = await ReadAsync(server, new ChatRequest
        {
            Messages =
            [
                new ChatMessage { Role = ChatRole.System, Text = "S" },
                new ChatMessage { Role = ChatRole.User, Text = "U" },
                new ChatMessage { Role = ChatRole.Assistant, ToolCalls = [new ToolCall { Id = "c0", Name = "find", Arguments = "{}" }] },
                new ChatMessage { Role = ChatRole.Tool, ToolCallId = "c0", Text = "{}" },
            ],
            Tools = [new ToolDefinition { Name = "find", Description = "Finds.", Parameters = JsonSerializer.SerializeToElement(new { type = "object" }) }],
        });

        Assert.Equal(
            [new ToolCall { Id = "call_a", Name = "find", Arguments = "{\"q\":1}" }, new ToolCall { Id = "call_b", Name = "get", Arguments = "{}" }],
            deltas.OfType<ChatToolCall>().Select(call => call.Call));
        var finished = Assert.IsType<ChatFinished>(deltas[^1]);
        Assert.Equal("tool_calls", finished.Reason);
        Assert.Null(finished.Usage);
        var body = Assert.Single(server.Requests).Body;
        Assert.Equal("auto", body.GetProperty("tool_choice").GetString());
        Assert.Equal(["system", "user", "assistant", "tool"], body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Stream_BusyBeforeTheFirstToken_IsTriedAgain(int status)
    {
        await using var server = await ModelServer.StartAsync((number, context) => number < 3 ? FailAsync(context, status) : ModelServer.SendAsync(context, ModelServer.Text("ok"), ModelServer.Finish(), "[DONE]"));
        var deltas = await ReadAsync(server);

        Assert.Equal("ok", Assert.Single(deltas.OfType<ChatText>()).Text);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(429, 3, "model_rate_limited", true)]
    [InlineData(502, 3, "model_unavailable", true)]
    [InlineData(400, 1, "model_rejected", false)]
    [InlineData(404, 1, "model_missing", false)]
    [InlineData(401, 1, "model_unauthenticated", false)]
    public async Task Stream_KeepsFailing_ThrowsItsCodeAfterItsAttempts(int status, int attempts, string code, bool retryable)
    {
        await using var server = await ModelServer.StartAsync((_, context) => FailAsync(context, status));
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server));

        Assert.Equal((code, retryable, false), (exception.Code, exception.IsRetryable, exception.AfterFirstToken));
        Assert.Equal(attempts, server.Requests.Count);
        Assert.DoesNotContain(Key, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_AskedToWaitTooLong_FailsAtOnceAndSaysHowLong()
    {
        await using var server = await ModelServer.StartAsync((_, context) => FailAsync(context, 429, "120"));
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server));

        Assert.Equal(TimeSpan.FromMinutes(2), exception.RetryAfter);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Stream_BreaksOffAfterTheFirstToken_ThrowsAndIsNotTriedAgain()
    {
        var arrived = new TaskCompletionSource();
        await using var server = await ModelServer.StartAsync(async (_, context) =>
        {
            await ModelServer.SendAsync(context, ModelServer.Text("Hel"));
            await arrived.Task;
            context.Abort();
        });
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, onDelta: delta =>
        {
            Assert.Equal("Hel", Assert.IsType<ChatText>(delta).Text);
            arrived.SetResult();
        }));

        Assert.Equal(("model_stream_broken", true), (exception.Code, exception.AfterFirstToken));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Stream_EndsWithoutAFinishReason_IsBroken()
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(context, ModelServer.Text("Hel")));

        Assert.Equal("model_stream_broken", (await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server))).Code);
    }

    [Fact]
    public async Task Stream_Garbage_IsBrokenAndNotADefect()
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(context, ModelServer.Text("Hel"), "{\"choices\":"));

        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server));
        Assert.True(exception.AfterFirstToken);
    }

    [Fact]
    public async Task Stream_SilentServer_TimesOutPerAttempt()
    {
        await using var server = await ModelServer.StartAsync((_, context) => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, options: options =>
        {
            options.FirstTokenTimeout = TimeSpan.FromMilliseconds(100);
            options.MaxAttempts = 2;
        }));

        Assert.Equal(("model_timeout", false), (exception.Code, exception.AfterFirstToken));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Stream_SilenceInTheMiddle_TimesOutWithoutASecondAttempt()
    {
        await using var server = await ModelServer.StartAsync(async (_, context) =>
        {
            await ModelServer.SendAsync(context, ModelServer.Text("Hel"));
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, options: options => options.IdleTimeout = TimeSpan.FromMilliseconds(100)));

        Assert.Equal(("model_timeout", true), (exception.Code, exception.AfterFirstToken));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Stream_TrickleBeyondTheTotal_TimesOut()
    {
        await using var server = await ModelServer.StartAsync(async (_, context) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await ModelServer.SendAsync(context, ModelServer.Text("x"));
                await Task.Delay(20, CancellationToken.None);
            }
        });
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, options: options => options.TotalTimeout = TimeSpan.FromMilliseconds(300)));

        Assert.Equal("model_timeout", exception.Code);
    }

    [Fact]
    public async Task Stream_CallerCancels_ThrowsCancellation()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = await ModelServer.StartAsync(async (_, context) =>
        {
            await ModelServer.SendAsync(context, ModelServer.Text("Hel"));
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(server, cancellationToken: cancel.Token));
    }

    [Fact]
    public async Task Stream_NobodyListens_IsUnavailable()
    {
        var server = await ModelServer.StartAsync((_, _) => Task.CompletedTask);
        var url = server.BaseUrl;
        await server.DisposeAsync();

        Assert.Equal("model_unavailable", (await Assert.ThrowsAsync<ModelException>(() => ReadAsync(url))).Code);
    }

    [Fact]
    public void ForTenant_WithoutAKey_IsNull()
    {
        using var provider = Provider(options => options.ApiKey = null);

        Assert.Null(provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme"));
    }

    [Fact]
    public void ForTenant_Tiers_GiveTheirModelsAndTheOneModelElse()
    {
        using var provider = Provider(options => (options.ApiKey, options.Model, options.Tiers["small"]) = (Key, "gpt-4.1-mini", "gpt-4.1-nano"));
        var models = provider.GetRequiredService<IChatModelProvider>();

        Assert.Equal("gpt-4.1-nano", models.ForTenant("t-acme", ModelTiers.Small)!.Name);
        Assert.Equal(0.10m, models.ForTenant("t-acme", ModelTiers.Small)!.Price!.Input);
        Assert.Equal(models.ForTenant("t-acme")!.Name, models.ForTenant("t-acme", ModelTiers.Large)!.Name);
    }

    // What the pipeline will choose is not known: whoever reckons with the model reckons with the dearest, and with the shortest context.
    [Fact]
    public void ForTenant_Auto_HasTheStandardNameAndTheDearestPrice()
    {
        using var provider = Provider(options =>
        {
            (options.ApiKey, options.Model, options.Tiers["small"], options.Tiers["large"]) = (Key, "gpt-4.1-mini", "gpt-4o-mini", "gpt-4.1");
        });
        var model = provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme", "auto")!;

        Assert.Equal(("gpt-4.1-mini", 8m, 128_000, 48_169), (model.Name, model.Price!.Output, model.ContextTokens, model.ImageTokens));
        Assert.Equal(["gpt-4.1", "gpt-4.1-mini", "gpt-4o-mini"], model.Prices.Select(price => price!.Model).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Options_UnknownTier_SaysWhatIsAllowed()
    {
        using var provider = Provider(options => options.Tiers["huge"] = "gpt");

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ModelsOptions>>().Value);
        Assert.Contains("small, standard, large", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300, null, 300)]
    [InlineData(300, 200, 200)]
    [InlineData(null, 200, 200)]
    public async Task Stream_MaxOutputTokens_IsTheLowerOfRequestAndOptions(int? request, int? option, int expected)
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(context, ModelServer.Text("ok"), ModelServer.Finish(), "[DONE]"));
        await ReadAsync(server, Question with { MaxOutputTokens = request }, options => options.MaxOutputTokens = option);

        Assert.Equal(expected, Assert.Single(server.Requests).Body.GetProperty("max_completion_tokens").GetInt32());
    }

    // Ollama and others pass over OpenAI's new name of the limit without a word: no budget would hold there.
    [Theory]
    [InlineData(null, "max_tokens", "max_completion_tokens")]
    [InlineData("max_completion_tokens", "max_completion_tokens", "max_tokens")]
    public async Task Stream_ServerOfAnotherMaker_IsLimitedByTheParameterThatItHeeds(string? named, string sent, string notSent)
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(context, ModelServer.Text("ok"), ModelServer.Finish(), "[DONE]"));
        await ReadAsync(server, Question with { MaxOutputTokens = 30 }, options =>
        {
            options.Providers["here"] = new ModelProviderOptions { BaseUrl = server.BaseUrl, ApiKeys = { Key }, OutputLimit = named };
            options.Chains[ModelTiers.Standard] = ["here/llama3.2"];
        });

        var body = Assert.Single(server.Requests).Body;
        Assert.Equal(30, body.GetProperty(sent).GetInt32());
        Assert.False(body.TryGetProperty(notSent, out _));
    }

    // A proxy in front of OpenAI's models under names of one's own.
    [Fact]
    public async Task Stream_OnlyProviderHasAnOutputLimit_IsLimitedByThat()
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(context, ModelServer.Text("ok"), ModelServer.Finish(), "[DONE]"));
        await ReadAsync(server, Question with { MaxOutputTokens = 30 }, options => (options.Model, options.OutputLimit) = ("our-own", "max_completion_tokens"));

        Assert.Equal(30, Assert.Single(server.Requests).Body.GetProperty("max_completion_tokens").GetInt32());
    }

    [Fact]
    public void Options_UnknownOutputLimitOfTheOnlyProvider_SaysWhatIsAllowed()
    {
        using var provider = Provider(options => options.OutputLimit = "num_predict");

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ModelsOptions>>().Value);
        Assert.Contains("Models:OutputLimit must be max_completion_tokens or max_tokens", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_UnknownOutputLimit_SaysWhatIsAllowed()
    {
        using var provider = Provider(options =>
        {
            options.Providers["here"] = new ModelProviderOptions { ApiKeys = { Key }, OutputLimit = "num_predict" };
            options.Chains[ModelTiers.Standard] = ["here/llama3.2"];
        });

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ModelsOptions>>().Value);
        Assert.Contains("max_completion_tokens or max_tokens", exception.Message, StringComparison.Ordinal);
    }

    // vLLM, SGLang, OpenRouter and OpenAI say what went wrong in an event, once they have begun to stream.
    [Theory]
    [InlineData("""{"error":{"message":"slow down","code":429}}""", null, "model_rate_limited", 3)]
    [InlineData("""{"error":{"message":"too long","type":"invalid_request_error"}}""", null, "model_rejected", 1)]
    [InlineData("""{"error":"overloaded"}""", null, "model_unavailable", 3)]
    [InlineData("""{"error":{"message":"too long","code":400}}""", "Hel", "model_stream_broken", 1)]
    [InlineData("""{"error":{"message":"slow down","code":429}}""", "Hel", "model_rate_limited", 1)]
    public async Task Stream_ErrorAsAnEvent_IsWhatItSays(string error, string? before, string code, int requests)
    {
        await using var server = await ModelServer.StartAsync((_, context) => ModelServer.SendAsync(context, [.. before is null ? [] : new[] { ModelServer.Text(before) }, error, "[DONE]"]));
        var failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server));

        Assert.Equal((code, before is not null, requests), (failure.Code, failure.AfterFirstToken, server.Requests.Count));
    }

    [Fact]
    public async Task Stream_DeadlineHasPassed_SendsNothing()
    {
        await using var server = await ModelServer.StartAsync((_, _) => Task.CompletedTask);
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, Question with { Deadline = TimeProvider.System.GetUtcNow().AddSeconds(-1) }));

        Assert.Equal(("model_timeout", true), (exception.Code, exception.IsRetryable));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Stream_DeadlineInTheMiddleOfTheAnswer_BreaksItOff()
    {
        await using var server = await ModelServer.StartAsync(async (_, context) =>
        {
            await ModelServer.SendAsync(context, ModelServer.Text("Half"));
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var deltas = new List<ChatDelta>();
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(server, Question with { Deadline = TimeProvider.System.GetUtcNow().AddSeconds(1) }, onDelta: deltas.Add));

        Assert.Equal(("model_timeout", true), (exception.Code, exception.AfterFirstToken));
        Assert.Equal("Half", Assert.IsType<ChatText>(Assert.Single(deltas)).Text);
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("models")]
    public void Options_BadBaseUrl_SaysWhatIsAllowed(string url)
    {
        using var provider = Provider(options => options.BaseUrl = url);

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ModelsOptions>>().Value);
        Assert.Contains("OPENAI_BASE_URL", exception.Message, StringComparison.Ordinal);
    }

    private static Task FailAsync(HttpContext context, int status, string retryAfter = "0")
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        return context.Response.WriteAsJsonAsync(new { error = new { message = "no", type = "x", code = "x" } });
    }

    private static ServiceProvider Provider(Action<ModelsOptions> configure) => new ServiceCollection().AddStewardModels(configure).BuildServiceProvider();

    private static Task<List<ChatDelta>> ReadAsync(
        ModelServer server, ChatRequest? request = null, Action<ModelsOptions>? options = null, Action<ChatDelta>? onDelta = null, CancellationToken cancellationToken = default) =>
        ReadAsync(server.BaseUrl, request, options, onDelta, cancellationToken);

    private static async Task<List<ChatDelta>> ReadAsync(
        string url, ChatRequest? request = null, Action<ModelsOptions>? options = null, Action<ChatDelta>? onDelta = null, CancellationToken cancellationToken = default)
    {
        using var provider = Provider(configured =>
        {
            configured.ApiKey = Key;
            configured.BaseUrl = url;
            configured.Model = "gpt-4.1-mini";
            configured.RetryBaseDelay = TimeSpan.Zero;
            options?.Invoke(configured);
        });
        var deltas = new List<ChatDelta>();
        await foreach (var delta in provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme")!.StreamAsync(request ?? Question, cancellationToken))
        {
            deltas.Add(delta);
            onDelta?.Invoke(delta);
        }

        return deltas;
    }
}
