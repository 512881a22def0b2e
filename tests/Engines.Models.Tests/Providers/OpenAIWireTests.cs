using System.Text;
using System.Text.Json;
using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models.Tests.Providers;

/// <summary>What goes to a server of chat completions, and how its chunks are read.</summary>
public sealed class OpenAIWireTests
{
    [Fact]
    public void Write_EverythingThatCanBeAsked_StandsWhereTheApiWantsIt()
    {
        var body = Body(
            new ChatRequest
            {
                Messages =
                [
                    new ChatMessage { Role = ChatRole.System, Text = "Be \"kind\"." },
                    new ChatMessage { Role = ChatRole.User, Text = "See", Parts = [new ChatTextPart("See"), new ChatImagePart("data:image/png;base64,AAAA", "low")] },
                    new ChatMessage { Role = ChatRole.Assistant, ToolCalls = [new ToolCall { Id = "c1", Name = "find", Arguments = "{\"q\":1}" }] },
                    new ChatMessage { Role = ChatRole.Tool, ToolCallId = "c1", Text = "[]" },
                    new ChatMessage { Role = ChatRole.Assistant, Text = "Nothing." },
                ],
                Tools = [new ToolDefinition { Name = "find", Description = "Finds.", Parameters = JsonElement.Parse("""{"type":"object"}"""), IsStrict = true }],
                RequiredTool = "find",
                AllowParallelToolCalls = false,
                Format = new ChatFormat { Name = "form", Description = "A form.", Schema = JsonElement.Parse("""{"type":"object"}"""), IsStrict = true },
                MaxOutputTokens = 50,
                Sampling = new ChatSampling { Temperature = 0.7, TopP = 0.9, FrequencyPenalty = 0.1, PresencePenalty = -0.1, Seed = 42, Stop = ["END"], ReasoningEffort = "low" },
            },
            maxOutputTokens: 200);

        Assert.Equal(
            """{"model":"m","messages":[{"role":"system","content":"Be \"kind\"."},{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},"""
            + """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"find","arguments":"{\"q\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"[]"},{"role":"assistant","content":"Nothing."}],"stream":"""
            + """true,"stream_options":{"include_usage":true},"max_completion_tokens":50,"temperature":0.7,"top_p":0.9,"frequency_penalty":0.1,"presence_penalty":-0.1,"seed":42,"stop":["END"],"reasoning_effort":"low","response_format":"""
            + """{"type":"json_schema","json_schema":{"name":"form","description":"A form.","schema":{"type":"object"},"strict":true}},"tools":"""
            + """[{"type":"function","function":{"name":"find","description":"Finds.","parameters":{"type":"object"},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"find"}},"parallel_tool_calls":false}""",
            body);
    }

