namespace Steward.Storage;

/// <summary>
/// The lists of approvals: a row for each request, which its owner brings up to date after each change, and who is asked. The journals are the truth; a row may lag behind for a moment. Safe for concurrent use.
/// </summary>
public interface IApprovalStore
{
    /// <summary>Writes a row and who it waits for, unless a row of the same or a later version is there.</summary>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask PutAsync(ApprovalRow row, CancellationToken cancellationToken = default);

    /// <summary>One row; null when there is none.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<ApprovalRow?> FindAsync(string tenantId, string approvalId, CancellationToken cancellationToken = default);

    /// <summary>A page of rows. Costs as much as the page is long where statuses are all open or all over, or rows wait for somebody; filters beside that are looked at row by row.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<ApprovalRow>> ListAsync(ApprovalQuery query, CancellationToken cancellationToken = default);

    /// <summary>Removes rows that ended before a time.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<int> RemoveEndedAsync(string tenantId, DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken = default);
}

/// <summary>One approval in the lists.</summary>
public sealed record ApprovalRow
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The approval.</summary>
    public required string ApprovalId { get; init; }

    /// <summary>The journal's sequence number that the row was made at; a row never goes back.</summary>
    public required long Version { get; init; }

    /// <summary><c>submitted</c> to <c>cancelled</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Whether it is over.</summary>
    public required bool IsOver { get; init; }

    /// <summary>The kind of request.</summary>
    public required string Type { get; init; }

    /// <summary>The operation.</summary>
    public required string Action { get; init; }

    /// <summary>Who asked, by user id.</summary>
    public required string Requester { get; init; }

    /// <summary>The run, if one waits.</summary>
    public string? RunId { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When its level or the request lapses; null when it is over.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Whom it waits for now: <c>email:…</c> (lower case), <c>user:…</c>, <c>role:…</c>, <c>group:…</c>. Empty when it is over.</summary>
    public IReadOnlyList<string> WaitsFor { get; init; } = [];

    /// <summary>Who voted, by user id.</summary>
    public IReadOnlyList<string> DecidedBy { get; init; } = [];

    /// <summary>All else, JSON of the owner's own form: what lists show, what rules are tried on, what predictions learn from.</summary>
    public required string Document { get; init; }

    /// <summary>What of it lists show, JSON of the owner's own form; null in rows of before summaries were kept.</summary>
    public string? Summary { get; init; }
}

/// <summary>Which rows.</summary>
public sealed record ApprovalQuery
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>Only those that wait for one of these; null for whomever.</summary>
    public IReadOnlyList<string>? WaitsFor { get; init; }

    /// <summary>Only those on which this user voted.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>Only this requester's.</summary>
    public string? Requester { get; init; }

    /// <summary>Only these statuses; null for all.</summary>
    public IReadOnlyList<string>? Statuses { get; init; }

    /// <summary>Only this type.</summary>
    public string? Type { get; init; }

    /// <summary>Only this operation.</summary>
    public string? Action { get; init; }

    /// <summary>Only of this run.</summary>
    public string? RunId { get; init; }

    /// <summary>Only those asked for at or after.</summary>
    public DateTimeOffset? RequestedFrom { get; init; }

    /// <summary>Only those last changed at or after.</summary>
    public DateTimeOffset? ChangedFrom { get; init; }

    /// <summary>Only those last changed before.</summary>
    public DateTimeOffset? ChangedUntil { get; init; }

    /// <summary>Whether <see cref="ApprovalRow.Document"/> is left empty where there is a <see cref="ApprovalRow.Summary"/>.</summary>
    public bool SummariesOnly { get; init; }

    /// <summary>The order.</summary>
    public ApprovalOrder Order { get; init; } = ApprovalOrder.Newest;

    /// <summary>1 to 1,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The last row of the page before.</summary>
    public ApprovalRow? After { get; init; }
}

/// <summary>The order of rows; equal ones by id in the same direction.</summary>
public enum ApprovalOrder
{
    /// <summary>Last asked for first.</summary>
    Newest,

    /// <summary>First due first; those that are never due last.</summary>
    DueFirst,

    /// <summary>First changed first.</summary>
    Changed,
}
