using System.Diagnostics.Metrics;

namespace Steward.Triage;

/// <summary>The metrics of triage.</summary>
internal static class TriageDiagnostics
{
    public static readonly Counter<long> Decisions = Diagnostics.Meter.CreateCounter<long>("steward.triage.decisions", "{ticket}", "Tickets decided, by band and by what answered.");

    public static readonly Counter<long> Labels = Diagnostics.Meter.CreateCounter<long>("steward.triage.labels", "{label}", "Labels taken, by how they came.");

    public static readonly Counter<long> Fallbacks = Diagnostics.Meter.CreateCounter<long>(
        "steward.triage.fallbacks", "{ticket}", "Tickets that a head of words alone answered because no model did.");

    public static readonly Counter<long> BeyondShare = Diagnostics.Meter.CreateCounter<long>(
        "steward.triage.beyond_share", "{ticket}", "Tickets of trusted senders beyond those of the hour that count.");

    public static readonly Histogram<double> Duration = Diagnostics.Meter.CreateHistogram(
        "steward.triage.duration",
        "s",
        "From a ticket's arrival to its durable decision.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2] });
}
