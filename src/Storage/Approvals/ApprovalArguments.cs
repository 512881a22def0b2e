using Steward.Storage.Journals;

namespace Steward.Storage.Approvals;

/// <summary>The limits that both approval stores keep to, so that what one accepts the other accepts too.</summary>
internal static class ApprovalArguments
{
    public const int MaxDocumentLength = 4 * 1024 * 1024;
    public const int MaxNames = 1_000;
    public const int MaxLimit = 1_000;

    /// <summary>What stands for "never" where a time orders rows.</summary>
    public const long Never = long.MaxValue;

    public static void Place(string tenantId, string approvalId)
    {
        JournalArguments.TenantId(tenantId);
        JournalArguments.Text(approvalId, JournalArguments.MaxKeyLength, nameof(approvalId));
    }

    public static void Row(ApprovalRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Place(row.TenantId, row.ApprovalId);
        ArgumentOutOfRangeException.ThrowIfNegative(row.Version);
        Text(row.Status, nameof(row.Status));
        Text(row.Type, nameof(row.Type));
        Text(row.Action, nameof(row.Action));
        Text(row.Requester, nameof(row.Requester));
        JournalArguments.Text(row.Document, MaxDocumentLength, nameof(row.Document));
        if (row.Summary is not null)
        {
            JournalArguments.Text(row.Summary, MaxDocumentLength, nameof(row.Summary));
        }

        if (row.RunId is not null)
        {
            Text(row.RunId, nameof(row.RunId));
        }

        Names(row.WaitsFor, nameof(row.WaitsFor));
        Names(row.DecidedBy, nameof(row.DecidedBy));
        if (row.IsOver && (row.WaitsFor.Count > 0 || row.DueAt is not null))
        {
            throw new ArgumentException("A row that is over waits for nobody and is never due.", nameof(row));
        }
    }

    public static void Query(ApprovalQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        JournalArguments.TenantId(query.TenantId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, MaxLimit);
        Names(query.WaitsFor ?? [], nameof(query.WaitsFor));
        Names(query.Statuses ?? [], nameof(query.Statuses));
        foreach (var (value, name) in new[]
        {
            (query.DecidedBy, nameof(query.DecidedBy)), (query.Requester, nameof(query.Requester)), (query.Type, nameof(query.Type)),
            (query.Action, nameof(query.Action)), (query.RunId, nameof(query.RunId)), (query.After?.ApprovalId, "After.ApprovalId"),
        })
        {
            if (value is not null)
            {
                Text(value, name);
            }
        }
    }

    public static void Limit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 10_000);
    }

    private static void Names(IReadOnlyList<string> names, string name)
    {
        if (names.Count > MaxNames)
        {
            throw new ArgumentException($"{name} must hold at most {MaxNames}.", name);
        }

        foreach (var value in names)
        {
            Text(value, name);
        }
    }

    private static void Text(string value, string name) => JournalArguments.Text(value, JournalArguments.MaxKeyLength, name);
}
