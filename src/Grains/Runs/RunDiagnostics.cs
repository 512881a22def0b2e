using System.Diagnostics.Metrics;

namespace Steward.Runs;

/// <summary>The metrics of runs.</summary>
internal static class RunDiagnostics
{
    public static readonly Counter<long> Started = Diagnostics.Meter.CreateCounter<long>("steward.runs.started", "{run}", "Runs that began to be worked on.");

    public static readonly Counter<long> Resumed = Diagnostics.Meter.CreateCounter<long>("steward.runs.resumed", "{run}", "Runs taken up again after a loss.");

    public static readonly Counter<long> Ended = Diagnostics.Meter.CreateCounter<long>("steward.runs.ended", "{run}", "Runs that ended, by state.");

    public static readonly DeadLetterDepths DeadLetters = new();

    public static readonly Histogram<double> Duration = Diagnostics.Meter.CreateHistogram(
        "steward.runs.duration",
        "s",
        "From request to end.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
}
