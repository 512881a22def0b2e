using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.ModelSim;

/// <summary>A reply worked out for one request: its pieces, its tool calls, its end and its usage.</summary>
internal sealed class Completion
{
    private const int ArgumentFragment = 12;

    public Completion(ChatRequest request, ModelReply reply, string id, long created)
    {
        Id = id;
        Created = created;
        Model = request.Model;
        var pieces = reply.Text is null ? [] : Tokens.Split(reply.Text);
        var cut = request.MaxTokens is { } largest && pieces.Count > largest;
        Pieces = cut ? pieces.GetRange(0, request.MaxTokens!.Value) : pieces;
        ToolCalls = request.ToolChoice == "none" ? [] : [.. reply.ToolCalls.Take(request.ParallelToolCalls ? int.MaxValue : 1).Select((call, i) => new Called(
            $"call_{id[^20..]}{i.ToString(CultureInfo.InvariantCulture)}",
            request.Tools.Contains(call.Name) ? call.Name : throw new ApiException(500, $"The script calls the tool '{call.Name}', which the request does not offer.", null, "script_error", "server_error"),
            call.Arguments.Text() ?? call.Arguments?.ToJsonString() ?? "{}"))];
        FinishReason = reply.FinishReason ?? (cut ? "length" : ToolCalls.Count > 0 ? "tool_calls" : "stop");
        PromptTokens = reply.PromptTokens ?? request.PromptTokens;
        CompletionTokens = reply.CompletionTokens ?? Pieces.Count + ToolCalls.Sum(c => Tokens.Count(c.Name) + Tokens.Count(c.Arguments) + 3);
    }

    public string Id { get; }

    public long Created { get; }

    public string Model { get; }

    public List<string> Pieces { get; }

    public List<Called> ToolCalls { get; }

    public string FinishReason { get; }

    public int PromptTokens { get; }

    public int CompletionTokens { get; }

    public JsonObject Usage => new()
    {
        ["prompt_tokens"] = PromptTokens,
        ["completion_tokens"] = CompletionTokens,
        ["total_tokens"] = PromptTokens + CompletionTokens,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 0, ["audio_tokens"] = 0 },
        ["completion_tokens_details"] = new JsonObject
        {
            ["reasoning_tokens"] = 0, ["audio_tokens"] = 0, ["accepted_prediction_tokens"] = 0, ["rejected_prediction_tokens"] = 0,
        },
    };

    /// <summary>The whole answer as one object.</summary>
    public JsonObject Whole()
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = Pieces.Count == 0 && ToolCalls.Count > 0 ? null : string.Concat(Pieces),
            ["refusal"] = null,
            ["annotations"] = new JsonArray(),
        };
        if (ToolCalls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. ToolCalls.Select(c => new JsonObject
            {
                ["id"] = c.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = c.Name, ["arguments"] = c.Arguments },
            })]);
        }

        return new JsonObject
        {
            ["id"] = Id,
            ["object"] = "chat.completion",
            ["created"] = Created,
            ["model"] = Model,
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["logprobs"] = null, ["finish_reason"] = FinishReason }),
            ["usage"] = Usage,
            ["service_tier"] = "default",
            ["system_fingerprint"] = "fp_steward_sim",
        };
    }

    /// <summary>The deltas of a stream in their order: role, text piece by piece, each tool call with its arguments in fragments.</summary>
    public IEnumerable<string> Deltas()
    {
        yield return """{"role":"assistant","content":""" + (Pieces.Count == 0 && ToolCalls.Count > 0 ? "null" : "\"\"") + ""","refusal":null}""";
        foreach (var piece in Pieces)
        {
            yield return $$"""{"content":{{Quote(piece)}}}""";
        }

        for (var i = 0; i < ToolCalls.Count; i++)
        {
            var (call, index) = (ToolCalls[i], i.ToString(CultureInfo.InvariantCulture));
            yield return $$$"""{"tool_calls":[{"index":{{{index}}},"id":{{{Quote(call.Id)}}},"type":"function","function":{"name":{{{Quote(call.Name)}}},"arguments":""}}]}""";
            for (var at = 0; at < call.Arguments.Length;)
            {
                var length = Math.Min(ArgumentFragment, call.Arguments.Length - at);
                if (at + length < call.Arguments.Length && char.IsHighSurrogate(call.Arguments[at + length - 1]))
                {
                    length++;
                }

                yield return $$$"""{"tool_calls":[{"index":{{{index}}},"function":{"arguments":{{{Quote(call.Arguments.Substring(at, length))}}}}}]}""";
                at += length;
            }
        }
    }

    /// <summary>One event of the stream.</summary>
    public string Chunk(string delta, string? finishReason, bool usageFollows) =>
        $"{Head()}\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{(finishReason is null ? "null" : Quote(finishReason))}}}]{(usageFollows ? ",\"usage\":null" : "")}}}\n\n";

    public string UsageChunk() => $"{Head()}\"choices\":[],\"usage\":{Usage.ToJsonString()}}}\n\n";

    private string Head() =>
        $"data: {{\"id\":{Quote(Id)},\"object\":\"chat.completion.chunk\",\"created\":{Created.ToString(CultureInfo.InvariantCulture)},\"model\":{Quote(Model)},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_steward_sim\",";

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    internal sealed record Called(string Id, string Name, string Arguments);
}
