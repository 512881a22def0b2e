using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Steward.Engines.Connectors;

/// <summary>This library's telemetry.</summary>
internal static class Diagnostics
{
    public const string Name = "Steward.Engines.Connectors";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "steward.connector.call.duration",
        "s",
        "Time of one operation on an external system.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
}
