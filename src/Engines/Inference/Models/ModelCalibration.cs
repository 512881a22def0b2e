namespace Steward.Engines.Inference.Models;

/// <summary>How a classifier's scores become probabilities and answers (<c>calibration.json</c>).</summary>
public sealed record ModelCalibration
{
    /// <summary>What the weighted scores are divided by.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The weight of the encoder's scores.</summary>
    public double EncoderWeight { get; init; } = 1;

    /// <summary>The weight of the linear part's scores, where there is one.</summary>
    public double LinearWeight { get; init; }

    /// <summary>What the linear part's scores are multiplied with where it answers alone (<see cref="IInferenceEngine.Glance"/>): with it their softmax says how probable each label is. 0, the default: it never does.</summary>
    public double LinearAloneWeight { get; init; }

    /// <summary>How often answers of a probability proved right, where one temperature for all does not say it well enough; null: as often as the probability says.</summary>
    public ConfidenceCurve? Confidence { get; init; }

    /// <summary>Of a reranker: the weight of its scores beside those of what found the passages, both brought to mean zero and spread one; null where that was not measured.</summary>
    public double? FusionWeight { get; init; }

    /// <summary>What may be done at which probability.</summary>
    public ModelThresholds Thresholds { get; init; } = new();

    /// <summary>How texts are recognised that belong to no class, where one class stands for these.</summary>
    public OutOfScopeRule? OutOfScope { get; init; }
}

/// <summary>Thresholds that were found on the data of <c>dev</c>.</summary>
public sealed record ModelThresholds
{
    /// <summary>The smallest probability that gave the wanted precision; null where none did.</summary>
    public double? AutoRoute { get; init; }

    /// <summary>The smallest probability that is worth showing as a proposal.</summary>
    public double Review { get; init; } = 0.7;
}

/// <summary>When a text is out of scope.</summary>
public sealed record OutOfScopeRule
{
    /// <summary>The class that stands for it.</summary>
    public required string Label { get; init; }

    /// <summary>What the scores are divided by once more before they are compared.</summary>
    public double Softness { get; init; } = 1;

    /// <summary>The least lead of the best other class.</summary>
    public double Minimum { get; init; }

    /// <summary>From the probability of <see cref="Label"/> to how often a refusal is right, which is then the refusal's confidence; null, the default: one minus the probability of the best other class.</summary>
    public ConfidenceCurve? Confidence { get; init; }
}
