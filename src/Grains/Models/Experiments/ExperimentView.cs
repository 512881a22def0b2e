using Steward.Engines.Experiments.Decisions;

namespace Steward.Models.Experiments;

/// <summary>How an experiment is shown. Pure.</summary>
internal static class ExperimentView
{
    public static ExperimentInfo Info(string name, ExperimentState state)
    {
        var (started, evidence) = (state.Started!, state.Evidence!);
        return new ExperimentInfo
        {
            Name = name,
            Spec = started.Spec,
            Status = state.Status,
            Stage = evidence.Stage + 1,
            Shares = started.Plan.SharesAt(evidence.Stage),
            StartedAt = started.At,
            StartedBy = started.By,
            EndedAt = state.EndedAt,
            Reason = state.Reason,
            Winner = state.Winner > 0 ? started.Spec.Variants[state.Winner].Name : null,
            Units = [.. evidence.Units],
            Harm = started.Plan.Kind == ExperimentKind.Canary ? ExperimentPolicy.CanaryHarm(started.Plan, evidence) : null,
            Comparisons = [.. evidence.Variants.SelectMany((variant, i) => variant.Metrics.Select((found, m) => Comparison(started.Spec.Variants[i + 1].Name, started.Plan.Metrics[m], found)))],
        };
    }

    public static ExperimentStep Step(DecisionRecord record, int number) => new()
    {
        Step = number,
        At = record.At,
        Verdict = record.Decision.Verdict.ToString(),
        Reason = record.Decision.Reason,
        Plan = record.Plan,
        Evidence = record.Evidence,
    };

    private static ExperimentComparison Comparison(string variant, MetricPlan metric, MetricEvidence found)
    {
        // Kept so that more is worse.
        var (low, high) = found.Difference.Bounds;
        (low, high) = metric.HigherIsBetter ? (-high, -low) : (low, high);

        // A judge that errs sees less of a difference than there is.
        (low, high) = (Math.Max(-1, low / metric.Attenuation), Math.Min(1, high / metric.Attenuation));
        return new ExperimentComparison
        {
            Variant = variant,
            Metric = metric.Name,
            Control = found.Control.Mean,
            Value = found.Variant.Mean,
            Low = low * metric.Clip,
            High = high * metric.Clip,
            Worse = found.Harm(metric),
            Better = found.Better.Value,
            NotWorse = found.NotWorse.Value,
        };
    }
}
