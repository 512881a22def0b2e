namespace Steward.Engines.Models.Budgets;

/// <summary>What one call cost, and whom. Holds no text of prompts or answers.</summary>
public sealed record ModelCostRecord
{
    /// <summary>The call; counts once.</summary>
    public required string CallId { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The person, or null for the platform's own work.</summary>
    public string? UserId { get; init; }

    /// <summary>The person's team.</summary>
    public string? Team { get; init; }

    /// <summary>What of the platform asked.</summary>
    public required string Feature { get; init; }

    /// <summary>The caller's tags.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>What was asked for: a tier, or <c>provider/model</c>.</summary>
    public required string Tier { get; init; }

    /// <summary>The model that answered, as its provider named it; null when none did, or nobody knows.</summary>
    public string? Model { get; init; }

    /// <summary>The provider that answered.</summary>
    public string? Provider { get; init; }

    /// <summary>Tokens read.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public long OutputTokens { get; init; }

    /// <summary>US dollars; null when the price is not known.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Whether tokens or cost were estimated.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>The cache that answered; null when a model did.</summary>
    public string? Cache { get; init; }

    /// <summary><c>completed</c>, <c>aborted</c> or <c>failed</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Code { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public long DurationMs { get; init; }

    /// <summary>The run that asked.</summary>
    public string? RunId { get; init; }

    /// <summary>The prompt's version.</summary>
    public string? PromptVersion { get; init; }

    /// <summary>The conversation; null when none was named.</summary>
    public string? ConversationId { get; init; }

    /// <summary>The variants of experiments, as <c>experiment=variant</c>; null for none.</summary>
    public IReadOnlyList<string>? Variants { get; init; }

    /// <summary>See <see cref="AnswerProof"/>; null when there was no text.</summary>
    public string? Proof { get; init; }
}

/// <summary>Takes cost records.</summary>
public interface IModelCostSink
{
    /// <summary>Takes one; it is written in the background. Returns at once.</summary>
    void Record(string tenantId, ModelCostRecord record);
}
