using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference;

/// <summary>How a request ended.</summary>
public enum InferenceOutcome
{
    /// <summary>With an answer.</summary>
    Done,

    /// <summary>Refused: too much waits. <c>RetryAfter</c> says when to try again.</summary>
    Busy,

    /// <summary>Its deadline passed, or would have before its turn.</summary>
    DeadlinePassed,

    /// <summary>There is nothing to compute with, or the model cannot be loaded.</summary>
    NotAvailable,

    /// <summary>There is no such model.</summary>
    UnknownModel,

    /// <summary>A field is not what is allowed.</summary>
    InvalidInput,

    /// <summary>The run failed.</summary>
    Failed,
}

/// <summary>An answer, or why there is none.</summary>
public sealed record InferenceAnswer<T>
    where T : class
{
    /// <summary>How it ended.</summary>
    public required InferenceOutcome Outcome { get; init; }

    /// <summary>The answer, when it is done.</summary>
    public T? Value { get; init; }

    /// <summary>Why there is no answer: names the field and what is allowed where one was wrong.</summary>
    public string? Problem { get; init; }

    /// <summary>When to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    internal static InferenceAnswer<T> Of(T value) => new() { Outcome = InferenceOutcome.Done, Value = value };

    internal static InferenceAnswer<T> Not(InferenceOutcome outcome, string problem, TimeSpan? retryAfter = null) => new() { Outcome = outcome, Problem = problem, RetryAfter = retryAfter };
}

/// <summary>The labels of a text.</summary>
public sealed record Classification
{
    /// <summary>The model's version that answered.</summary>
    public required string Version { get; init; }

    /// <summary>The answer: the most probable label, or the one for texts out of scope.</summary>
    public required string Label { get; init; }

    /// <summary>How probable the answer is.</summary>
    public required double Confidence { get; init; }

    /// <summary>Whether the text belongs to no class.</summary>
    public required bool IsOutOfScope { get; init; }

    /// <summary>The label for texts that belong to no class; null for a model without a rule for them.</summary>
    public string? OutOfScopeLabel { get; init; }

    /// <summary>The most probable labels, best first.</summary>
    public required IReadOnlyList<ScoredLabel> Top { get; init; }

    /// <summary>The probability of each label, in the model's order.</summary>
    public required IReadOnlyList<double> Probabilities { get; init; }

    /// <summary>Whether the model saw only the text's beginning.</summary>
    public required bool IsTruncated { get; init; }

    /// <summary>The words that speak most for the answer by the model's linear part, most telling first, as far as they were asked for. None for a text out of scope, and of a model without a linear part.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The model's own thresholds.</summary>
    public ModelThresholds Thresholds { get; init; } = new();
}

/// <summary>What the linear part of a classifier alone says of a text.</summary>
public sealed record LinearClassification
{
    /// <summary>The model's version that answered.</summary>
    public required string Version { get; init; }

    /// <summary>The model's labels.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The most probable label.</summary>
    public required string Label { get; init; }

    /// <summary>How probable that is.</summary>
    public required double Confidence { get; init; }

    /// <summary>The probability of each of <see cref="Labels"/>.</summary>
    public required IReadOnlyList<double> Probabilities { get; init; }

    /// <summary>How probable a label is; 0 for one that the model does not know.</summary>
    public double Of(string label)
    {
        for (var i = 0; i < Labels.Count; i++)
        {
            if (Labels[i] == label)
            {
                return Probabilities[i];
            }
        }

        return 0;
    }
}

/// <summary>A label and its probability.</summary>
public readonly record struct ScoredLabel(string Label, double Probability);

/// <summary>Vectors, in the order of the texts.</summary>
public sealed record Embeddings
{
    /// <summary>The model's version that answered. Vectors of different versions cannot be compared.</summary>
    public required string Version { get; init; }

    /// <summary>The vectors.</summary>
    public required IReadOnlyList<float[]> Vectors { get; init; }
}

/// <summary>Passages, best first.</summary>
public sealed record Reranking
{
    /// <summary>The model's version that answered.</summary>
    public required string Version { get; init; }

    /// <summary>The passages.</summary>
    public required IReadOnlyList<RankedPassage> Passages { get; init; }
}

/// <summary>A passage's place among those of the request, and the model's own score from 0 to 1; passages may be ordered by more than that.</summary>
public readonly record struct RankedPassage(int Index, double Score);
