using System.Diagnostics.Metrics;

namespace Steward.Engines.Orchestration.Admission;

/// <summary>The metrics of admission. By priority and never by tenant, so that the number of series does not grow with the tenants.</summary>
internal static class AdmissionMetrics
{
    private static readonly UpDownCounter<long> InFlight = Diagnostics.Meter.CreateUpDownCounter<long>("steward.admission.in_flight", "{run}", "Runs that hold a slot.");

    private static readonly UpDownCounter<long> Waiting = Diagnostics.Meter.CreateUpDownCounter<long>("steward.admission.waiting", "{run}", "Runs that wait for a slot.");

    private static readonly Counter<long> Refusals = Diagnostics.Meter.CreateCounter<long>("steward.admission.refused", "{message}", "Messages that were refused because too many runs of their tenant waited.");

    private static readonly Histogram<double> Wait = Diagnostics.Meter.CreateHistogram(
        "steward.admission.wait",
        "s",
        "How long runs waited for a slot; those that did not wait count as zero.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });

    private static readonly Gauge<double> Limit = Diagnostics.Meter.CreateGauge<double>(
        "steward.admission.tenant_limit",
        "{run}",
        "Slots that a tenant of weight 1 may hold while the process is short of processor time; 0 when there is no such limit.");

    private static readonly KeyValuePair<string, object?> InteractiveTag = new("priority", "interactive");

    private static readonly KeyValuePair<string, object?> BackgroundTag = new("priority", "background");

    public static void Admitted(RunPriority priority, TimeSpan waited)
    {
        var tag = Tag(priority);
        InFlight.Add(1, tag);
        Wait.Record(waited.TotalSeconds, tag);
    }

    public static void Left(RunPriority priority) => InFlight.Add(-1, Tag(priority));

    public static void Moved()
    {
        InFlight.Add(-1, InteractiveTag);
        InFlight.Add(1, BackgroundTag);
    }

    public static void Waits(RunPriority priority, int change) => Waiting.Add(change, Tag(priority));

    public static void Refused(RunPriority priority) => Refusals.Add(1, Tag(priority));

    public static void Limited(double slotsPerWeight) => Limit.Record(double.IsFinite(slotsPerWeight) ? slotsPerWeight : 0);

    private static KeyValuePair<string, object?> Tag(RunPriority priority) => priority == RunPriority.Interactive ? InteractiveTag : BackgroundTag;
}
