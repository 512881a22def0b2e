using System.Text.Json.Serialization;
using Steward.Engines.Experiments.Sequential;

namespace Steward.Engines.Experiments.Decisions;

/// <summary>One independent unit that was observed: a conversation, or a tenant for a while.</summary>
/// <param name="Variant">The variant's index; 0 is the control.</param>
/// <param name="Values">The value of each metric of the plan, in its order; null where there is none.</param>
/// <param name="IsLate">Whether the unit was counted before, and only these values came later.</param>
public readonly record struct ObservedUnit(int Variant, IReadOnlyList<double?> Values, bool IsLate = false);

/// <summary>What was observed of an experiment, folded: of a size that does not grow with the units. Not for several threads.</summary>
public sealed class ExperimentEvidence
{
    /// <summary>The stage, from 0.</summary>
    public int Stage { get; set; }

    /// <summary>When the stage began.</summary>
    public DateTimeOffset Since { get; set; }

    /// <summary>When the experiment began.</summary>
    public DateTimeOffset Began { get; set; }

    /// <summary>The units of each variant at this stage.</summary>
    public long[] Units { get; set; } = [];

    /// <summary>The comparisons of each variant with the control, from variant 1.</summary>
    public List<VariantEvidence> Variants { get; set; } = [];

    /// <summary>The evidence of harm of the stages that are over, each with its weight.</summary>
    public double EarlierHarm { get; set; }

    /// <summary>Begins with nothing.</summary>
    public static ExperimentEvidence Begin(ExperimentPlan plan, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var evidence = new ExperimentEvidence { Began = now };
        evidence.BeginStage(plan, 0, now);
        return evidence;
    }

    /// <summary>Goes on to a canary's next stage: with evidence of its own, while that of the one before stands.</summary>
    public void NextStage(ExperimentPlan plan, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        EarlierHarm += Variants[0].Harm(plan) / plan.Stages.Count;
        BeginStage(plan, Stage + 1, now);
    }

    /// <summary>Adds a unit.</summary>
    public void Add(ExperimentPlan plan, in ObservedUnit unit)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (unit.Variant < 0 || unit.Variant >= Units.Length || unit.Values.Count != plan.Metrics.Count)
        {
            throw new ArgumentException("The unit is not one of this plan.", nameof(unit));
        }

        Units[unit.Variant] += unit.IsLate ? 0 : 1;
        var shares = plan.SharesAt(Stage);
        var factor = plan.Kind == ExperimentKind.Canary ? plan.Stages[Stage].MarginFactor : 1;
        for (var i = 0; i < Variants.Count; i++)
        {
            if (unit.Variant == 0 || unit.Variant == i + 1)
            {
                Variants[i].Add(plan, unit, shares[i + 1] / (shares[0] + shares[i + 1]), factor);
            }
        }
    }

    private void BeginStage(ExperimentPlan plan, int stage, DateTimeOffset now)
    {
        var variants = plan.SharesAt(stage).Count;
        (Stage, Since, Units) = (stage, now, new long[variants]);
        Variants = [.. Enumerable.Range(1, variants - 1).Select(_ => new VariantEvidence { Metrics = [.. plan.Metrics.Select(_ => new MetricEvidence())] })];
    }
}

/// <summary>A variant against the control.</summary>
public sealed class VariantEvidence
{
    /// <summary>By metric, in the plan's order.</summary>
    public List<MetricEvidence> Metrics { get; set; } = [];

    /// <summary>The evidence that the variant harms any of the metrics: their evidence, each with its weight. Where it harms none, it ever reaches 1/α with a probability of at most α.</summary>
    public double Harm(ExperimentPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var (sum, weights) = (0d, 0d);
        for (var i = 0; i < Metrics.Count; i++)
        {
            sum += plan.Metrics[i].Weight * Metrics[i].Harm(plan.Metrics[i]);
            weights += plan.Metrics[i].Weight;
        }

        return sum / weights;
    }

    internal void Add(ExperimentPlan plan, in ObservedUnit unit, double share, double marginFactor)
    {
        for (var i = 0; i < Metrics.Count; i++)
        {
            if (unit.Values[i] is { } value)
            {
                Metrics[i].Add(plan.Metrics[i], value, unit.Variant != 0, share, marginFactor);
            }
        }
    }
}

/// <summary>One metric of a variant against the control. Differences are so turned that more is worse.</summary>
public sealed class MetricEvidence
{
    /// <summary>The control's values.</summary>
    public GroupSum Control { get; set; } = new();

    /// <summary>The variant's values.</summary>
    public GroupSum Variant { get; set; } = new();

    /// <summary>The block that is open.</summary>
    public PairedBlocks Open { get; set; } = new();

    /// <summary>For failures: that the variant fails more often.</summary>
    public FailureEvidence Failures { get; set; } = new();

    /// <summary>That the variant is worse.</summary>
    public MeanEvidence Worse { get; set; } = new();

    /// <summary>That the variant is better.</summary>
    public MeanEvidence Better { get; set; } = new();

    /// <summary>That the variant is not worse by the margin.</summary>
    public MeanEvidence NotWorse { get; set; } = new();

    /// <summary>By how much the variant is worse, scaled to −1 to 1.</summary>
    public MeanInterval Difference { get; set; } = new();

    /// <summary>How often the metric was observed on the side where it was less often.</summary>
    [JsonIgnore]
    public long Fewest => Math.Min(Control.Count, Variant.Count);

    /// <summary>The evidence of harm: for failures that of their number, which is the quicker one, else that of the mean.</summary>
    public double Harm(MetricPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Kind == MetricKind.Failure ? (Failures.Value + Worse.Value) / 2 : Worse.Value;
    }

    internal void Add(MetricPlan plan, double value, bool isVariant, double share, double marginFactor)
    {
        var scaled = plan.Scale(value);
        (isVariant ? Variant : Control).Add(scaled * plan.Clip);
        if (plan.Kind == MetricKind.Failure && scaled > 0)
        {
            Failures = Failures.Add(isVariant ? 1 : 0, isVariant ? 0 : 1, share);
        }

        Open = Open.Add(plan.HigherIsBetter ? 1 - scaled : scaled, isVariant, share, out var closed);
        if (closed is not { } difference)
        {
            return;
        }

        Worse = Worse.Above(difference, 0);
        Better = Better.Below(difference, 0);
        Difference = Difference.Add(difference);
        if (plan.ScaledMargin(marginFactor) is { } margin)
        {
            NotWorse = NotWorse.Below(difference, margin);
        }
    }
}

/// <summary>A number of values and their sum.</summary>
public sealed class GroupSum
{
    /// <summary>How many.</summary>
    public long Count { get; set; }

    /// <summary>Their sum.</summary>
    public double Sum { get; set; }

    /// <summary>Their mean; 0 for none.</summary>
    [JsonIgnore]
    public double Mean => Count == 0 ? 0 : Sum / Count;

    internal void Add(double value) => (Count, Sum) = (Count + 1, Sum + value);
}
