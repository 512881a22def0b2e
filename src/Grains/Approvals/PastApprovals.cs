using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Steward.Engines.Approvals.Machine;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>A tenant's requests from the lists, one at a time: what rules are tried on and predictions learn from.</summary>
internal sealed class PastApprovals(IApprovalStore store)
{
    private const int PageSize = 200;

    /// <summary>The requests since a time, newest first. Those in a form that this server does not know are left out.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async IAsyncEnumerable<ApprovalState> ReadAsync(string tenantId, DateTimeOffset since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ApprovalRow? last = null;
        while (true)
        {
            var page = await store.ListAsync(new ApprovalQuery { TenantId = tenantId, RequestedFrom = since, Order = ApprovalOrder.Newest, Limit = PageSize, After = last }, cancellationToken);
            foreach (var row in page)
            {
                if (Read(row) is { } state)
                {
                    yield return state;
                }
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            last = page[^1];
        }
    }

    private static ApprovalState? Read(ApprovalRow row)
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
}
