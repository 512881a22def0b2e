using Steward.Identity;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Tells open requests that delegations of somebody whom they wait for have changed. Safe for concurrent use.</summary>
internal sealed class DelegationNews(IApprovalStore store, IGrainFactory grains, PlatformIdentity platform)
{
    private const int PageSize = 500;
    private const int AtOnce = 16;

    /// <summary>Tells those that wait for one of these people; returns when all of them know.</summary>
    /// <exception cref="StorageException">The lists could not be read.</exception>
    public async Task TellAsync(string tenantId, IReadOnlyList<string> people, CancellationToken cancellationToken)
    {
        var query = new ApprovalQuery
        {
            TenantId = tenantId,
            WaitsFor = [.. people.SelectMany(mail => ApprovalRows.ByName(null, mail).Concat(ApprovalRows.ByGroup(null, mail)))],
            Statuses = ApprovalViews.OpenStatuses,
            Order = ApprovalOrder.DueFirst,
            Limit = PageSize,
            SummariesOnly = true,
        };
        while (true)
        {
            var page = await store.ListAsync(query, cancellationToken);
            await Parallel.ForEachAsync(page, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (row, _) =>
            {
                platform.Assume(tenantId);
                await grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenantId, row.ApprovalId)).Resume(CancellationToken.None);
            });
            if (page.Count < PageSize)
            {
                return;
            }

            query = query with { After = page[^1] };
        }
    }
}
