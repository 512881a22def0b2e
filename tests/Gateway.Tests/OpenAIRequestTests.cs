using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Steward.Errors;
using Steward.Gateway.OpenAI;
using Steward.Identity;
using Steward.Models;

namespace Steward.Gateway.Tests;

/// <summary>What the endpoint for OpenAI's clients reads of a request, and what it refuses by name.</summary>
public sealed class OpenAIRequestTests
{
    [Theory]
    [InlineData("""{"n":2}""", "n")]
    [InlineData("""{"logprobs":true}""", "logprobs")]
    [InlineData("""{"store":true}""", "store")]
    [InlineData("""{"audio":{}}""", "audio")]
    [InlineData("""{"modalities":["text","audio"]}""", "modalities")]
    [InlineData("""{"modalities":[1]}""", "modalities")]
    [InlineData("""{"temperature":"hot"}""", "temperature")]
    [InlineData("""{"top_p":1.5}""", "top_p")]
    [InlineData("""{"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"stop":["1","2","3","4","5"]}""", "stop")]
    [InlineData("""{"stream_options":{"include_usage":true}}""", "stream_options")]
    [InlineData("""{"stream":true,"stream_options":{"more":1}}""", "stream_options.more")]
    [InlineData("""{"stream":true,"stream_options":{"include_obfuscation":1}}""", "stream_options.include_obfuscation")]
    [InlineData("""{"messages":[{"role":"assistant","content":"x","function_call":{"name":"find","arguments":"{}"}}]}""", "messages[0].function_call")]
    [InlineData("""{"messages":[{"role":"assistant","content":"x","audio":{"id":"a"}}]}""", "messages[0].audio")]
    [InlineData("""{"tool_choice":"required"}""", "tool_choice")]
    [InlineData("""{"tool_choice":{"type":"function","function":{"name":"gone"}}}""", "tool_choice")]
    [InlineData("""{"tools":[{"type":"web_search"}]}""", "tools[0].type")]
    [InlineData("""{"tools":[{"type":"function","function":{"name":"bad name"}}]}""", "tools[0].function.name")]
    [InlineData("""{"response_format":{"type":"json_schema","json_schema":{"name":"x"}}}""", "response_format.json_schema.schema")]
    [InlineData("""{"response_format":{"type":"grammar"}}""", "response_format.type")]
    [InlineData("""{"metadata":{"a":1}}""", "metadata")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"king","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages[0].tool_call_id")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://a.example/x"}}]}]}""", "messages[0].content[0].type")]
    public void Chat_Refused_NamesTheParameter(string change, string param)
    {
        var refused = Assert.Throws<StewardException>(() => ChatRequestReader.Read(With("""{"model":"steward/mid","messages":[{"role":"user","content":"Hi"}]}""", change)));

        Assert.Equal((ErrorCodes.InvalidArgument, param), (refused.Code, refused.Field));
    }

