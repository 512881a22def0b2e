using System.Diagnostics.Metrics;

namespace Steward.Storage;

/// <summary>The storage's metrics.</summary>
internal static class Diagnostics
{
    public const string Name = "Steward.Storage";

    private static readonly Meter Meter = new(Name);

    /// <summary>How long a transaction took from its begin to its flush; what waited meanwhile shares the next.</summary>
    public static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "steward.storage.commit.duration",
        "s",
        "Time from the beginning of a write transaction until it is durable.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] });

    /// <summary>How long copying the SQLite log into the file took, beside the writer.</summary>
    public static readonly Histogram<double> CheckpointDuration = Meter.CreateHistogram(
        "steward.storage.checkpoint.duration",
        "s",
        "Time that copying the SQLite log into the database file took beside the writer.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] });

    /// <summary>How many changes shared a transaction.</summary>
    public static readonly Histogram<int> CommitSize = Meter.CreateHistogram(
        "steward.storage.commit.size",
        "{change}",
        "Changes that shared a write transaction.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });

    /// <summary>Changes that ended with an error, conflicts not among them.</summary>
    public static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "steward.storage.failures", "{change}", "Changes that could not be made durable, by whether the outcome is unknown.");

    /// <summary>What was appended to journals and is durable, without the storage's own overhead.</summary>
    public static readonly Counter<long> AppendedBytes = Meter.CreateCounter<long>("steward.journal.appended", "By", "Payload and content bytes that were appended to journals.");

    /// <summary>Counts a failed change.</summary>
    public static void Failed(Exception exception) =>
        Failures.Add(1, new KeyValuePair<string, object?>("outcome", exception is StorageException { OutcomeUnknown: true } ? "unknown" : "none"));
}
