using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Steward.Runs;

/// <summary>The depths of the dead-letter lists that live on this silo, as a metric.</summary>
internal sealed class DeadLetterDepths
{
    private readonly ConcurrentDictionary<string, int> _depths = new(StringComparer.Ordinal);

    public DeadLetterDepths() => Diagnostics.Meter.CreateObservableGauge(
        "steward.dead_letters.depth",
        () => _depths.Select(depth => new Measurement<int>(depth.Value, new KeyValuePair<string, object?>("tenant", depth.Key))),
        "{run}",
        "Runs that failed for technical reasons and that nobody has settled, by tenant.");

    public void Set(string tenantId, int depth) => _depths[tenantId] = depth;

    public void Forget(string tenantId) => _depths.TryRemove(tenantId, out _);
}
