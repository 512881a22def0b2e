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
        $"Trained: {string.Join("; ", challenger.Scores.Select(score => string.Create(CultureInfo.InvariantCulture, $"{score.Candidate} {score.Accuracy:0.000}")))} (cross-validated, the first was chosen); routes by itself from {challenger.AutoRouteAt?.ToString("0.000", CultureInfo.InvariantCulture) ?? "never"}.");

    /// <summary>Counts one.</summary>
    public static void Ended(TriageTrainingState state) => Trainings.Add(1, new KeyValuePair<string, object?>("outcome", state.ToString()));
}