    // Whoever fetches it may stand inside of the network: vLLM or Ollama on a server of one's own.
    [Theory]
    [InlineData("https://a.example/x.png", true)]
    [InlineData("https://93.184.215.14/x.png", true)]
    [InlineData("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x.png", true)]
    [InlineData("data:image/png;base64,AAAA", true)]
    [InlineData("https://127.0.0.1/x.png", false)]
    [InlineData("https://2130706433/x.png", false)]
    [InlineData("https://0x7f.1/x.png", false)]
    [InlineData("https://10.0.0.8/x.png", false)]
    [InlineData("https://169.254.169.254/latest/meta-data", false)]
    [InlineData("https://[::1]/x.png", false)]
    [InlineData("https://[::ffff:10.0.0.8]/x.png", false)]
    [InlineData("https://localhost/x.png", false)]
    [InlineData("https://vault/x.png", false)]
    [InlineData("https://metadata.google.internal./x.png", false)]
    [InlineData("https://user@a.example/x.png", false)]
    [InlineData("https://\u2100.example/x.png", false)]
    [InlineData("https://xn--\u00fc.example/x.png", false)]
    [InlineData("https://metadata.google.\uff49nternal/x.png", false)]
    [InlineData("https://xn--bcher-kva.example/x.png", true)]
    public void Chat_AddressOfAnImage_IsPublic(string url, bool isTaken)
    {
        var change = JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = new[] { new { type = "image_url", image_url = new { url } } } } } });
        var body = With("""{"model":"steward/mid","messages":[]}""", change);
        var refused = Record.Exception(() => ChatRequestReader.Read(body));

        Assert.Equal(isTaken ? null : "messages[0].content[0].image_url.url", (refused as StewardException)?.Field);
        Assert.Equal(isTaken, refused is null);
    }

    [Theory]
    [InlineData("""{"previous_response_id":"resp_1"}""", "previous_response_id")]
    [InlineData("""{"store":true}""", "store")]
    [InlineData("""{"background":true}""", "background")]
    [InlineData("""{"include":["reasoning.encrypted_content"]}""", "include")]
    [InlineData("""{"input":[{"type":"item_reference","id":"x"}]}""", "input[0].type")]
    [InlineData("""{"tools":[{"type":"file_search"}]}""", "tools[0].type")]
    [InlineData("""{"text":{"format":{"type":"json_schema","name":"x"}}}""", "text.format.schema")]
    [InlineData("""{"truncation":1}""", "truncation")]
    [InlineData("""{"text":{"verbosity":"low"}}""", "text.verbosity")]
    [InlineData("""{"text":{"verbosity":1}}""", "text.verbosity")]
    [InlineData("""{"reasoning":{"summary":"detailed"}}""", "reasoning.summary")]
    [InlineData("""{"stream_options":{"include_obfuscation":false}}""", "stream_options")]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":true}}""", "stream_options.include_usage")]
    public void Responses_Refused_NamesTheParameter(string change, string param)
    {
        var refused = Assert.Throws<StewardException>(() => ResponsesRequestReader.Read(With("""{"model":"steward/mid","input":"Hi"}""", change)));

        Assert.Equal((ErrorCodes.InvalidArgument, param), (refused.Code, refused.Field));
    }

    // What an agent decides itself is refused, and called as the caller called it.
    [Theory]
    [InlineData("""{"frequency_penalty":1}""", "frequency_penalty", null)]
    [InlineData("""{"presence_penalty":1}""", "presence_penalty", null)]
    [InlineData("""{"frequency_penalty":0,"presence_penalty":0}""", null, null)]
    [InlineData("""{"reasoning_effort":"low"}""", "reasoning_effort", """{"reasoning":{"effort":"low"}}""", "reasoning.effort")]
    [InlineData("""{"max_tokens":5}""", "max_tokens", """{"max_output_tokens":5}""", "max_output_tokens")]
    [InlineData("""{"response_format":{"type":"json_object"}}""", "response_format", """{"text":{"format":{"type":"json_object"}}}""", "text.format")]
    [InlineData("""{"temperature":0}""", "temperature", """{"temperature":0}""", "temperature")]
    [InlineData("{}", null, "{}", null)]
    public void NotForAgents_IsWhatTheCallerNamed(string chat, string? ofChat, string? response, string? ofResponse = null)
    {
        Assert.Equal(ofChat, ChatRequestReader.Read(With("""{"model":"steward/agent","messages":[{"role":"user","content":"Hi"}]}""", chat)).NotForAgents);
        if (response is not null)
        {
            Assert.Equal(ofResponse, ResponsesRequestReader.Read(With("""{"model":"steward/agent","input":"Hi"}""", response)).NotForAgents);
        }
    }

    // Clients send what they got: members that are null say nothing.
    [Fact]
    public void Read_WhatSaysNothing_IsTaken()
    {
        var chat = ChatRequestReader.Read(With(
            """{"model":"steward/mid","messages":[]}""",
            """{"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"messages":[{"role":"assistant","content":"x","function_call":null,"audio":null}]}"""));
        var response = ResponsesRequestReader.Read(With("""{"model":"steward/mid","input":"Hi"}""", """{"stream":true,"stream_options":{"include_obfuscation":false}}"""));

        Assert.Equal((true, true, true), (chat.Stream, chat.IncludeUsage, response.Stream));
    }

    [Fact]
    public void Responses_CallsAndOutputs_AreOneTurnOfTheAssistantAndItsResults()
    {
        var read = ResponsesRequestReader.Read(JsonElement.Parse("""
            {"model":"steward/mid","instructions":"Be brief.","input":[
              {"role":"user","content":"Hi"},
              {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]},
              {"type":"function_call","call_id":"c1","name":"find","arguments":"{}"},
              {"type":"function_call","call_id":"c2","name":"find","arguments":"{}"},
              {"type":"function_call_output","call_id":"c1","output":"one"},
              {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]}]}
            """));

        Assert.Equal(["system", "user", "assistant", "tool", "tool"], read.Chat.Messages.Select(message => message.Role));
        Assert.Equal(("I look.", 2), (read.Chat.Messages[2].Text, read.Chat.Messages[2].ToolCalls.Count));
        Assert.Equal(["one", "two"], read.Chat.Messages.Skip(3).Select(message => message.Text));
    }

    [Fact]
    public void Agent_Conversation_IsPutBeforeTheLastMessageUnlessASessionKnowsIt()
    {
        ModelMessage[] messages = [new() { Role = "system", Text = "Be brief." }, new() { Role = "user", Text = "Hi" }, new() { Role = "assistant", Text = "Hello" }, new() { Role = "user", Text = "And now?" }];

        Assert.Equal("And now?", AgentAnswers.TextOf(messages, isSessionKnown: true));
        Assert.Equal("Hi", AgentAnswers.TextOf([messages[1]], isSessionKnown: false));
        var whole = AgentAnswers.TextOf(messages, isSessionKnown: false);
        Assert.Contains("[instructions of the client] Be brief.", whole, StringComparison.Ordinal);
        Assert.EndsWith("The message to answer:\nAnd now?", whole, StringComparison.Ordinal);
        Assert.Throws<StewardException>(() => AgentAnswers.TextOf([messages[2]], isSessionKnown: false));
    }

    [Fact]
    public void AgentAnswer_TakenBack_IsSaidAndNotRepeated()
    {
        var answer = new AgentAnswers.AppendedAnswer();

        Assert.Equal("Hello ", answer.Add(0, "Hello "));
        Assert.Equal("there", answer.Add(6, "there"));
        // The same again, as after the loss of a server.
        Assert.Equal("", answer.Add(0, "Hello "));
        Assert.Equal("", answer.Add(6, "there"));
        Assert.Equal("!", answer.Add(11, "!"));
        Assert.Equal("\n\n[The answer begins anew.]\nBye", answer.Add(0, "Bye"));
    }

    // The run finds the caller's first team by itself; a role with an unfit name must not have every request refused.
    [Fact]
    public void Context_Team_IsOfTheHeaderForRunsAndAFitOneForCalls()
    {
        var caller = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = ["team-Board of Directors", "team-hr"] };
        var context = new DefaultHttpContext();
        var none = new Dictionary<string, string>();
        var run = CallContext.ForRun("", context.Request, caller, null, none);
        Assert.Equal((null, true), (run.Team, run.IsExternal));
        Assert.Equal("hr", CallContext.Apply(new StartModelCall { Model = "mid" }, context.Request, caller, null, none).Team);
        context.Request.Headers["x-steward-team"] = "HR";

        Assert.Equal("hr", CallContext.ForRun("", context.Request, caller, null, none).Team);
        context.Request.Headers["x-steward-team"] = "ops";
        Assert.Equal(ErrorCodes.Forbidden, Assert.Throws<StewardException>(() => CallContext.ForRun("", context.Request, caller, null, none)).Code);
    }

    [Theory]
    [InlineData("steward/auto", "auto", null)]
    [InlineData("steward/power", "large", null)]
    [InlineData("steward/agent", null, "")]
    [InlineData("steward/agent/it-support", null, "it-support")]
    [InlineData("openai/gpt-4.1", "openai/gpt-4.1", null)]
    public void Model_Name_MeansItsTarget(string name, string? call, string? agent) => Assert.Equal(new ModelTargetOf(call, agent), ModelTargetOf.Parse(name));

    [Theory]
    [InlineData("gpt-4.1")]
    [InlineData("steward/")]
    [InlineData("steward/unknown")]
    [InlineData("steward/agent/")]
    [InlineData("/x")]
    [InlineData("x/")]
    [InlineData("")]
    public void Model_UnknownName_IsMissing(string name) => Assert.Equal("model_missing", Assert.Throws<StewardException>(() => ModelTargetOf.Parse(name)).Code);

    private static JsonElement With(string body, string change)
    {
        var all = System.Text.Json.Nodes.JsonNode.Parse(body)!.AsObject();
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject())
        {
            all[name] = value?.DeepClone();
        }

        return JsonElement.Parse(all.ToJsonString());
    }
}