    [Theory]
    [InlineData(true, null, "auto")]
    [InlineData(true, ChatRequest.AnyTool, "required")]
    [InlineData(false, ChatRequest.AnyTool, "none")]
    public void Write_ToolChoice_IsTheWordForIt(bool allowed, string? required, string expected)
    {
        var body = Body(new ChatRequest
        {
            Messages = [],
            Tools = [new ToolDefinition { Name = "find", Description = "", Parameters = JsonElement.Parse("{}") }],
            AllowToolCalls = allowed,
            RequiredTool = required,
        });

        Assert.Contains($"\"tool_choice\":\"{expected}\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("strict", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_AnyJsonObject_SaysSo() =>
        Assert.Contains("\"response_format\":{\"type\":\"json_object\"}", Body(new ChatRequest { Messages = [], Format = new ChatFormat() }), StringComparison.Ordinal);

    [Fact]
    public void Take_MembersThatNobodyKnows_ArePassedOver()
    {
        var answer = new OpenAIAnswer();
        var text = Take(answer, """{"x":[1,{"choices":[]}],"choices":[{"logprobs":{"content":[]},"delta":{"role":"assistant","content":"Hi","extra":{"content":"no"}},"finish_reason":null,"index":0},{"index":1,"delta":{"content":"other"}}],"model":"m-1"}""");
        Take(answer, """{"choices":[{"delta":{},"finish_reason":"length"}],"usage":null}""");

        Assert.Equal("Hi", text);
        Assert.Equal(new ChatFinished("length", null, "m-1", TimeSpan.Zero), Assert.Single(answer.End()));
    }

    [Theory]
    [InlineData("""{"choices":[{"delta":{"content":null}}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":[{"type":"image","url":"x"}, 7]}}],"model":null}""")]
    [InlineData("""{"choices":[{"delta":null}]}""")]
    [InlineData("""{"choices":null}""")]
    [InlineData("{}")]
    public void Take_ChunkWithoutText_IsNoBeginning(string chunk)
    {
        var answer = new OpenAIAnswer();

        Assert.Equal("", Take(answer, chunk));
        Assert.False(answer.HasBegun);
        Assert.Empty(answer.End());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"choices\":[{\"delta\":{\"content\":\"x\"")]
    [InlineData("{\"choices\":7}")]
    [InlineData("{\"choices\":[7]}")]
    [InlineData("{\"model\":7}")]
    [InlineData("{\"usage\":{\"prompt_tokens\":\"many\"}}")]
    public void Take_NoChunk_Throws(string chunk) => Assert.ThrowsAny<JsonException>(() => Take(new OpenAIAnswer(), chunk));

    [Fact]
    public void Take_TextInParts_IsText() =>
        Assert.Equal("ab", Take(new OpenAIAnswer(), """{"model":null,"choices":[{"delta":{"content":[{"type":"text","text":"a","x":[1]},{"text":null},{"type":"text","text":"b"}]}}]}"""));

    [Fact]
    public void Take_Refusal_IsText() => Assert.Equal("I cannot.", Take(new OpenAIAnswer(), """{"choices":[{"delta":{"refusal":"I cannot."}}]}"""));

    [Fact]
    public void Take_PiecesOfACall_HaveBegunAndAreOneAtTheEnd()
    {
        var answer = new OpenAIAnswer();
        Take(answer, """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"find","arguments":"{\"q\""}}]}}]}""");
        Take(answer, """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":null,"arguments":":1}"}}]},"finish_reason":"stop"}]}""");
        Take(answer, "[DONE]");

        Assert.True(answer is { HasBegun: true, IsDone: true });
        Assert.Equal([new ChatToolCall(new ToolCall { Id = "c1", Name = "find", Arguments = "{\"q\":1}" }), new ChatFinished("tool_calls", null, "", TimeSpan.Zero)], answer.End());
    }

    [Theory]
    [InlineData("""{"error":{"message":"slow down","code":429}}""", 429)]
    [InlineData("""{"error":{"type":"rate_limit_error","code":null,"param":null}}""", 429)]
    [InlineData("""{"error":{"code":"context_length_exceeded","type":"invalid_request_error"},"choices":[]}""", 400)]
    [InlineData("""{"error":{"code":"503"}}""", 503)]
    [InlineData("""{"error":{"type":"invalid_request_error","code":429}}""", 429)]
    [InlineData("""{"error":{"code":429,"type":"invalid_request_error"}}""", 429)]
    [InlineData("""{"error":{"type":"invalid_request_error","status":"503"}}""", 503)]
    [InlineData("""{"error":{"type":"rate_limit_error","code":7}}""", 429)]
    [InlineData("""{"error":{"code":7,"more":{"code":429}}}""", 0)]
    [InlineData("""{"error":{"code":9999999999}}""", 0)]
    [InlineData("""{"error":"overloaded"}""", 0)]
    [InlineData("""{"error":null}""", null)]
    public void Take_Error_IsItsStatus(string chunk, int? status)
    {
        var answer = new OpenAIAnswer();

        Assert.Equal("", Take(answer, chunk));
        Assert.Equal((status, false), (answer.FailedWith, answer.HasBegun));
    }

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("reasoning")]
    public void Take_Thoughts_AreNeitherSilenceNorABeginning(string member)
    {
        var answer = new OpenAIAnswer();

        Assert.Equal("", Take(answer, $$$"""{"choices":[{"delta":{"content":"","{{{member}}}":"Hm."}}]}"""));
        Assert.True(answer is { IsThinking: true, HasBegun: false });
        Take(answer, $$$"""{"choices":[{"delta":{"{{{member}}}":""}}]}""");
        Assert.False(answer.IsThinking);
    }

    [Theory]
    [InlineData("https://api.openai.com/v1", "ft-of-ours", OpenAIOutputLimit.New)]
    [InlineData("https://eu.api.openai.com/v1", "ft-of-ours", OpenAIOutputLimit.New)]
    [InlineData("https://acme.openai.azure.com/openai/v1", "deployment-7", OpenAIOutputLimit.New)]
    [InlineData("https://proxy.example/v1", "openai/gpt-5-mini", OpenAIOutputLimit.New)]
    [InlineData("https://proxy.example/v1", "o4-mini", OpenAIOutputLimit.New)]
    [InlineData("https://acme.openai.azure.us/openai/v1", "deployment-7", OpenAIOutputLimit.New)]
    [InlineData("https://acme.openai.azure.cn/openai/v1", "deployment-7", OpenAIOutputLimit.New)]
    [InlineData("https://acme.services.ai.azure.us/openai/v1", "deployment-7", OpenAIOutputLimit.New)]
    [InlineData("https://proxy.example/v1", "GPT-4o", OpenAIOutputLimit.New)]
    [InlineData("https://proxy.example/v1", "ft:gpt-4o-mini-2024-07-18:acme::abc", OpenAIOutputLimit.New)]
    [InlineData("https://proxy.example/v1", "openai/ft:o4-mini-2025-04-16:acme::abc", OpenAIOutputLimit.New)]
    [InlineData("https://proxy.example/v1", "ft:llama3.2", OpenAIOutputLimit.Old)]
    [InlineData("https://proxy.example/v1", "GPT-OSS:20b", OpenAIOutputLimit.Old)]
    [InlineData("https://openai.azure.example/v1", "m", OpenAIOutputLimit.Old)]
    [InlineData("http://127.0.0.1:11434/v1", "llama3.2", OpenAIOutputLimit.Old)]
    [InlineData("http://127.0.0.1:11434/v1", "gpt-oss:20b", OpenAIOutputLimit.Old)]
    [InlineData("http://127.0.0.1:11434/v1", "olmo-2", OpenAIOutputLimit.Old)]
    [InlineData("https://api.openai.com.example/v1", "m", OpenAIOutputLimit.Old)]
    public void OutputLimit_OfAServerAndModel_IsTheParameterThatItHeeds(string server, string model, string expected) => Assert.Equal(expected, OpenAIOutputLimit.Of(new Uri(server), model));

    private static string Body(ChatRequest request, int? maxOutputTokens = null) => Encoding.UTF8.GetString(OpenAIRequestBody.Write("m", request, maxOutputTokens).Span);

    private static string Take(OpenAIAnswer answer, string chunk) => answer.Take(Encoding.UTF8.GetBytes(chunk));
}
