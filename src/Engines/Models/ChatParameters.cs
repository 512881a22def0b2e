using System.Text.Json;

namespace Steward.Engines.Models;

/// <summary>A part of a message.</summary>
public abstract record ChatPart
{
    private protected ChatPart()
    {
    }
}

/// <summary>Text in a message.</summary>
/// <param name="Text">The text.</param>
public sealed record ChatTextPart(string Text) : ChatPart;

/// <summary>An image in a message.</summary>
/// <param name="Url">Its address (https), which the provider fetches, or a <c>data:</c> URL with base64.</param>
/// <param name="Detail"><c>low</c>, <c>high</c> or <c>auto</c>; null is the provider's default.</param>
public sealed record ChatImagePart(string Url, string? Detail = null) : ChatPart;

/// <summary>The form of an answer.</summary>
public sealed record ChatFormat
{
    /// <summary>The JSON Schema that the answer keeps to; null is any JSON object.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>The schema's name; <c>^[a-zA-Z0-9_-]{1,64}$</c>. Default <c>answer</c>.</summary>
    public string Name { get; init; } = "answer";

    /// <summary>What the form is for, for the model.</summary>
    public string? Description { get; init; }

    /// <summary>Whether the answer keeps to the schema by construction; null is the provider's default.</summary>
    public bool? IsStrict { get; init; }
}

/// <summary>How the next token is drawn. Null is the provider's default.</summary>
public sealed record ChatSampling
{
    /// <summary>All defaults.</summary>
    public static ChatSampling Default { get; } = new();

    /// <summary>0 to 2.</summary>
    public double? Temperature { get; init; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary>−2 to 2.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>−2 to 2.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>Asks for the same answer to the same request, as far as the provider can.</summary>
    public long? Seed { get; init; }

    /// <summary>Up to four texts that end the answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>How much a model thinks before it answers: <c>minimal</c>, <c>low</c>, <c>medium</c> or <c>high</c>.</summary>
    public string? ReasoningEffort { get; init; }
}
