using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Decisions;

/// <summary>What is to be found out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentKind>))]
public enum ExperimentKind
{
    /// <summary>Which variant is better.</summary>
    Experiment,

    /// <summary>Whether a new variant does no harm while its share grows.</summary>
    Canary,
}

/// <summary>What a metric's values are.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MetricKind>))]
public enum MetricKind
{
    /// <summary>1 for a unit that failed, 0 for one that did not.</summary>
    Failure,

    /// <summary>A figure of each unit.</summary>
    Mean,
}

/// <summary>An experiment or canary as it was fixed before the start; decisions go by it and by what was observed, and by nothing else. Immutable.</summary>
public sealed record ExperimentPlan
{
    /// <summary>What is to be found out.</summary>
    public ExperimentKind Kind { get; init; }

    /// <summary>The shares of the variants of all units, the control first; each above 0, together at most 1. A canary has two variants, and its shares are those of the stage.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.5, 0.5];

    /// <summary>What is observed of each unit.</summary>
    public required IReadOnlyList<MetricPlan> Metrics { get; init; }

    /// <summary>How often all decisions of the experiment together may be wrong: 0.05 is the <c>e ≥ 20</c> of a canary.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>The fewest units of each variant before a winner is named. Harm and a wrong division are acted on at once: their evidence holds for any number.</summary>
    public long MinimumUnits { get; init; } = 100;

    /// <summary>The shortest time before a winner is named; longer than the day's or week's round, if it matters.</summary>
    public TimeSpan MinimumDuration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>After which time an experiment ends without a winner, and a canary's stage with a roll-back.</summary>
    public TimeSpan MaximumDuration { get; init; } = TimeSpan.FromDays(28);

    /// <summary>Whether all units here get the same variant, so that there is nothing to compare: nothing is decided, and it ends without a winner after <see cref="MaximumDuration"/>. Default false.</summary>
    public bool IsOnlyAssigned { get; init; }

    /// <summary>A canary's stages before it answers everything.</summary>
    public IReadOnlyList<CanaryStage> Stages { get; init; } = [new() { Share = 0.05, MarginFactor = 2 }, new() { Share = 0.25 }];

    /// <summary>The variants' shares at a stage.</summary>
    public IReadOnlyList<double> SharesAt(int stage) => Kind == ExperimentKind.Canary ? [1 - Stages[stage].Share, Stages[stage].Share] : Shares;
}

/// <summary>A stage of a canary.</summary>
public sealed record CanaryStage
{
    /// <summary>The canary's share of all units, above 0 and below 1.</summary>
    public required double Share { get; init; }

    /// <summary>What the metrics' margins are multiplied by: early stages prove less, with fewer units.</summary>
    public double MarginFactor { get; init; } = 1;

    /// <summary>The fewest units of either side.</summary>
    public long MinimumUnits { get; init; } = 50;

    /// <summary>The shortest time.</summary>
    public TimeSpan MinimumDuration { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>A metric of an experiment.</summary>
public sealed record MetricPlan
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What its values are.</summary>
    public MetricKind Kind { get; init; } = MetricKind.Mean;

    /// <summary>Whether more is better. Default: less is.</summary>
    public bool HigherIsBetter { get; init; }

    /// <summary>What values are cut off at; below 0 they are 0. Fixed before the start, for what is shown holds for the values so cut. Default 1.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>By how much, in the metric's own unit, a canary may be worse and still be promoted; null does not ask for a proof.</summary>
    public double? Margin { get; init; }

    /// <summary>How much of <see cref="ExperimentPlan.Alpha"/> it gets, in proportion to the other metrics.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether the experiment is about it. Others are guards: a variant that harms them does not win.</summary>
    public bool IsPrimary { get; init; }

    /// <summary>
    /// By how much a judge shrinks differences: the sum of the shares of good and of bad answers that it recognises, less 1 (Rogan and Gladen, 1978); 1 for what is measured without error. The margin is shrunk in the same way.
    /// </summary>
    public double Attenuation { get; init; } = 1;

    internal double Scale(double value) => Math.Clamp(value / Clip, 0, 1);

    internal double? ScaledMargin(double factor) => Margin is { } margin ? Math.Min(0.99, margin * factor * Attenuation / Clip) : null;
}
