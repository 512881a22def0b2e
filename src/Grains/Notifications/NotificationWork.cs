using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>Wakes the queues of channels that have something to send, whoever lost sight of it: after a start, after the loss of a silo, and when quiet hours are over.</summary>
internal sealed partial class NotificationWork(
    INotificationStore store, IGrainFactory grains, PlatformIdentity platform, IOptions<NotificationOptions> options, TimeProvider time, ILogger<NotificationWork> logger)
{
    private const int AtOnce = 16;
    private const int Page = 1000;
    private const int MostPages = 20;

    /// <summary>Wakes the queues of a tenant, or of all when <paramref name="tenantId"/> is null, that have something due.</summary>
    /// <returns>How many were told.</returns>
    public async Task<int> WakeAsync(string? tenantId, CancellationToken cancellationToken)
    {
        var told = 0;
        foreach (var batch in (await store.ListOpenChannelsAsync(tenantId, time.GetUtcNow(), cancellationToken)).Chunk(AtOnce))
        {
            told += (await Task.WhenAll(batch.Select(queue => WakeAsync(queue.TenantId, queue.Channel)))).Count(done => done);
        }

        return told;
    }

    /// <summary>Removes notices that are done with and older than they are kept. Stops after a while, so that it holds nobody up.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveOldAsync(string tenantId, CancellationToken cancellationToken)
    {
        var (removed, last) = (0, Page);
        for (var page = 0; page < MostPages && last == Page; page++)
        {
            last = await store.RemoveOldAsync(tenantId, time.GetUtcNow() - options.Value.KeptFor, Page, cancellationToken);
            removed += last;
        }

        return removed;
    }

    private async Task<bool> WakeAsync(string tenantId, string channel)
    {
        try
        {
            platform.Assume(tenantId);
            await grains.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(tenantId, channel)).Resume();
            return true;
        }
#pragma warning disable CA1031 // One that cannot be woken now must not keep the others waiting; the watchdog comes again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotWoken(logger, exception, tenantId, channel);
            return false;
        }
    }

    [LoggerMessage(EventId = 1931, Level = LogLevel.Warning, Message = "The queue of {Channel} of {Tenant} could not be woken; the watchdog will try again")]
    private static partial void LogNotWoken(ILogger logger, Exception exception, string tenant, string channel);
}
