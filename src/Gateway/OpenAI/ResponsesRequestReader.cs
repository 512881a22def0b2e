using System.Text.Json;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>Reads the body of <c>/responses</c>. What would need a memory between requests is refused.</summary>
internal static class ResponsesRequestReader
{
    private const int MaxParts = 256;

    /// <summary>Reads it.</summary>
    /// <exception cref="StewardException">It names the parameter that is wrong or not supported.</exception>
    public static ModelRequest Read(JsonElement body)
    {
        var fields = new JsonFields(body);
        fields.Only(
            "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "temperature", "top_p", "max_output_tokens", "stream", "stream_options", "metadata", "user", "reasoning", "truncation", "include",
            "store", "previous_response_id", "conversation", "background", "service_tier", "safety_identifier", "prompt_cache_key", "top_logprobs");
        fields.Refuse("previous_response_id", _ => false, "is not supported: responses are not kept. Send the whole conversation as input.");
        fields.Refuse("conversation", _ => false, "is not supported: conversations are not kept. Send the whole conversation as input, or use /v1/sessions.");
        fields.Refuse("store", value => value.ValueKind == JsonValueKind.False, "must be false: responses are not kept.");
        fields.Refuse("background", value => value.ValueKind == JsonValueKind.False, "must be false: responses are not kept. An agent's run goes on by itself.");
        fields.Refuse("include", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0, "must be empty.");
        fields.Refuse("truncation", value => JsonFields.IsText(value, "disabled"), "must be disabled.");
        fields.Refuse("service_tier", value => value.ValueKind == JsonValueKind.String && value.GetString() is "auto" or "default", "must be auto or left out.");
        fields.Refuse("top_logprobs", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var top) && top == 0, "must be left out: probabilities of tokens are not given.");
        var stream = fields.Flag("stream") ?? false;
        ChatRequestReader.StreamOptions(fields, stream, "include_obfuscation");
        var (choice, required) = ChatRequestReader.ToolChoice(fields, isFlat: true);
        var reasoning = fields.Object("reasoning");
        reasoning?.Only("effort", "summary");
        reasoning?.Refuse("summary", value => JsonFields.IsText(value, "auto"), "must be auto or left out: what a model thought is not given.");
        var chat = ChatRequestReader.Common(fields) with
        {
            Messages = Messages(fields),
            Tools = [.. fields.Objects("tools", ChatRequestReader.MaxTools).Select(ToTool)],
            ToolChoice = choice,
            RequiredTool = required,
            Format = Format(fields),
            MaxOutputTokens = (int?)fields.Whole("max_output_tokens", 1, int.MaxValue),
            ReasoningEffort = reasoning?.OneOf("effort", "minimal", "low", "medium", "high"),
        };
        ChatRequestReader.Check(chat, fields);
        return new ModelRequest
        {
            Model = fields.Needed("model", 200),
            Chat = chat,
            Stream = stream,
            User = fields.Text("user", 512),
            Metadata = ChatRequestReader.Metadata(fields),
            Instructions = fields.Text("instructions") is { Length: > 0 } instructions ? instructions : null,
            NotForAgents = ChatRequestReader.NotForAgents(chat) switch
            {
                "max_tokens" => "max_output_tokens",
                "response_format" => "text.format",
                "reasoning_effort" => "reasoning.effort",
                var other => other,
            },
        };
    }

    private static List<ModelMessage> Messages(JsonFields fields)
    {
        var messages = new List<ModelMessage>();
        if (fields.Text("instructions") is { Length: > 0 } instructions)
        {
            messages.Add(new ModelMessage { Role = "system", Text = instructions });
        }

        if (fields.Any("input") is not { } input)
        {
            throw fields.Invalid("input", "is required.");
        }

        if (input.ValueKind == JsonValueKind.String)
        {
            messages.Add(new ModelMessage { Role = "user", Text = input.GetString()! });
            return messages;
        }

        var items = fields.Objects("input", ChatRequestReader.MaxMessages);
        if (items.Count == 0)
        {
            throw fields.Invalid("input", "must be a string or a list of items.");
        }

        foreach (var item in items)
        {
            Add(messages, item);
        }

        return messages;
    }

    private static void Add(List<ModelMessage> messages, JsonFields item)
    {
        switch (item.Text("type", 64) ?? "message")
        {
            case "message":
                item.Only("type", "role", "content", "id", "status", "phase");
                var role = item.OneOf("role", "system", "developer", "user", "assistant") ?? throw item.Invalid("role", "is required.");
                var (text, parts) = Content(item, allowsImages: role == "user");
                messages.Add(new ModelMessage { Role = role == "developer" ? "system" : role, Text = text, Parts = parts });
                break;
            case "function_call":
                item.Only("type", "id", "call_id", "name", "arguments", "status");
                var call = new ModelToolCall { Id = item.Needed("call_id", 256), Name = item.Needed("name", 64), Arguments = item.Text("arguments") ?? "{}" };
                // Calls that were made at once, and what was said with them, are one message.
                if (messages.Count > 0 && messages[^1] is { Role: "assistant" } last)
                {
                    messages[^1] = last with { ToolCalls = [.. last.ToolCalls, call] };
                }
                else
                {
                    messages.Add(new ModelMessage { Role = "assistant", ToolCalls = [call] });
                }

                break;
            case "function_call_output":
                item.Only("type", "id", "call_id", "output", "status");
                messages.Add(new ModelMessage { Role = "tool", Text = Output(item), ToolCallId = item.Needed("call_id", 256) });
                break;
            case "reasoning":
                // What a model thought is its provider's; nothing is kept of it here.
                break;
            default:
                throw item.Invalid("type", "must be message, function_call, function_call_output or reasoning.");
        }
    }

    private static string Output(JsonFields item) => item.Any("output") is { ValueKind: JsonValueKind.String } text
        ? text.GetString()!
        : string.Concat(item.Objects("output", MaxParts).Select(part => ToPart(part, allowsImages: false).Text));

    private static (string Text, IReadOnlyList<ModelPart> Parts) Content(JsonFields item, bool allowsImages)
    {
        if (item.Any("content") is not { } content)
        {
            throw item.Invalid("content", "is required.");
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            return (content.GetString()!, []);
        }

        var parts = item.Objects("content", MaxParts).Select(part => ToPart(part, allowsImages)).ToList();
        return (string.Concat(parts.Select(part => part.Text)), parts.Any(part => part.ImageUrl is not null) ? parts : []);
    }

    private static ModelPart ToPart(JsonFields part, bool allowsImages) => part.Needed("type", 64) switch
    {
        "input_text" or "output_text" or "text" => new ModelPart { Text = part.Needed("text") },
        "refusal" => new ModelPart { Text = part.Needed("refusal") },
        "input_image" when allowsImages => new ModelPart { ImageUrl = ChatRequestReader.ImageUrl(part.Needed("image_url"), part, "image_url"), Detail = part.OneOf("detail", "auto", "low", "high") },
        _ => throw part.Invalid("type", allowsImages ? "must be input_text or input_image; audio and files are not supported." : "must be text."),
    };

    private static ModelTool ToTool(JsonFields tool)
    {
        if (tool.Needed("type", 64) != "function")
        {
            throw tool.Invalid("type", "must be function: other tools run at OpenAI only. Agents (steward/agent) bring their own.");
        }

        return new ModelTool
        {
            Name = ChatRequestReader.Name(tool, "name"),
            Description = tool.Text("description", 8_192) ?? "",
            Parameters = tool.Raw("parameters") ?? """{"type":"object","properties":{}}""",
            IsStrict = tool.Flag("strict"),
        };
    }

    private static ModelFormat? Format(JsonFields fields)
    {
        if (fields.Object("text") is not { } text)
        {
            return null;
        }

        text.Only("format", "verbosity");
        text.Refuse("verbosity", value => JsonFields.IsText(value, "medium"), "must be medium or left out: say in the instructions how long answers are to be.");
        if (text.Object("format") is not { } format)
        {
            return null;
        }

        return format.OneOf("type", "text", "json_object", "json_schema") switch
        {
            "json_object" => new ModelFormat(),
            "json_schema" => new ModelFormat
            {
                Schema = format.Raw("schema") ?? throw format.Invalid("schema", "is required."),
                Name = ChatRequestReader.Name(format, "name"),
                Description = format.Text("description", 4_096),
                IsStrict = format.Flag("strict"),
            },
            _ => null,
        };
    }
}
