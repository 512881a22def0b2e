using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Security.Webhooks;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>Reads the body of <c>/chat/completions</c>.</summary>
internal static partial class ChatRequestReader
{
    public const int MaxMessages = 2_000;
    public const int MaxTools = 128;
    public const int MaxStops = 4;
    private const int MaxParts = 256;
    private const int MaxMetadata = 16;

    private static readonly string[] Harmless = ["auto", "default"];

    /// <summary>Reads it.</summary>
    /// <exception cref="StewardException">It names the parameter that is wrong or not supported.</exception>
    public static ModelRequest Read(JsonElement body)
    {
        var fields = new JsonFields(body);
        fields.Only(
            "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "response_format", "temperature", "top_p", "stop", "seed", "max_tokens", "max_completion_tokens", "n", "stream", "stream_options",
            "frequency_penalty", "presence_penalty", "reasoning_effort", "user", "metadata", "logprobs", "top_logprobs", "store", "service_tier", "safety_identifier", "prompt_cache_key", "modalities", "logit_bias");
        fields.Refuse("n", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n == 1, "must be 1: one answer is made for each request.");
        fields.Refuse("logprobs", value => value.ValueKind == JsonValueKind.False, "must be false: probabilities of tokens are not given.");
        fields.Refuse("top_logprobs", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var top) && top == 0, "must be left out: probabilities of tokens are not given.");
        fields.Refuse("store", value => value.ValueKind == JsonValueKind.False, "must be false: completions are not stored.");
        fields.Refuse("service_tier", value => value.ValueKind == JsonValueKind.String && Harmless.Contains(value.GetString()), "must be auto or left out.");
        fields.Refuse("modalities", value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => JsonFields.IsText(item, "text")), "must be [\"text\"].");
        fields.Refuse("logit_bias", value => value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any(), "is not supported.");
        var stream = fields.Flag("stream") ?? false;
        var options = StreamOptions(fields, stream, "include_usage", "include_obfuscation");
        var (choice, required) = ToolChoice(fields, isFlat: false);
        var chat = Common(fields) with
        {
            Messages = Messages(fields),
            Tools = [.. fields.Objects("tools", MaxTools).Select(ToTool)],
            ToolChoice = choice,
            RequiredTool = required,
            Format = Format(fields),
            MaxOutputTokens = (int?)(fields.Whole("max_completion_tokens", 1, int.MaxValue) ?? fields.Whole("max_tokens", 1, int.MaxValue)),
            FrequencyPenalty = fields.Number("frequency_penalty", -2, 2),
            PresencePenalty = fields.Number("presence_penalty", -2, 2),
            Seed = fields.Whole("seed", long.MinValue, long.MaxValue),
            Stop = fields.Texts("stop", MaxStops),
            ReasoningEffort = fields.OneOf("reasoning_effort", "minimal", "low", "medium", "high"),
        };
        Check(chat, fields);
        return new ModelRequest
        {
            Model = fields.Needed("model", 200),
            Chat = chat,
            Stream = stream,
            IncludeUsage = options?.Flag("include_usage") ?? false,
            User = fields.Text("user", 512),
            Metadata = Metadata(fields),
            NotForAgents = NotForAgents(chat),
        };
    }

    /// <summary>What both ways to ask have in common.</summary>
    public static ModelChat Common(JsonFields fields) => new()
    {
        Messages = [],
        Temperature = fields.Number("temperature", 0, 2),
        TopP = fields.Number("top_p", 0, 1),
        AllowParallelToolCalls = fields.Flag("parallel_tool_calls"),
    };

    /// <summary>Who has to be called: a word, or one tool.</summary>
    public static (string Choice, string? Tool) ToolChoice(JsonFields fields, bool isFlat)
    {
        if (fields.Any("tool_choice") is not { ValueKind: JsonValueKind.Object })
        {
            return (fields.OneOf("tool_choice", "auto", "none", "required") ?? "auto", null);
        }

        var choice = fields.Object("tool_choice")!.Value;
        choice.OneOf("type", "function");
        return ("tool", isFlat ? choice.Needed("name", 64) : (choice.Object("function") ?? throw choice.Invalid("function", "is required.")).Needed("name", 64));
    }

    /// <summary>What cannot be said together.</summary>
    public static void Check(ModelChat chat, JsonFields fields)
    {
        if (chat.RequiredTool is { } required && chat.Tools.All(tool => tool.Name != required))
        {
            throw fields.Invalid("tool_choice", $"names the tool '{required}', which is not among tools.");
        }

        if (chat.ToolChoice == "required" && chat.Tools.Count == 0)
        {
            throw fields.Invalid("tool_choice", "demands a tool, and there are none.");
        }

        if (chat.Tools.GroupBy(tool => tool.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw fields.Invalid("tools", $"has the name '{twice.Key}' twice.");
        }
    }

    /// <summary>Texts of the caller, for chargeback.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(JsonFields fields)
    {
        if (fields.Any("metadata") is not { } value)
        {
            return new Dictionary<string, string>();
        }

        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() > MaxMetadata)
        {
            throw fields.Invalid("metadata", $"must be an object of at most {MaxMetadata} strings.");
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            metadata[member.Name] = member.Value.ValueKind == JsonValueKind.String && member.Name.Length is >= 1 and <= 64 && member.Value.GetString()! is { Length: <= 512 } text
                ? text
                : throw fields.Invalid("metadata", "must have names of 1 to 64 and strings of up to 512 characters.");
        }

        return metadata;
    }

    /// <summary>How a stream is written; null where nothing is said.</summary>
    public static JsonFields? StreamOptions(JsonFields fields, bool stream, params ReadOnlySpan<string> known)
    {
        var options = fields.Object("stream_options");
        options?.Only(known);
        foreach (var name in known)
        {
            options?.Flag(name);
        }

        return options is null || stream ? options : throw fields.Invalid("stream_options", "is for streams only.");
    }

    /// <summary>What an agent decides itself; what says no more than the default does not count.</summary>
    public static string? NotForAgents(ModelChat chat) =>
        chat.Tools.Count > 0 ? "tools"
        : chat.Format is not null ? "response_format"
        : chat.Temperature is not null ? "temperature"
        : chat.TopP is not null ? "top_p"
        : chat.Stop.Count > 0 ? "stop"
        : chat.Seed is not null ? "seed"
        : chat.FrequencyPenalty is not (null or 0) ? "frequency_penalty"
        : chat.PresencePenalty is not (null or 0) ? "presence_penalty"
        : chat.ReasoningEffort is not null ? "reasoning_effort"
        : chat.MaxOutputTokens is not null ? "max_tokens"
        : chat.Messages.Any(message => message.Parts.Count > 0) ? "images"
        : null;

    /// <summary>Refuses an image that no provider takes, and addresses inside of the network: a model of one's own would fetch them from there.</summary>
    public static string ImageUrl(string url, JsonFields fields, string name) =>
        DataImage().IsMatch(url) || (url.Length <= 8_192 && Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && AddressGuard.MayBePublic(address))
            ? url
            : throw fields.Invalid(name, "must be a public https address or data:image/png, jpeg, gif or webp with base64.");

    /// <summary>The name of a tool or schema.</summary>
    public static string Name(JsonFields fields, string name) => fields.Needed(name) is var text && NamePattern().IsMatch(text) ? text : throw fields.Invalid(name, "must be 1 to 64 characters of a-z, A-Z, 0-9, underscore and hyphen.");

    private static List<ModelMessage> Messages(JsonFields fields)
    {
        var messages = fields.Objects("messages", MaxMessages);
        return messages.Count == 0 ? throw fields.Invalid("messages", $"must be a list of 1 to {MaxMessages} messages.") : [.. messages.Select(ToMessage)];
    }

    private static ModelMessage ToMessage(JsonFields message)
    {
        var role = message.OneOf("role", "system", "developer", "user", "assistant", "tool") ?? throw message.Invalid("role", "is required.");
        switch (role)
        {
            case "assistant":
                message.Only("role", "content", "name", "tool_calls", "refusal", "annotations", "reasoning_content");
                var calls = message.Objects("tool_calls", MaxTools).Select(ToToolCall).ToList();
                var said = Content(message, allowsImages: false, isRequired: calls.Count == 0 && message.Text("refusal") is null);
                return new ModelMessage { Role = role, Text = said.Text.Length > 0 ? said.Text : message.Text("refusal") ?? "", ToolCalls = calls };
            case "tool":
                message.Only("role", "content", "tool_call_id", "name");
                return new ModelMessage { Role = role, Text = Content(message, allowsImages: false, isRequired: true).Text, ToolCallId = message.Needed("tool_call_id", 256) };
            default:
                message.Only("role", "content", "name");
                var (text, parts) = Content(message, allowsImages: role == "user", isRequired: true);
                return new ModelMessage { Role = role == "user" ? "user" : "system", Text = text, Parts = parts };
        }
    }

    private static ModelToolCall ToToolCall(JsonFields call)
    {
        call.OneOf("type", "function");
        var function = call.Object("function") ?? throw call.Invalid("function", "is required.");
        return new ModelToolCall { Id = call.Needed("id", 256), Name = function.Needed("name", 64), Arguments = function.Text("arguments") ?? "{}" };
    }

    private static (string Text, IReadOnlyList<ModelPart> Parts) Content(JsonFields message, bool allowsImages, bool isRequired)
    {
        if (message.Any("content") is not { } content)
        {
            return isRequired ? throw message.Invalid("content", "is required.") : ("", []);
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            return (content.GetString()!, []);
        }

        var parts = message.Objects("content", MaxParts).Select(part => ToPart(part, allowsImages)).ToList();
        return (string.Concat(parts.Select(part => part.Text)), parts.Any(part => part.ImageUrl is not null) ? parts : []);
    }

    private static ModelPart ToPart(JsonFields part, bool allowsImages)
    {
        switch (part.Needed("type", 64))
        {
            case "text":
                return new ModelPart { Text = part.Needed("text") };
            case "refusal":
                return new ModelPart { Text = part.Needed("refusal") };
            case "image_url" when allowsImages:
                var image = part.Object("image_url") ?? throw part.Invalid("image_url", "is required.");
                return new ModelPart { ImageUrl = ImageUrl(image.Needed("url"), image, "url"), Detail = image.OneOf("detail", "auto", "low", "high") };
            default:
                throw part.Invalid("type", allowsImages ? "must be text or image_url; audio and files are not supported." : "must be text.");
        }
    }

    private static ModelTool ToTool(JsonFields tool)
    {
        if (tool.Needed("type", 64) != "function")
        {
            throw tool.Invalid("type", "must be function.");
        }

        var function = tool.Object("function") ?? throw tool.Invalid("function", "is required.");
        return new ModelTool
        {
            Name = Name(function, "name"),
            Description = function.Text("description", 8_192) ?? "",
            Parameters = function.Raw("parameters") ?? """{"type":"object","properties":{}}""",
            IsStrict = function.Flag("strict"),
        };
    }

    private static ModelFormat? Format(JsonFields fields)
    {
        if (fields.Object("response_format") is not { } format)
        {
            return null;
        }

        switch (format.OneOf("type", "text", "json_object", "json_schema"))
        {
            case "json_object":
                return new ModelFormat();
            case "json_schema":
                var schema = format.Object("json_schema") ?? throw format.Invalid("json_schema", "is required.");
                return new ModelFormat { Schema = schema.Raw("schema") ?? throw schema.Invalid("schema", "is required."), Name = Name(schema, "name"), Description = schema.Text("description", 4_096), IsStrict = schema.Flag("strict") };
            default:
                return null;
        }
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\Adata:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DataImage();
}
