using System.Diagnostics.Metrics;
using System.Globalization;
using Steward.Engines.Triage.Learning;

namespace Steward.Triage;

/// <summary>What is said and counted of trainings.</summary>
internal static class LearningFigures
{
    private static readonly Counter<long> Trainings = Diagnostics.Meter.CreateCounter<long>("steward.triage.trainings", "{training}", "Trainings of tenants' heads by how they ended.");

    /// <summary>Which way was chosen, and by how much.</summary>
    public static string Of(Challenger challenger) => string.Create(
        CultureInfo.InvariantCulture,
        $"Trained: {string.Join("; ", challenger.Scores.Select(score => string.Create(CultureInfo.InvariantCulture, $"{score.Candidate} {score.Accuracy:0.000}")))} (cross-validated, the first was chosen); {(challenger.AutoRouted is { Threshold: { } from, Precision: { } precision, Coverage: var coverage } ? string.Create(CultureInfo.InvariantCulture, $"routes by itself from {from:0.000}, which is {coverage:0.000} of the tickets at a precision of {precision:0.000}") : "routes nothing by itself")}.");

    /// <summary>Counts one.</summary>
    public static void Ended(TriageTrainingState state) => Trainings.Add(1, new KeyValuePair<string, object?>("outcome", state.ToString()));
}
