using Microsoft.Extensions.Logging;
using Steward.Connectors;
using Steward.Identity;
using Steward.Runs;
using Steward.Schedules;
using Steward.Sessions;
using Steward.Storage;
using Steward.Webhooks;

namespace Steward.Operations;

/// <summary>Takes up sessions and runs whose journals are open although nobody works on them. Harmless for those that are being worked on.</summary>
internal sealed partial class OpenWork(
    IJournalStore journals,
    IGrainFactory grains,
    PlatformIdentity platform,
    TimeProvider time,
    ILogger<OpenWork> logger)
{
    private const int Page = 200;
    private const int AtOnce = 16;

    /// <summary>Resumes the open work of one tenant, or of all when <paramref name="tenantId"/> is null.</summary>
    /// <returns>How many sessions and runs were told to go on.</returns>
    public async Task<int> ResumeAsync(string? tenantId, TimeSpan standingStillFor, CancellationToken cancellationToken)
    {
        var touchedBefore = time.GetUtcNow() - standingStillFor;
        return await ResumeAllAsync((after, limit) => journals.ListOpenAsync(Prefix(tenantId), touchedBefore, limit, after, cancellationToken));
    }

    /// <summary>Wakes those of a tenant, or of all when <paramref name="tenantId"/> is null, whose time has come, for example because a decision has lapsed.</summary>
    /// <returns>How many were told.</returns>
    public async Task<int> WakeAsync(string? tenantId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await ResumeAllAsync((after, limit) => journals.ListDueAsync(Prefix(tenantId), now, limit, after, cancellationToken));
    }

    private static string Prefix(string? tenantId) => tenantId is null ? "" : tenantId + "/";

    private async Task<int> ResumeAllAsync(Func<string?, int, ValueTask<IReadOnlyList<JournalHead>>> list)
    {
        var resumed = 0;
        string? after = null;
        while (true)
        {
            var heads = await list(after, Page);
            foreach (var batch in heads.Chunk(AtOnce))
            {
                var results = await Task.WhenAll(batch.Select(head => ResumeAsync(head.Journal)));
                resumed += results.Count(done => done);
            }

            if (heads.Count < Page)
            {
                return resumed;
            }

            after = heads[^1].Journal;
        }
    }

    private async Task<bool> ResumeAsync(string key)
    {
        try
        {
            platform.Assume(GrainKeys.TenantOf(key));
            switch (GrainKeys.LastPart(key)[0])
            {
                case 'r':
                    await grains.GetGrain<IRunGrain>(key).Resume();
                    return true;
                case 's':
                    await grains.GetGrain<ISessionGrain>(key).Resume();
                    return true;
                case 'j':
                    await grains.GetGrain<IScheduleGrain>(key).Resume();
                    return true;
                case 'w':
                    await grains.GetGrain<IWebhookGrain>(key).Resume();
                    return true;
                case 'h':
                    await grains.GetGrain<IConnectorHooksGrain>(key[..key.LastIndexOf('/')]).Resume();
                    return true;
                default:
                    return false;
            }
        }
#pragma warning disable CA1031 // One that cannot be resumed now must not keep the others waiting; the watchdog comes again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotResumed(logger, exception, key);
            return false;
        }
    }

    [LoggerMessage(EventId = 1301, Level = LogLevel.Warning, Message = "{Key} could not be resumed; the watchdog will try again")]
    private static partial void LogNotResumed(ILogger logger, Exception exception, string key);
}
