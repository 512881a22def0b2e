using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Identity;

namespace Steward.Tenants;

/// <summary>
/// What this silo knows of its tenants' weights and limits: profiles as they stood half a minute ago at most, read in the background. Nobody waits for
/// a tenant's grain here; until the first answer the platform's defaults hold.
/// </summary>
internal sealed partial class TenantShares(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<TenantShares> logger)
{
    private const int Most = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Entry> _tenants = new(StringComparer.Ordinal);

    /// <summary>The profile as far as it is known.</summary>
    public TenantProfile? Of(string tenantId)
    {
        if (!_tenants.TryGetValue(tenantId, out var entry))
        {
            if (_tenants.Count >= Most)
            {
                // All of it can be read again.
                _tenants.Clear();
            }

            entry = _tenants.GetOrAdd(tenantId, static _ => new Entry());
        }

        if ((!entry.IsKnown || time.GetElapsedTime(entry.ReadAt) > MaxAge) && Interlocked.Exchange(ref entry.Reading, 1) == 0)
        {
            // Neither the caller's identity nor its activation's scheduler belong to this read.
            using (ExecutionContext.SuppressFlow())
            {
                _ = Task.Run(() => ReadAsync(tenantId, entry));
            }
        }

        return entry.Profile;
    }

    private async Task ReadAsync(string tenantId, Entry entry)
    {
        try
        {
            platform.Assume(tenantId);
            entry.Profile = await grains.GetGrain<ITenantGrain>(tenantId).GetProfile();
        }
#pragma warning disable CA1031 // What was known before holds until the next attempt.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotRead(logger, exception, tenantId);
        }

        entry.ReadAt = time.GetTimestamp();
        entry.IsKnown = true;
        Volatile.Write(ref entry.Reading, 0);
    }

    [LoggerMessage(EventId = 1211, Level = LogLevel.Warning, Message = "The profile of {Tenant} could not be read; its weight and limits stay as they were")]
    private static partial void LogNotRead(ILogger logger, Exception exception, string tenant);

    private sealed class Entry
    {
        public int Reading;

        public volatile TenantProfile? Profile;

        public long ReadAt;

        public volatile bool IsKnown;
    }
}
