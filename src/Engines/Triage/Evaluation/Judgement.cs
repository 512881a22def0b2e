namespace Steward.Engines.Triage.Evaluation;

/// <summary>What a model said of a text whose label is known.</summary>
/// <param name="Label">The true label.</param>
/// <param name="Answer">The model's answer.</param>
/// <param name="Confidence">The probability that the model gives its answer, 0 to 1.</param>
/// <param name="Top">The model's best labels, best first; counted are the first three.</param>
public readonly record struct Judgement(string Label, string Answer, double Confidence, IReadOnlyList<string> Top)
{
    /// <summary>Whether the model refused: it says that the text belongs to none of its classes, and nothing is routed by that, however sure it is.</summary>
    public bool IsOutOfScope { get; init; }

    /// <summary>Whether the answer is the label.</summary>
    public bool IsRight => string.Equals(Label, Answer, StringComparison.Ordinal);
}
