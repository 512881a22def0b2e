using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals.Machine;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Past decisions about the like: of the same operation, newest first. A help, not a need: without the table there are none.</summary>
internal sealed partial class SimilarApprovals(IApprovalStore store, ILogger<SimilarApprovals> logger)
{
    private const int Most = 5;

    private static readonly string[] Decided = ["approved", "rejected"];

    /// <summary>The last decisions of the same operation, without the request itself.</summary>
    public async ValueTask<IReadOnlyList<ApprovalListed>> FindAsync(ApprovalState state, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await store.ListAsync(
                new ApprovalQuery { TenantId = state.Request.TenantId, Action = state.Request.Action, Statuses = Decided, Order = ApprovalOrder.Newest, Limit = Most + 1, SummariesOnly = true },
                cancellationToken);
            return [.. rows.Where(row => row.ApprovalId != state.Request.ApprovalId).Take(Most).Select(ApprovalListed.Read)];
        }
        catch (StorageException exception)
        {
            LogNotFound(logger, exception, state.Request.ApprovalId);
            return [];
        }
    }

    [LoggerMessage(EventId = 1811, Level = LogLevel.Warning, Message = "Past decisions like {Approval} cannot be read now; it is shown without")]
    private static partial void LogNotFound(ILogger logger, Exception exception, string approval);
}
