using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.ModelSim;

/// <summary>A request that the API refuses.</summary>
internal sealed class ApiException(int status, string message, string? param = null, string? code = null, string type = "invalid_request_error") : Exception(message)
{
    public int Status => status;

    public JsonObject Body => new()
    {
        ["error"] = new JsonObject { ["message"] = Message, ["type"] = type, ["param"] = param, ["code"] = code },
    };

    public int? RetryAfterSeconds { get; init; }
}

/// <summary>A chat completion request, checked as the API checks it.</summary>
internal sealed class ChatRequest
{
    private static readonly HashSet<string> Known =
    [
        "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "response_format", "n", "max_tokens",
        "max_completion_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty", "stop", "seed", "user", "logit_bias", "logprobs",
        "top_logprobs", "metadata", "store", "service_tier", "reasoning_effort", "verbosity", "prediction", "modalities", "audio", "functions",
        "function_call", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "web_search_options",
    ];

    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool", "function"];

    public ChatRequest(JsonObject body, IReadOnlyList<string> models)
    {
        foreach (var (name, _) in body)
        {
            if (!Known.Contains(name))
            {
                throw new ApiException(400, $"Unknown parameter: '{name}'.", name, "unknown_parameter");
            }
        }

        Model = Checks.Model(body, models);
        Stream = Flag(body, "stream") ?? false;
        IncludeUsage = body["stream_options"] is JsonObject options && (Flag(options, "include_usage") ?? false);
        if (body["stream_options"] is not null && !Stream)
        {
            throw new ApiException(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
        }

        if (Number(body, "n", 1, 128) is > 1)
        {
            throw new ApiException(400, "This simulator answers with one choice: 'n' must be 1.", "n", "unsupported_value");
        }

        Number(body, "temperature", 0, 2);
        MaxTokens = (int?)(Number(body, "max_completion_tokens", 1, int.MaxValue) ?? Number(body, "max_tokens", 1, int.MaxValue));
        ParallelToolCalls = Flag(body, "parallel_tool_calls") ?? true;
        if (body["response_format"] is { } format && (format as JsonObject)?["type"].Text() is not ("text" or "json_object" or "json_schema"))
        {
            throw new ApiException(400, "Invalid value for 'response_format.type'. Supported values are: 'json_object', 'json_schema', and 'text'.", "response_format.type", "invalid_value");
        }

        Tools = ReadTools(body);
        ToolChoice = body["tool_choice"].Text() ?? "auto";
        ReadMessages(body);
        PromptTokens = Texts.Sum(t => Tokens.Count(t) + 4) + (body["tools"] is { } tools ? Tokens.Count(tools.ToJsonString()) : 0) + 3;
    }

    public string Model { get; }

    public bool Stream { get; }

    public bool IncludeUsage { get; }

    public int? MaxTokens { get; }

    public bool ParallelToolCalls { get; }

    public string ToolChoice { get; }

    public IReadOnlySet<string> Tools { get; }

    public List<string> Texts { get; } = [];

    public string LastRole { get; private set; } = "";

    public string LastText => Texts[^1];

    public string LastUserText { get; private set; } = "";

    public int Turn { get; private set; } = 1;

    public int Step { get; private set; } = 1;

    public int PromptTokens { get; }

    /// <summary>
    /// Reads the messages and checks what clients get wrong most often: every tool call of an assistant message must be answered by
    /// a tool message before anything else follows, and a tool message must answer such a call.
    /// </summary>
    private void ReadMessages(JsonObject body)
    {
        if (body["messages"] is not JsonArray messages)
        {
            throw new ApiException(400, "Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
        }

        if (messages.Count == 0)
        {
            throw new ApiException(400, "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages", "empty_array");
        }

        var open = new HashSet<string>();
        for (var i = 0; i < messages.Count; i++)
        {
            var at = $"messages[{i.ToString(CultureInfo.InvariantCulture)}]";
            if (messages[i] is not JsonObject message || message["role"].Text() is not { } role || !Roles.Contains(role))
            {
                throw new ApiException(400, $"Invalid value for '{at}.role'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", $"{at}.role", "invalid_value");
            }

            if (role == "tool")
            {
                if (message["tool_call_id"].Text() is not { } id || !open.Remove(id))
                {
                    throw new ApiException(400, "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", $"{at}.role");
                }
            }
            else if (open.Count > 0)
            {
                throw Unanswered(open, at);
            }

            Read(message, role, at, open);
        }

        if (open.Count > 0)
        {
            throw Unanswered(open, "messages");
        }
    }

    private void Read(JsonObject message, string role, string at, HashSet<string> open)
    {
        var text = ContentOf(message, at, optional: role == "assistant");
        Texts.Add(text);
        LastRole = role;
        if (role == "user")
        {
            LastUserText = text;
            Step = 1;
        }
        else if (role == "assistant")
        {
            Turn++;
            Step++;
            foreach (var call in message["tool_calls"] as JsonArray ?? [])
            {
                open.Add((call as JsonObject)?["id"].Text() ?? throw new ApiException(400, $"Missing required parameter: '{at}.tool_calls[0].id'.", $"{at}.tool_calls[0].id", "missing_required_parameter"));
            }

            if (message["content"] is null && open.Count == 0)
            {
                throw new ApiException(400, $"Invalid value for '{at}.content': expected a string, got null.", $"{at}.content");
            }
        }
    }

    private static string ContentOf(JsonObject message, string at, bool optional) => message["content"] switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonArray parts => string.Concat(parts.Select(p => (p as JsonObject)?["text"].Text() ?? "")),
        null when optional => "",
        _ => throw new ApiException(400, $"Invalid type for '{at}.content': expected one of a string or array of objects.", $"{at}.content", "invalid_type"),
    };

    private static ApiException Unanswered(IEnumerable<string> ids, string at) => new(
        400, $"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {string.Join(", ", ids)}", $"{at}.role");

    private static HashSet<string> ReadTools(JsonObject body)
    {
        var names = new HashSet<string>();
        foreach (var tool in body["tools"] as JsonArray ?? [])
        {
            var function = (tool as JsonObject)?["function"] as JsonObject;
            var name = function?["name"].Text();
            if (string.IsNullOrEmpty(name) || name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            {
                throw new ApiException(400, "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "tools[0].function.name", "invalid_value");
            }

            if (function!["parameters"] is { } parameters && (parameters as JsonObject)?["type"].Text() != "object")
            {
                throw new ApiException(400, $"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'.", "tools[0].function.parameters", "invalid_function_parameters");
            }

            names.Add(name);
        }

        return names;
    }

    private static bool? Flag(JsonObject json, string name) => json[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw new ApiException(400, $"Invalid type for '{name}': expected a boolean.", name, "invalid_type"),
    };

    private static double? Number(JsonObject json, string name, double least, double largest)
    {
        if (json[name] is not { } node)
        {
            return null;
        }

        return node.GetValueKind() == JsonValueKind.Number && double.TryParse(node.ToJsonString(), CultureInfo.InvariantCulture, out var value) && value >= least && value <= largest
            ? value
            : throw new ApiException(400, $"Invalid '{name}': expected a number from {least.ToString(CultureInfo.InvariantCulture)} to {largest.ToString(CultureInfo.InvariantCulture)}.", name, "invalid_value");
    }
}

/// <summary>Checks that several operations share.</summary>
internal static class Checks
{
    public static string Model(JsonObject body, IReadOnlyList<string> models)
    {
        if (body["model"].Text() is not { Length: > 0 } model)
        {
            throw new ApiException(400, "you must provide a model parameter");
        }

        return models.Contains(model) ? model : throw new ApiException(404, $"The model `{model}` does not exist or you do not have access to it.", null, "model_not_found");
    }

    /// <summary>A string; null for anything else.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
