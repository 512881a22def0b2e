using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.ModelSim.Tests;

/// <summary>The wire as it is sent, and the errors for requests that are wrong.</summary>
public sealed class WireTests : IAsyncLifetime
{
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());
    private ModelSimulation sim = null!;

    public async Task InitializeAsync() => sim = await ModelSimulation.StartAsync(new() { Script = new() { Default = new() { Text = "one two" } } });

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task Stream_WithUsage_EndsWithFinishUsageAndDone()
    {
        var (status, text, headers) = await PostAsync("chat/completions", """{"model":"sim-large","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}""");

        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var chunks = events[..^1].Select(e => JsonNode.Parse(e["data: ".Length..])!).ToList();
        Assert.Equal(200, status);
        Assert.Equal("text/event-stream", headers.ContentType!.MediaType);
        Assert.Equal("data: [DONE]", events[^1]);
        Assert.Equal("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
        Assert.Equal("stop", (string?)chunks[^2]["choices"]![0]!["finish_reason"]);
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.Equal(2, (int)chunks[^1]["usage"]!["completion_tokens"]!);
        Assert.All(chunks[..^1], c => Assert.True(c.AsObject().ContainsKey("usage") && c["usage"] is null));
        Assert.Single(chunks.Select(c => (string?)c["id"]).Distinct());
        Assert.All(chunks, c => Assert.Equal("chat.completion.chunk", (string?)c["object"]));
    }

    [Fact]
    public async Task Stream_WithoutUsage_HasNoUsageAtAll()
    {
        var (_, text, _) = await PostAsync("chat/completions", """{"model":"sim-large","stream":true,"messages":[{"role":"user","content":"hi"}]}""");

        Assert.DoesNotContain("usage", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", 400, null)]
    [InlineData("""{"model":"gpt-none","messages":[{"role":"user","content":"x"}]}""", 404, "model_not_found")]
    [InlineData("""{"model":"sim-large"}""", 400, "missing_required_parameter")]
    [InlineData("""{"model":"sim-large","messages":[]}""", 400, "empty_array")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"boss","content":"x"}]}""", 400, "invalid_value")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":7}]}""", 400, "invalid_type")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"colour":1}""", 400, "unknown_parameter")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"n":2}""", 400, "unsupported_value")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"temperature":3}""", 400, "invalid_value")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"stream_options":{"include_usage":true}}""", 400, null)]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"response_format":{"type":"xml"}}""", 400, "invalid_value")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"a b"}}]}""", 400, "invalid_value")]
    [InlineData("""{"model":"sim-large","messages":[{"role":"tool","tool_call_id":"c1","content":"x"}]}""", 400, null)]
    [InlineData("""{"model":"sim-large","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"x"}]}""", 400, null)]
    [InlineData("""{"model":"sim-large","messages":[{"role":"user","content":"x"}],"model":"sim-large"}""", 400, null)]
    [InlineData("""{"model":""", 400, null)]
    [InlineData("[]", 400, null)]
    public async Task Chat_ThatIsWrong_IsOpenAIError(string body, int status, string? code)
    {
        var (actual, text, _) = await PostAsync("chat/completions", body);

        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal((status, code, "invalid_request_error"), (actual, (string?)error["code"], (string?)error["type"]));
        Assert.NotEqual("", (string?)error["message"]);
        Assert.True(error.AsObject().ContainsKey("param"));
    }

    [Theory]
    [InlineData("""{"type":"json_object"}""")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}}""")]
    public async Task Chat_WithResponseFormat_IsAccepted(string format)
    {
        var (status, _, _) = await PostAsync("chat/completions", $$"""{"model":"sim-large","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"response_format":{{format}}}""");

        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Chat_WhoseScriptCallsAToolNotOffered_IsScriptError()
    {
        sim.Prepend(new ModelRule { Reply = new() { ToolCalls = [new() { Name = "nothing" }] } });

        var (status, text, _) = await PostAsync("chat/completions", """{"model":"sim-large","messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal((500, "script_error"), (status, (string?)JsonNode.Parse(text)!["error"]!["code"]));
    }

    [Fact]
    public async Task Chat_WithoutRuleAndDefault_IsNoRuleError()
    {
        await using var empty = await ModelSimulation.StartAsync();

        var (status, text, _) = await PostAsync("chat/completions", """{"model":"sim-large","messages":[{"role":"user","content":"x"}]}""", empty);

        Assert.Equal((500, "no_rule"), (status, (string?)JsonNode.Parse(text)!["error"]!["code"]));
    }

    [Fact]
    public async Task RateLimited_HasRetryAfterHeaders()
    {
        sim.Prepend(new ModelRule { Reply = new() { Fault = new() { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 9 } } });
        using var request = Request("chat/completions", """{"model":"sim-large","messages":[{"role":"user","content":"x"}]}""", sim);
        using var response = await Http.SendAsync(request, CancellationToken.None);

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(9), response.Headers.RetryAfter!.Delta);
        Assert.Equal("0", response.Headers.GetValues("x-ratelimit-remaining-requests").Single());
    }

    [Fact]
    public async Task Embeddings_AsFloats_AreAnArray_AndEmptyInputIsRefused()
    {
        var (_, text, _) = await PostAsync("embeddings", """{"model":"sim-embedding","input":"hello world","dimensions":8}""");
        var (status, _, _) = await PostAsync("embeddings", """{"model":"sim-embedding","input":[""]}""");

        Assert.Equal(8, JsonNode.Parse(text)!["data"]![0]!["embedding"]!.AsArray().Count);
        Assert.Equal(400, status);
    }

    [Fact]
    public async Task UnknownPath_IsInvalidUrlError_AndMissingKeyIs401()
    {
        var (status, text, _) = await PostAsync("nothing", "{}");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{sim.Url}/models");
        using var response = await Http.SendAsync(request, CancellationToken.None);

        Assert.Equal(404, status);
        Assert.Contains("Invalid URL (POST /v1/nothing)", text, StringComparison.Ordinal);
        Assert.Equal(401, (int)response.StatusCode);
    }

    private async Task<(int Status, string Text, HttpContentHeaders Headers)> PostAsync(string path, string body, ModelSimulation? other = null)
    {
        using var request = Request(path, body, other ?? sim);
        using var response = await Http.SendAsync(request, CancellationToken.None);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers);
    }

    private static HttpRequestMessage Request(string path, string body, ModelSimulation target) => new(HttpMethod.Post, $"{target.Url}/{path}")
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", target.ApiKey) },
    };
}
