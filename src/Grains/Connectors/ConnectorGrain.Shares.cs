using Orleans.Runtime;

namespace Steward.Connectors;

/// <summary>
/// Limits that the tenant's instances of one template have in common: each uses its part. Only where the template has such limits the list of instances is looked at, every few seconds while the
/// connector is in memory; no call asks anybody.
/// </summary>
internal sealed partial class ConnectorGrain
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private IGrainTimer? _looker;

    // With new settings, and after a loss.
    private void WatchShares(bool isNewTraffic)
    {
        if (_traffic is not { HasTenantLimits: true } traffic)
        {
            _looker?.Dispose();
            _looker = null;
            return;
        }

        if (isNewTraffic)
        {
            var now = time.GetUtcNow();
            traffic.RestoreShares(state.State.Shares.Select(seen => (seen.Count, seen.Rank, seen.At is { } at ? now > at ? now - at : TimeSpan.Zero : TimeSpan.MaxValue)));
        }

        _looker ??= this.RegisterGrainTimer(Look, new GrainTimerCreationOptions(TimeSpan.Zero, LookEvery) { Interleave = true });
    }

    private async Task Look(CancellationToken cancellationToken)
    {
        if (_target is not { } target || _traffic is not { } traffic || state.State.Deleting)
        {
            return;
        }

        var same = (await directory.ListAsync(TenantId, cancellationToken))
            .Where(known => known.Template.Id == target.Template.Id)
            .Select(known => known.Instance.Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        var rank = same.IndexOf(Name);
        if (rank < 0 || !ReferenceEquals(traffic, _traffic) || !traffic.Share(same.Count, rank))
        {
            return;
        }

        var now = time.GetUtcNow();
        state.State.Shares = [.. traffic.Shares.Select(seen => new ShareSeen { Count = seen.Count, Rank = seen.Rank, At = seen.Age == TimeSpan.MaxValue ? null : now - seen.Age })];
        await WriteAsync();
    }
}
