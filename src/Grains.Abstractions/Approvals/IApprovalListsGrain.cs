namespace Steward.Approvals;

/// <summary>Lists a tenant's requests. Key: <c>t-acme/i-approvals</c>. A stateless reader of the table that the requests keep up to date; it may lag behind them for a moment.</summary>
[Alias("steward.approval-lists")]
public interface IApprovalListsGrain : IGrainWithStringKey
{
    /// <summary>A page of the requests that the caller may see, most urgent first where they are open, newest first otherwise.</summary>
    [Alias("list")]
    Task<ApprovalPage> List(ListApprovals query, CancellationToken cancellationToken = default);

    /// <summary>A page of the tenant's audit trail: every transition of requests that ended in a time. Admins only.</summary>
    [Alias("export")]
    Task<ApprovalExportPage> Export(ExportApprovals query, CancellationToken cancellationToken = default);
}

/// <summary>Which requests.</summary>
[GenerateSerializer]
[Alias("steward.list-approvals")]
public sealed record ListApprovals
{
    /// <summary>
    /// <c>mine</c> those that wait for the caller by name, <c>groups</c> for a group or role of theirs, <c>delegated</c> for somebody whom the caller may act for, <c>requested</c> those that the caller asked for,
    /// <c>decided</c> those that the caller voted on, <c>all</c> every one of the tenant, for admins.
    /// </summary>
    [Id(0)]
    public string View { get; init; } = "mine";

    /// <summary>Only these statuses; empty for <c>submitted</c>, <c>pending</c> and <c>escalated</c>, and for all where the view is <c>decided</c>.</summary>
    [Id(1)]
    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>Only this type.</summary>
    [Id(2)]
    public string? Type { get; init; }

    /// <summary>Only this requester, by user id.</summary>
    [Id(3)]
    public string? Requester { get; init; }

    /// <summary>Only of this run.</summary>
    [Id(4)]
    public string? RunId { get; init; }

    /// <summary>1 to 200.</summary>
    [Id(5)]
    public int Limit { get; init; } = 50;

    /// <summary>The page's beginning, from <see cref="ApprovalPage.Next"/>.</summary>
    [Id(6)]
    public string? After { get; init; }
}

/// <summary>Part of a list.</summary>
[GenerateSerializer]
[Alias("steward.approval-page")]
public sealed record ApprovalPage
{
    /// <summary>The requests.</summary>
    [Id(0)]
    public required IReadOnlyList<ApprovalSummary> Approvals { get; init; }

    /// <summary>For the next page; null at the end.</summary>
    [Id(1)]
    public string? Next { get; init; }
}

/// <summary>A request in a list.</summary>
[GenerateSerializer]
[Alias("steward.approval-summary")]
public sealed record ApprovalSummary
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string ApprovalId { get; init; }

    /// <summary>Where it is.</summary>
    [Id(1)]
    public required string Status { get; init; }

    /// <summary>The kind of request.</summary>
    [Id(2)]
    public required string Type { get; init; }

    /// <summary>The operation.</summary>
    [Id(3)]
    public required string Action { get; init; }

    /// <summary>What would be done, for people.</summary>
    [Id(4)]
    public required string Summary { get; init; }

    /// <summary>Who asked, by user id.</summary>
    [Id(5)]
    public required string Requester { get; init; }

    /// <summary>The requester's name, if known.</summary>
    [Id(6)]
    public string? RequesterName { get; init; }

    /// <summary><c>low</c> to <c>critical</c>.</summary>
    [Id(7)]
    public required string Risk { get; init; }

    /// <summary>Names what a decision is about: bulk decisions send it back.</summary>
    [Id(8)]
    public required string SubjectHash { get; init; }

    /// <summary>When it was asked for.</summary>
    [Id(9)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When its level or the request lapses.</summary>
    [Id(10)]
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(11)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who decided, by user id.</summary>
    [Id(12)]
    public IReadOnlyList<string> DecidedBy { get; init; } = [];

    /// <summary>How likely it is that its level is not decided in time, 0 to 1; null when unknown.</summary>
    [Id(13)]
    public double? BreachProbability { get; init; }

    /// <summary>The run, if one waits.</summary>
    [Id(14)]
    public string? RunId { get; init; }
}

/// <summary>Which part of the audit trail.</summary>
[GenerateSerializer]
[Alias("steward.export-approvals")]
public sealed record ExportApprovals
{
    /// <summary>Requests that were last changed at or after this.</summary>
    [Id(0)]
    public required DateTimeOffset From { get; init; }

    /// <summary>And before this.</summary>
    [Id(1)]
    public required DateTimeOffset Until { get; init; }

    /// <summary>1 to 200.</summary>
    [Id(2)]
    public int Limit { get; init; } = 100;

    /// <summary>The page's beginning.</summary>
    [Id(3)]
    public string? After { get; init; }
}

/// <summary>Part of the audit trail.</summary>
[GenerateSerializer]
[Alias("steward.approval-export-page")]
public sealed record ApprovalExportPage
{
    /// <summary>The requests with all that happened to them.</summary>
    [Id(0)]
    public required IReadOnlyList<ApprovalAudit> Approvals { get; init; }

    /// <summary>For the next page; null at the end.</summary>
    [Id(1)]
    public string? Next { get; init; }
}

/// <summary>A request and all that happened to it.</summary>
[GenerateSerializer]
[Alias("steward.approval-audit")]
public sealed record ApprovalAudit
{
    /// <summary>The request.</summary>
    [Id(0)]
    public required ApprovalSummary Approval { get; init; }

    /// <summary>What happened.</summary>
    [Id(1)]
    public required IReadOnlyList<ApprovalHistoryEntry> History { get; init; }
}
