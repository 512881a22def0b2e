using System.Globalization;
using System.Text.Json.Serialization;
using Steward.Engines.Experiments.Sequential;

namespace Steward.Engines.Experiments.Decisions;

/// <summary>What is done about an experiment.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentVerdict>))]
public enum ExperimentVerdict
{
    /// <summary>It goes on.</summary>
    Continue,

    /// <summary>The canary goes on with the next stage's share.</summary>
    Advance,

    /// <summary>The canary answers everything, or the variant that won does.</summary>
    Promote,

    /// <summary>The control answers everything again.</summary>
    RollBack,

    /// <summary>It ends without an answer; the control stays.</summary>
    Inconclusive,

    /// <summary>Units were not divided as planned: nothing that was found holds; the control stays.</summary>
    Invalid,
}

/// <summary>A decision.</summary>
/// <param name="Verdict">What is done.</param>
/// <param name="Variant">The index of the variant that is promoted; 0 otherwise.</param>
/// <param name="Reason">Why, with the figures.</param>
public sealed record ExperimentDecision(ExperimentVerdict Verdict, int Variant, string Reason);

/// <summary>
/// Decides about experiments and canaries by plan, evidence and time alone, so that the same always gives the same. May be asked after each unit. Of all experiments in which no variant is better, it names a winner in at most
/// α; of all canaries that harm nothing, it rolls back at most α (and ends one in a thousand for a wrong division); of all canaries that are worse by a margin, it lets at most α pass a stage. Pure.
/// </summary>
public static class ExperimentPolicy
{
    private static readonly ExperimentDecision GoesOn = new(ExperimentVerdict.Continue, 0, "Nothing is decided yet.");

    /// <summary>Decides.</summary>
    public static ExperimentDecision Decide(ExperimentPlan plan, ExperimentEvidence evidence, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(evidence);
        if (plan.IsOnlyAssigned)
        {
            return now - evidence.Since < plan.MaximumDuration ? GoesOn : new(ExperimentVerdict.Inconclusive, 0, "All conversations here had the same variant: there is nothing to compare.");
        }

        var mismatch = ShareMismatch.Evidence(evidence.Units, plan.SharesAt(evidence.Stage));
        if (mismatch >= ShareMismatch.Enough)
        {
            return new(ExperimentVerdict.Invalid, 0, Text($"The units are not divided as planned: {string.Join(" and ", evidence.Units)} (e = {mismatch:0})."));
        }

        return plan.Kind == ExperimentKind.Canary ? OfCanary(plan, evidence, now) : OfExperiment(plan, evidence, now);
    }

    /// <summary>The evidence that a canary harms, of all stages: those to come count as 1.</summary>
    public static double CanaryHarm(ExperimentPlan plan, ExperimentEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(evidence);
        return evidence.EarlierHarm + ((evidence.Variants[0].Harm(plan) + plan.Stages.Count - 1 - evidence.Stage) / plan.Stages.Count);
    }

    private static ExperimentDecision OfCanary(ExperimentPlan plan, ExperimentEvidence evidence, DateTimeOffset now)
    {
        var harm = CanaryHarm(plan, evidence);
        var (stage, canary) = (plan.Stages[evidence.Stage], evidence.Variants[0]);
        if (harm >= 1 / plan.Alpha)
        {
            var worst = Enumerable.Range(0, plan.Metrics.Count).MaxBy(i => plan.Metrics[i].Weight * canary.Metrics[i].Harm(plan.Metrics[i]));
            return new(ExperimentVerdict.RollBack, 0, Text($"It harms: e = {harm:0.0} of {1 / plan.Alpha:0}, most of all {Figures(plan.Metrics[worst], canary.Metrics[worst])}."));
        }

        var unproved = Enumerable.Range(0, plan.Metrics.Count).Where(i => plan.Metrics[i].Margin is not null && canary.Metrics[i].NotWorse.Value < 1 / plan.Alpha).ToList();
        if (now - evidence.Since >= stage.MinimumDuration && evidence.Units.Min() >= stage.MinimumUnits && unproved.Count == 0)
        {
            var figures = string.Join("; ", plan.Metrics.Select((metric, i) => Figures(metric, canary.Metrics[i])));
            return evidence.Stage + 1 < plan.Stages.Count
                ? new(ExperimentVerdict.Advance, 0, Text($"Not worse by the margins at a share of {stage.Share:0.##}: {figures}."))
                : new(ExperimentVerdict.Promote, 1, Text($"Not worse by the margins at a share of {stage.Share:0.##}, the last stage: {figures}."));
        }

        return now - evidence.Since >= plan.MaximumDuration
            ? new(ExperimentVerdict.RollBack, 0, Text($"Not proved in time to be no worse: {(unproved.Count > 0 ? string.Join("; ", unproved.Select(i => Figures(plan.Metrics[i], canary.Metrics[i]))) : "too few units")}."))
            : GoesOn;
    }

    private static ExperimentDecision OfExperiment(ExperimentPlan plan, ExperimentEvidence evidence, DateTimeOffset now)
    {
        var weights = plan.Metrics.Sum(metric => metric.Weight);
        var losers = 0;
        var winner = (Variant: 0, Metric: -1, Evidence: 0d);
        var mayWin = now - evidence.Began >= plan.MinimumDuration && evidence.Units.Min() >= plan.MinimumUnits;
        for (var v = 0; v < evidence.Variants.Count; v++)
        {
            var (isHarmed, best) = (false, (Metric: -1, Evidence: 0d));
            for (var m = 0; m < plan.Metrics.Count; m++)
            {
                var (metric, found) = (plan.Metrics[m], evidence.Variants[v].Metrics[m]);

                // Of a metric's part of α each direction gets half.
                var needed = 2 * weights * evidence.Variants.Count / (plan.Alpha * metric.Weight);
                isHarmed |= found.Harm(metric) >= needed;
                if (metric.IsPrimary && found.Better.Value >= needed && found.Better.Value > best.Evidence)
                {
                    best = (m, found.Better.Value);
                }
            }

            losers += isHarmed ? 1 : 0;
            winner = !isHarmed && best.Evidence > winner.Evidence ? (v + 1, best.Metric, best.Evidence) : winner;
        }

        if (winner.Variant > 0 && mayWin)
        {
            return new(ExperimentVerdict.Promote, winner.Variant, Text($"Better: {Figures(plan.Metrics[winner.Metric], evidence.Variants[winner.Variant - 1].Metrics[winner.Metric])}, e = {winner.Evidence:0.0}."));
        }

        if (losers == evidence.Variants.Count)
        {
            return new(ExperimentVerdict.RollBack, 0, Text($"Worse than the control: {string.Join("; ", evidence.Variants.SelectMany(variant => plan.Metrics.Select((metric, i) => Figures(metric, variant.Metrics[i]))))}."));
        }

        return now - evidence.Began >= plan.MaximumDuration
            ? new(ExperimentVerdict.Inconclusive, 0, "No variant was shown to be better in time.")
            : GoesOn;
    }

    private static string Figures(MetricPlan plan, MetricEvidence found)
    {
        var (low, high) = found.Difference.Bounds;
        (low, high) = plan.HigherIsBetter ? (-high, -low) : (low, high);
        return Text($"{plan.Name} {found.Variant.Mean:0.####} against {found.Control.Mean:0.####} (difference {low * plan.Clip:0.####} to {high * plan.Clip:0.####}, e of harm {found.Harm(plan):0.0}, of no harm {found.NotWorse.Value:0.0})");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
