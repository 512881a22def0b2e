using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>A request of the endpoint for an answer in words, read and checked.</summary>
internal sealed record ModelRequest
{
    /// <summary>What was asked for, as the caller named it.</summary>
    public required string Model { get; init; }

    /// <summary>What is asked.</summary>
    public required ModelChat Chat { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether a stream ends with the tokens.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The caller's <c>user</c>.</summary>
    public string? User { get; init; }

    /// <summary>The caller's <c>metadata</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The instructions, which a response repeats; null where there are none, and for chat completions.</summary>
    public string? Instructions { get; init; }

    /// <summary>Parameters that an agent decides itself, by name; a request to an agent that sets one is refused.</summary>
    public string? NotForAgents { get; init; }
}

/// <summary>What a model's name of the endpoint means.</summary>
/// <param name="Call">What the pipeline is asked for; null for an agent.</param>
/// <param name="Agent">The agent; empty for the default one, null for a model.</param>
internal sealed record ModelTargetOf(string? Call, string? Agent)
{
    private const string Own = "steward/";
    private const string AgentPrefix = "steward/agent/";

    /// <summary>Reads a name.</summary>
    /// <exception cref="Errors.StewardException"><c>model_missing</c> for a name that means nothing.</exception>
    public static ModelTargetOf Parse(string model) => model switch
    {
        "steward/auto" => new ModelTargetOf("auto", null),
        "steward/fast" => new ModelTargetOf("small", null),
        "steward/mid" => new ModelTargetOf("standard", null),
        "steward/power" => new ModelTargetOf("large", null),
        "steward/agent" => new ModelTargetOf(null, ""),
        _ when model.StartsWith(AgentPrefix, StringComparison.Ordinal) && model.Length > AgentPrefix.Length => new ModelTargetOf(null, model[AgentPrefix.Length..]),
        _ when !model.StartsWith(Own, StringComparison.Ordinal) && model.IndexOf('/', StringComparison.Ordinal) is var slash && slash > 0 && slash < model.Length - 1 => new ModelTargetOf(model, null),
        _ => throw new Errors.StewardException("model_missing", $"There is no model '{(model.Length > 100 ? model[..100] : model)}'. GET /openai/v1/models lists what there is.") { Field = "model" },
    };

    /// <summary>How a tier is called outside.</summary>
    public static string TierName(string? tier) => tier switch
    {
        "small" => "fast",
        "standard" => "mid",
        "large" => "power",
        _ => "named",
    };
}
