using System.Diagnostics.Metrics;

namespace Steward.Triage;

/// <summary>The metrics of tickets that come from other systems.</summary>
internal static class IntakeDiagnostics
{
    /// <summary>Seconds from the event's arrival to the end of the work on it, by what became of it.</summary>
    public static readonly Histogram<double> Duration = Diagnostics.Meter.CreateHistogram(
        "steward.triage.intake.duration", "s", "From the arrival of an event to what became of its ticket.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60] });
}
