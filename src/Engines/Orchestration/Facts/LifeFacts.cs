using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>What a run knows when it starts, gathered once; a resumed run uses the same.</summary>
public sealed record ContextGathered : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "context.gathered";

    /// <summary>The conversation before the message, oldest first.</summary>
    public IReadOnlyList<ContextMessage> Conversation { get; init; } = [];

    /// <summary>What was said before these messages, summed up by its own sentences; null when nothing was.</summary>
    public string? Summary { get; init; }
}

/// <summary>One earlier message: its text when it is short, else the hash under which it is stored once.</summary>
public sealed record ContextMessage
{
    /// <summary><c>user</c> or <c>assistant</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The text, when it is short.</summary>
    public string? Text { get; init; }

    /// <summary>The hash of its UTF-8 bytes, when it is long.</summary>
    public string? Hash { get; init; }

    /// <summary>Its length in UTF-16 units.</summary>
    public required int Length { get; init; }
}

/// <summary>A step that was started early on suspicion was not needed. Nothing of it is in the answer.</summary>
public sealed record StepDropped : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "step.dropped";

    /// <summary>The step.</summary>
    public required string StepId { get; init; }

    /// <summary>Why it was not needed, for people.</summary>
    public required string Reason { get; init; }
}

/// <summary>A model call failed after its retries, or was stopped when it had begun to answer.</summary>
public sealed record ModelFailed : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "model.failed";

    /// <summary>Which call of the run it would have been, from 1.</summary>
    public required int Call { get; init; }

    /// <summary>The model that was asked for.</summary>
    public required string Model { get; init; }

    /// <summary>A stable code, <c>model_…</c>; <c>cancelled</c>, <c>deadline</c> or <c>budget</c> when it was stopped, <c>interrupted</c> when its server was.</summary>
    public required string Code { get; init; }

    /// <summary>Why, safe to show.</summary>
    public required string Message { get; init; }

    /// <summary>The prompt.</summary>
    public string? PromptHash { get; init; }

    /// <summary>The hand-off inside which it happened; null for the run itself.</summary>
    public string? Scope { get; init; }

    /// <summary>Tokens read, where the model had begun to answer: estimated from the prompt, unless the provider said it. Null when nothing came.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens written, where the model had begun to answer: estimated from what came, unless the provider said it.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>What both cost in US dollars; null when nothing came, or the price of the model is not known.</summary>
    public decimal? CostUsd { get; init; }
}

/// <summary>A run that had failed for technical reasons stands on the tenant's dead-letter list.</summary>
public sealed record RunDeadLettered : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.dead_lettered";

    /// <summary>Why it failed: the code of its end.</summary>
    public required string Code { get; init; }

    /// <summary>The step that failed; null when it was none.</summary>
    public string? StepId { get; init; }
}

/// <summary>A run that had failed is worked on again from its failed step; it is not over any more.</summary>
public sealed record RunReplayed : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.replayed";

    /// <summary>Who asked for it.</summary>
    public required string By { get; init; }

    /// <summary>Which attempt begins, from 2.</summary>
    public required int Attempt { get; init; }
}
