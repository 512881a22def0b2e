using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Steward.Notifications;

/// <summary>The metrics of notifications.</summary>
internal static class NotificationDiagnostics
{
    public static readonly Counter<long> Accepted = Diagnostics.Meter.CreateCounter<long>("steward.notifications.accepted", "{notice}", "Notices that channels' queues took, by channel.");

    public static readonly Counter<long> Attempts = Diagnostics.Meter.CreateCounter<long>("steward.notifications.attempts", "{attempt}", "Attempts to send, by channel and outcome.");

    public static readonly Counter<long> Ended = Diagnostics.Meter.CreateCounter<long>(
        "steward.notifications.ended", "{notice}", "Notices that a channel is done with, by channel and by what became of them: sent, delivered, unknown, skipped, passed on, dead.");

    public static readonly Counter<long> Actions = Diagnostics.Meter.CreateCounter<long>("steward.notifications.actions", "{action}", "Answers that came by a channel, by channel and by what became of them.");

    public static readonly Histogram<double> Latency = Diagnostics.Meter.CreateHistogram(
        "steward.notifications.latency",
        "s",
        "From making a notice, or the time from which it may be sent, until a channel took it.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800] });

    public static readonly QueueDepths Depths = new();
}

/// <summary>What waits in the queues that live on this silo, as metrics.</summary>
internal sealed class QueueDepths
{
    private readonly ConcurrentDictionary<(string Tenant, string Channel), (int Waiting, double Age)> _queues = new();

    public QueueDepths()
    {
        Diagnostics.Meter.CreateObservableGauge(
            "steward.notifications.waiting", () => _queues.Select(queue => Measure(queue.Key, queue.Value.Waiting)), "{notice}", "Notices that wait, by tenant and channel.");
        Diagnostics.Meter.CreateObservableGauge(
            "steward.notifications.age", () => _queues.Select(queue => Measure(queue.Key, queue.Value.Age)), "s", "How long the oldest notice has been due, by tenant and channel.");
    }

    public void Set(string tenantId, string channel, int waiting, TimeSpan age) => _queues[(tenantId, channel)] = (waiting, age.TotalSeconds);

    public void Forget(string tenantId, string channel) => _queues.TryRemove((tenantId, channel), out _);

    private static Measurement<T> Measure<T>((string Tenant, string Channel) queue, T value)
        where T : struct =>
        new(value, new KeyValuePair<string, object?>("tenant", queue.Tenant), new KeyValuePair<string, object?>("channel", queue.Channel));
}
