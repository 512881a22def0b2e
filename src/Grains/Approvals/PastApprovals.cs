using System.Text;
using System.Text.Json;
using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Machine;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>A tenant's requests from the lists: what rules are tried on and predictions learn from. Each list row's document is the request's state as <see cref="ApprovalEvents.SerializeState"/> writes it.</summary>
internal sealed class PastApprovals(IApprovalStore store)
{
    private const int PageSize = 500;

    /// <summary>The last requests since a time, oldest first.</summary>
    /// <returns>The requests, and whether there were more than the limit.</returns>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async Task<(IReadOnlyList<ApprovalRequest> Requests, bool IsCut)> RequestsAsync(string tenantId, DateTimeOffset since, int limit, CancellationToken cancellationToken)
    {
        var (states, isCut) = await StatesAsync(tenantId, since, limit, static _ => true, cancellationToken);
        return ([.. states.Select(state => state.Request)], isCut);
    }

    /// <summary>The last requests since a time for whose row something holds, oldest first.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async Task<(IReadOnlyList<ApprovalState> States, bool IsCut)> StatesAsync(
        string tenantId, DateTimeOffset since, int limit, Func<ApprovalRow, bool> wanted, CancellationToken cancellationToken)
    {
        var states = new List<ApprovalState>();
        ApprovalRow? last = null;
        while (true)
        {
            var page = await store.ListAsync(new ApprovalQuery { TenantId = tenantId, RequestedFrom = since, Order = ApprovalOrder.Newest, Limit = PageSize, After = last }, cancellationToken);
            foreach (var row in page)
            {
                if (!wanted(row) || Read(row) is not { } state)
                {
                    continue;
                }

                if (states.Count == limit)
                {
                    return (Oldest(states), true);
                }

                states.Add(state);
            }

            if (page.Count < PageSize)
            {
                return (Oldest(states), false);
            }

            last = page[^1];
        }
    }

    /// <summary>The state in a row; null when it is in no form that this server knows.</summary>
    public static ApprovalState? Read(ApprovalRow row)
    {
        try
        {
            return ApprovalEvents.DeserializeState(Encoding.UTF8.GetBytes(row.Document));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<ApprovalState> Oldest(List<ApprovalState> states)
    {
        states.Reverse();
        return states;
    }
}
