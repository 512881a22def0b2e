using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Steward.Engines.Sandboxing;

/// <summary>What sandboxes tell about themselves: the meter <c>Steward.Engines.Sandboxing</c>. No code, no output, no tenant.</summary>
public static class Diagnostics
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Steward.Engines.Sandboxing";

    private static readonly Meter Meter = new(Name);
    private static readonly ConcurrentDictionary<SandboxPool, bool> Pools = new();

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "steward.sandbox.execution.duration",
        "s",
        "From the hand-over of code until its process was gone.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300] });

    private static readonly Histogram<double> Lease = Meter.CreateHistogram(
        "steward.sandbox.lease.duration",
        "s",
        "From the turn until the code was handed over.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5] });

    private static readonly Histogram<double> Queue = Meter.CreateHistogram(
        "steward.sandbox.queue.duration",
        "s",
        "Waiting for a turn.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60] });

    private static readonly Counter<long> Executions = Meter.CreateCounter<long>("steward.sandbox.executions", "{execution}", "Executions by profile, provider and how they ended.");

    private static readonly Counter<long> Limits = Meter.CreateCounter<long>("steward.sandbox.limits", "{limit}", "Limits that executions reached.");

    static Diagnostics()
    {
        Meter.CreateObservableGauge("steward.sandbox.running", () => Sum(load => load.Running), "{execution}", "Executions that hold a sandbox.");
        Meter.CreateObservableGauge("steward.sandbox.waiting", () => Sum(load => load.Waiting), "{execution}", "Jobs in the queue: the signal to scale by.");
        Meter.CreateObservableGauge("steward.sandbox.warm", () => Sum(load => load.Warm), "{sandbox}", "Sandboxes that are ready.");
        Meter.CreateObservableGauge("steward.sandbox.capacity", () => Sum(load => load.Capacity), "{execution}", "Executions that may run at once.");
    }

    internal static void Watch(SandboxPool pool) => Pools[pool] = true;

    internal static void Forget(SandboxPool pool) => Pools.TryRemove(pool, out _);

    internal static void Ended(SandboxJob job, SandboxOutcome outcome)
    {
        var profile = new KeyValuePair<string, object?>("profile", job.Profile.ToString());
        Executions.Add(1, profile, new("provider", outcome.Provider ?? "none"), new("code", outcome.Code));
        if (outcome.Provider is not null)
        {
            Duration.Record(outcome.Durations.Running.TotalSeconds, profile);
            Lease.Record(outcome.Durations.Leasing.TotalSeconds, profile);
            Queue.Record(outcome.Durations.Queued.TotalSeconds, profile);
        }

        foreach (var limit in outcome.LimitsHit)
        {
            Limits.Add(1, profile, new("limit", limit.ToString()));
        }
    }

    private static int Sum(Func<SandboxPoolLoad, int> part) => Pools.Keys.Sum(pool => part(pool.Load));
}
