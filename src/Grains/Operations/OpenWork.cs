using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Identity;
using Steward.Memory;
using Steward.Runs;
using Steward.Sandbox;
using Steward.Schedules;
using Steward.Sessions;
using Steward.Storage;
using Steward.Triage;
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
    private const int Page = 500;
    private const int AtOnce = 16;

    // So many in a row, and the trouble is not that of one of them.
    private const int MostFailures = 200;

    // Whoever asks is a tenant's grain, which has other calls to answer.
    private static readonly TimeSpan ApprovalsPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Task<int>> _approvals = new(StringComparer.Ordinal);

    /// <summary>Resumes the open work of one tenant, or of all when <paramref name="tenantId"/> is null.</summary>
    /// <returns>How many sessions and runs were told to go on.</returns>
    public async Task<int> ResumeAsync(string? tenantId, TimeSpan standingStillFor, CancellationToken cancellationToken)
    {
        var touchedBefore = time.GetUtcNow() - standingStillFor;
        return await ResumeAllAsync((after, limit) => journals.ListOpenAsync(Prefix(tenantId), touchedBefore, limit, after, cancellationToken));
    }

    /// <summary>
    /// Wakes those of a tenant, or of all when <paramref name="tenantId"/> is null, whose time has come, for example because a decision has lapsed. Approvals, of which tens of thousands may be due in one minute, go on behind the
    /// others; what of them is not done soon goes on when this has returned, and is not begun again meanwhile.
    /// </summary>
    /// <returns>How many were told until then.</returns>
    public async Task<int> WakeAsync(string? tenantId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var approvals = new List<string>();
        var resumed = await ResumeAllAsync((after, limit) => journals.ListDueAsync(Prefix(tenantId), now, limit, after, cancellationToken), approvals);
        if (approvals.Count == 0)
        {
            return resumed;
        }

        var lane = _approvals.GetOrAdd(tenantId ?? "", id => BeginApprovals(id, approvals));
        await ((Task)lane).WaitAsync(ApprovalsPatience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        return lane.IsCompletedSuccessfully ? resumed + await lane : resumed;
    }

    private static string Prefix(string? tenantId) => tenantId is null ? "" : tenantId + "/";

    private Task<int> BeginApprovals(string id, List<string> keys)
    {
        // Neither the caller's identity nor its activation's scheduler belong to this.
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(() => ResumeApprovalsAsync(id, keys));
        }
    }

    private async Task<int> ResumeApprovalsAsync(string id, List<string> keys)
    {
        var (resumed, failures) = (0, 0);
        using var giveUp = new CancellationTokenSource();
        try
        {
            await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = giveUp.Token }, async (key, _) =>
            {
                if (await ResumeAsync(key))
                {
                    Interlocked.Increment(ref resumed);
                    Interlocked.Exchange(ref failures, 0);
                }
                else if (Interlocked.Increment(ref failures) >= MostFailures)
                {
                    await giveUp.CancelAsync();
                }
            });
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            LogGivenUp(logger, failures);
        }
        finally
        {
            _approvals.TryRemove(id, out _);
        }

        return resumed;
    }

    private async Task<int> ResumeAllAsync(Func<string?, int, ValueTask<IReadOnlyList<JournalHead>>> list, List<string>? approvals = null)
    {
        var resumed = 0;
        string? after = null;
        while (true)
        {
            var heads = await list(after, Page);
            approvals?.AddRange(heads.Select(head => head.Journal).Where(IsApproval));
            foreach (var batch in heads.Where(head => approvals is null || !IsApproval(head.Journal)).Chunk(AtOnce))
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

    private static bool IsApproval(string key) => GrainKeys.LastPart(key)[0] == 'a';

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
                case 'a':
                    await grains.GetGrain<IApprovalGrain>(key).Resume();
                    return true;
                case 's':
                    await grains.GetGrain<ISessionGrain>(key).Resume();
                    return true;
                case 'j':
                    await grains.GetGrain<IScheduleGrain>(key).Resume();
                    return true;
                case 'u':
                    await grains.GetGrain<IUserMemoryGrain>(key).Resume();
                    return true;
                case 'w':
                    await grains.GetGrain<IWebhookGrain>(key).Resume();
                    return true;
                case 'h':
                    await grains.GetGrain<IConnectorHooksGrain>(key[..key.LastIndexOf('/')]).Resume();
                    return true;
                case 'x':
                    await grains.GetGrain<ISandboxLeaseGrain>(key).Resume();
                    return true;
                case 'm':
                    await grains.GetGrain<ITriageImportGrain>(key).Resume();
                    return true;
                case 'i' when key == GrainKeys.ApprovalRules(GrainKeys.TenantOf(key)):
                    await grains.GetGrain<IApprovalRulesGrain>(key).Resume();
                    return true;
                case 'i' when key == GrainKeys.MemoryKeeping(GrainKeys.TenantOf(key)):
                    await grains.GetGrain<IMemoryKeepingGrain>(key).Resume();
                    return true;
                case 'i' when key == GrainKeys.TriageLearning(GrainKeys.TenantOf(key)):
                    await grains.GetGrain<ITriageLearningGrain>(key).Resume();
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

    [LoggerMessage(EventId = 1302, Level = LogLevel.Warning, Message = "{Count} approvals in a row could not be resumed; the watchdog will try again")]
    private static partial void LogGivenUp(ILogger logger, int count);

    [LoggerMessage(EventId = 1301, Level = LogLevel.Warning, Message = "{Key} could not be resumed; the watchdog will try again")]
    private static partial void LogNotResumed(ILogger logger, Exception exception, string key);
}
