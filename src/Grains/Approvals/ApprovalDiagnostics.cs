using System.Diagnostics.Metrics;

namespace Steward.Approvals;

/// <summary>The metrics of approvals.</summary>
internal static class ApprovalDiagnostics
{
    public static readonly Counter<long> Submitted = Diagnostics.Meter.CreateCounter<long>("steward.approvals.submitted", "{approval}", "Requests for approvals that were taken.");

    public static readonly Counter<long> Ended = Diagnostics.Meter.CreateCounter<long>("steward.approvals.ended", "{approval}", "Approvals that ended, by status.");

    public static readonly Counter<long> MirrorFailures = Diagnostics.Meter.CreateCounter<long>(
        "steward.approvals.mirror_failures", "{failure}", "How often a record in another system could not be brought in step, and whether that was given up.");

    public static readonly Histogram<double> Open = Diagnostics.Meter.CreateHistogram(
        "steward.approvals.open_duration",
        "s",
        "From request to end.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [10, 60, 300, 900, 3600, 14400, 28800, 86400, 259200, 604800] });

    public static readonly Histogram<double> HandOver = Diagnostics.Meter.CreateHistogram(
        "steward.approvals.hand_over_duration",
        "s",
        "From a change to everyone being told of it: the run, the notification queues, the lists.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] });
}
