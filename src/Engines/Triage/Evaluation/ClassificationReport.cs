namespace Steward.Engines.Triage.Evaluation;

/// <summary>How good a model is on texts whose labels are known.</summary>
public sealed record ClassificationReport
{
    /// <summary>The texts.</summary>
    public required long Count { get; init; }

    /// <summary>The share of right answers.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The mean over all labels that occur, as truth or as answer, of the harmonic mean of precision and recall; a label without a right answer counts 0.</summary>
    public required double MacroF1 { get; init; }

    /// <summary>The share of texts whose label is the answer or among the model's first three.</summary>
    public required double TopThree { get; init; }

    /// <summary>
    /// Expected calibration error: the mean distance of confidence and accuracy over 15 bins of equal width, weighted by how many texts are in each (Guo et al., On Calibration of Modern Neural Networks, 2017).
    /// </summary>
    public required double CalibrationError { get; init; }

    /// <summary>The bands of confidence, the highest first. Together they hold every text; refusals are in the lowest, for nothing is routed or proposed by them.</summary>
    public required IReadOnlyList<BandReport> Bands { get; init; }

    /// <summary>What routing from each of several confidences on would give, the lowest first. Refusals are never routed.</summary>
    public required IReadOnlyList<ThresholdReport> Thresholds { get; init; }

    /// <summary>The labels, those with the most texts first.</summary>
    public required IReadOnlyList<LabelReport> Labels { get; init; }
}

/// <summary>How good a model is where its confidence lies within bounds.</summary>
/// <param name="From">The least confidence.</param>
/// <param name="Below">What the confidence is below; null for the highest band.</param>
/// <param name="Count">The texts.</param>
/// <param name="Coverage">Their share of all.</param>
/// <param name="Precision">The share of right answers among them; null when there are none.</param>
public readonly record struct BandReport(double From, double? Below, long Count, double Coverage, double? Precision);

/// <summary>How good a model is where it is at least so sure.</summary>
/// <param name="Threshold">The least confidence.</param>
/// <param name="Coverage">The share of texts, of all, that are answered with it.</param>
/// <param name="Precision">The share of right answers among them; null when there are none.</param>
public readonly record struct ThresholdReport(double Threshold, double Coverage, double? Precision);

/// <summary>How good a model is for one label.</summary>
/// <param name="Label">The label.</param>
/// <param name="Count">The texts that have it.</param>
/// <param name="Answered">The texts for which it was the answer.</param>
/// <param name="Right">The texts for which both are so.</param>
public readonly record struct LabelReport(string Label, long Count, long Answered, long Right)
{
    /// <summary>The share of right ones among the answers; null without answers.</summary>
    public double? Precision => Answered == 0 ? null : (double)Right / Answered;

    /// <summary>The share of right ones among the texts; null without texts.</summary>
    public double? Recall => Count == 0 ? null : (double)Right / Count;

    /// <summary>The harmonic mean of precision and recall; 0 without a right answer.</summary>
    public double F1 => Count + Answered == 0 ? 0 : 2d * Right / (Count + Answered);
}
