using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>A prompt: those of the parent and what was added to it. docs/decisions/0008-prompts-by-hash.md describes the format.</summary>
internal sealed record PromptNode
{
    public string? Parent { get; init; }

    public required IReadOnlyList<string> Messages { get; init; }

    public string? Tools { get; init; }

    public bool? AllowToolCalls { get; init; }
}

/// <summary>One message; a long text is stored by its own hash, so that it is shared with whatever else refers to it.</summary>
internal sealed record PromptMessage
{
    /// <summary>The longest text that stands in the message itself, in UTF-16 units.</summary>
    public const int MaxInline = 256;

    public required string Role { get; init; }

    public string? Text { get; init; }

    public string? TextHash { get; init; }

    public IReadOnlyList<PromptToolCall>? ToolCalls { get; init; }

    public string? ToolCallId { get; init; }
}

internal sealed record PromptToolCall(string Id, string Name, string Arguments);

internal sealed record PromptTool(string Name, string Description, JsonElement Parameters);

internal static class PromptRoles
{
    public static string Name(ChatRole role) => role switch
    {
        ChatRole.System => "system",
        ChatRole.User => "user",
        ChatRole.Assistant => "assistant",
        _ => "tool",
    };

    public static ChatRole Read(string name) => name switch
    {
        "system" => ChatRole.System,
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "tool" => ChatRole.Tool,
        _ => throw new PromptFormatException($"There is no role '{name}'."),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PromptNode))]
[JsonSerializable(typeof(PromptMessage))]
[JsonSerializable(typeof(IReadOnlyList<PromptTool>))]
internal sealed partial class PromptJsonContext : JsonSerializerContext;
