using System.Globalization;
using Steward.Engines.Triage.Heads;

namespace Steward.Engines.Triage.Learning;

/// <summary>A way to train a head.</summary>
/// <param name="Cost">The price of an error against the length of the weights.</param>
/// <param name="EmbeddingWeight">How much the embedding counts beside the words; 0 for words alone.</param>
public sealed record HeadCandidate(float Cost, float EmbeddingWeight)
{
    /// <summary>What is tried each night, the simplest first. Without embeddings those with a weight of 0 only.</summary>
    public static IReadOnlyList<HeadCandidate> All { get; } = [new(0.5f, 0), new(0.2f, 0), new(1.2f, 0), new(0.5f, 1), new(0.5f, 2), new(1.2f, 1)];

    /// <summary>Whether it reads embeddings.</summary>
    public bool UsesEmbedding => EmbeddingWeight > 0;

    /// <summary>The options of the trainer.</summary>
    /// <param name="folds">How many parts are judged; 0 for none.</param>
    public TenantHeadOptions Options(int folds) => new() { Cost = Cost, EmbeddingWeight = UsesEmbedding ? EmbeddingWeight : 1, Folds = folds };

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(UsesEmbedding ? $"words and embedding × {EmbeddingWeight:0.#}" : "words")}, cost {Cost:0.##}");
}

/// <summary>What a head that was trained without a ticket said of it.</summary>
/// <param name="Answer">Its answer.</param>
/// <param name="Confidence">The probability of the answer.</param>
/// <param name="Own">The probability of the ticket's label.</param>
public readonly record struct HeldOutAnswer(string Answer, double Confidence, double Own);

/// <summary>How good a way to train is.</summary>
/// <param name="Candidate">The way.</param>
/// <param name="Accuracy">The share of tickets, by weight, that heads trained without them had right.</param>
/// <param name="Answers">What was said of each ticket, in their order.</param>
public sealed record CandidateScore(HeadCandidate Candidate, double Accuracy, IReadOnlyList<HeldOutAnswer> Answers);
