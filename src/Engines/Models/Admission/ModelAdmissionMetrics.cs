using System.Diagnostics.Metrics;

namespace Steward.Engines.Models.Admission;

/// <summary>The metrics of admission. Without tenants, so that the number of series does not grow with them.</summary>
internal static class ModelAdmissionMetrics
{
    private static readonly UpDownCounter<long> InFlight = Diagnostics.Meter.CreateUpDownCounter<long>("steward.models.admission.in_flight", "{call}", "Model calls under way.");

    private static readonly UpDownCounter<long> Waiting = Diagnostics.Meter.CreateUpDownCounter<long>("steward.models.admission.waiting", "{call}", "Model calls that wait for their turn.");

    private static readonly Counter<long> Refusals = Diagnostics.Meter.CreateCounter<long>("steward.models.admission.refused", "{call}", "Model calls that were refused with model_overloaded.");

    private static readonly Histogram<double> Wait = Diagnostics.Meter.CreateHistogram(
        "steward.models.admission.wait",
        "s",
        "How long model calls waited for their turn; those that did not wait count as zero.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });

    private static readonly KeyValuePair<string, object?> Interactive = new("priority", "interactive");

    private static readonly KeyValuePair<string, object?> Background = new("priority", "background");

    public static void Admitted(bool isInteractive, TimeSpan waited)
    {
        InFlight.Add(1, Tag(isInteractive));
        Wait.Record(waited.TotalSeconds, Tag(isInteractive));
    }

    public static void Left(bool isInteractive) => InFlight.Add(-1, Tag(isInteractive));

    public static void Waits(bool isInteractive, int change) => Waiting.Add(change, Tag(isInteractive));

    public static void Refused(bool isInteractive) => Refusals.Add(1, Tag(isInteractive));

    private static KeyValuePair<string, object?> Tag(bool isInteractive) => isInteractive ? Interactive : Background;
}
