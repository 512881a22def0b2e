using Microsoft.Extensions.Logging;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Identity;
using Steward.Models;
using Steward.Models.Feedback;
using Steward.Runs;
using Steward.Sandbox;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Operations;

/// <summary>
/// Removes what is over a tenant's retention: the texts of runs, sessions and approvals, of which receipts stay, approvals in the lists, weeks of the audit log, days of cost records and of feedback, and contents that nobody refers to.
/// </summary>
internal sealed partial class Retention(
    IJournalStore journals,
    IContentStore contents,
    IApprovalStore approvals,
    IGrainFactory grains,
    PlatformIdentity platform,
    TimeProvider time,
    ILogger<Retention> logger)
{
    private const int Page = 200;
    private const int AtOnce = 16;
    private const int MostAtATime = 2000;

    /// <summary>Goes through a tenant's journals that nothing happened in since <paramref name="quietSince"/>. Stops after a while, so that it holds nobody up.</summary>
    /// <returns>Whether everything was gone through.</returns>
    public async Task<bool> RetireAsync(string tenantId, DateTimeOffset quietSince, CancellationToken cancellationToken)
    {
        var retired = 0;
        string? after = null;
        while (retired < MostAtATime)
        {
            var heads = await journals.ListClosedAsync(tenantId + "/", quietSince, Page, after, cancellationToken);
            foreach (var batch in heads.Chunk(AtOnce))
            {
                retired += (await Task.WhenAll(batch.Select(head => RetireOneAsync(head.Journal, quietSince, cancellationToken)))).Count(done => done);
            }

            if (heads.Count < Page)
            {
                await RemoveApprovalsAsync(tenantId, quietSince, cancellationToken);
                var removed = await PurgeContentsAsync(tenantId, quietSince - KnownContents.Trust, cancellationToken);
                LogRetired(logger, tenantId, retired, removed);
                return true;
            }

            after = heads[^1].Journal;
        }

        LogRetired(logger, tenantId, retired, 0);
        return false;
    }

    private async Task RemoveApprovalsAsync(string tenantId, DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        for (var removed = 0; removed < MostAtATime;)
        {
            var last = await approvals.RemoveEndedAsync(tenantId, endedBefore, Page, cancellationToken);
            if (last < Page)
            {
                return;
            }

            removed += last;
        }
    }

    private async Task<int> PurgeContentsAsync(string tenantId, DateTimeOffset quietSince, CancellationToken cancellationToken)
    {
        var (removed, last) = (0, Page);
        while (last == Page && removed < MostAtATime)
        {
            last = await contents.PurgeAsync(tenantId, quietSince, Page, cancellationToken);
            removed += last;
        }

        return removed;
    }

    private async Task<bool> RetireOneAsync(string key, DateTimeOffset quietSince, CancellationToken cancellationToken)
    {
        try
        {
            platform.Assume(GrainKeys.TenantOf(key));
            return GrainKeys.LastPart(key)[0] switch
            {
                'r' => await grains.GetGrain<IRunGrain>(key).Retire(quietSince, cancellationToken),
                AuditWeek.KeyLetter or 'i' when AuditWeek.Read(GrainKeys.ConnectorAudit(GrainKeys.TenantOf(key)), key) is not null => await PurgeAsync(key, "connector.calls-removed", cancellationToken),
                ModelCostDay.KeyLetter when ModelCostDay.IsJournalOf(GrainKeys.ModelCosts(GrainKeys.TenantOf(key)), key) => await PurgeAsync(key, "model.costs-removed", cancellationToken),
                ModelCostDay.KeyLetter when ModelCostDay.IsJournalOf(GrainKeys.FeedbackIndex(GrainKeys.TenantOf(key)), key) =>
                    await new FeedbackDays(journals, grains, platform).RetireAsync(key, cancellationToken) && await PurgeAsync(key, "feedback.removed", cancellationToken),
                's' => await grains.GetGrain<ISessionGrain>(key).Retire(quietSince, cancellationToken),
                'x' => await grains.GetGrain<ISandboxLeaseGrain>(key).Retire(quietSince, cancellationToken),
                'a' => await grains.GetGrain<IApprovalGrain>(key).Retire(quietSince, cancellationToken),
                _ => false,
            };
        }
#pragma warning disable CA1031 // One that cannot be retired now must not keep the others waiting; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotRetired(logger, exception, key);
            return false;
        }
    }

    // A week of the audit log, or a day of cost records, in which nothing is written any more: its grain does not go back to it.
    private async Task<bool> PurgeAsync(string key, string receiptType, CancellationToken cancellationToken)
    {
        if (await journals.GetHeadAsync(key, cancellationToken) is not { } head)
        {
            return false;
        }

        var receipt = new JournalRecord { Type = receiptType, Payload = "{}"u8.ToArray(), At = time.GetUtcNow().ToMilliseconds() };
        return await journals.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = head.Sequence, Receipt = receipt }, cancellationToken) is JournalAppended;
    }

    [LoggerMessage(EventId = 1321, Level = LogLevel.Information, Message = "Retention of {Tenant} retired {Count} sessions and runs and removed {Contents} contents")]
    private static partial void LogRetired(ILogger logger, string tenant, int count, int contents);

    [LoggerMessage(EventId = 1322, Level = LogLevel.Warning, Message = "{Key} could not be retired; it will be tried again")]
    private static partial void LogNotRetired(ILogger logger, Exception exception, string key);
}
