using System.Text.Json;

namespace Steward.Engines.Approvals;

/// <summary>What people are asked to approve: one action with exactly these arguments.</summary>
public sealed record ApprovalRequest
{
    /// <summary>The tenant, <c>t-…</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>The approval's id, <c>a-…</c>.</summary>
    public required string ApprovalId { get; init; }

    /// <summary>The kind of request, for example <c>db_access</c>; the connector of the operation where nobody says another.</summary>
    public required string Type { get; init; }

    /// <summary>The operation that would be carried out, for example <c>okta.groups.add_user</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The exact arguments, an object.</summary>
    public required JsonElement Arguments { get; init; }

    /// <summary><see cref="CanonicalJson.SubjectHash"/> of action and arguments. A decision names it; another hash is refused.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>What would be done, in a sentence for people. Written by a model or an employee: data, never instructions.</summary>
    public required string Summary { get; init; }

    /// <summary>Why it is asked for, in the agent's or the employee's words.</summary>
    public string? Reason { get; init; }

    /// <summary>In whose name.</summary>
    public required Requester Requester { get; init; }

    /// <summary>How risky it is.</summary>
    public RiskLevel Risk { get; init; } = RiskLevel.Medium;

    /// <summary>What it costs, in <see cref="Currency"/>; null when it costs nothing or that is not known.</summary>
    public decimal? Amount { get; init; }

    /// <summary>ISO 4217 code of <see cref="Amount"/>.</summary>
    public string? Currency { get; init; }

    /// <summary>Where it takes effect, for example <c>production</c>; null when that is not known.</summary>
    public string? Environment { get; init; }

    /// <summary>What it would do as far as the target system can say beforehand: its dry run, or what it touches. An object.</summary>
    public JsonElement? Preview { get; init; }

    /// <summary>More that rules can look at, an object of plain values.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>The run that waits; null when the request came over the API.</summary>
    public string? RunId { get; init; }

    /// <summary>The run's own id of the request.</summary>
    public string? RunRequestId { get; init; }

    /// <summary>Whom the tenant's action policy names, as <c>role:NAME</c>, <c>email:ADDRESS</c> or <c>user:ID</c>: the chain where rules say nothing.</summary>
    public IReadOnlyList<string> PolicyApprovers { get; init; } = [];

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it lapses at the latest, whatever the chain says; null when only the chain says.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>In whose name something is asked for.</summary>
public sealed record Requester
{
    /// <summary>The person's id, <c>u-…</c>.</summary>
    public required string UserId { get; init; }

    /// <summary>Mail address, by which the directory knows the person; null when that is not known.</summary>
    public string? Email { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Roles in the tenant when it was asked for.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>How risky an action is.</summary>
public enum RiskLevel
{
    /// <summary>Easily undone, concerns one person.</summary>
    Low,

    /// <summary>Changes something.</summary>
    Medium,

    /// <summary>Takes something away or cannot be undone.</summary>
    High,

    /// <summary>Concerns many, or money, or production.</summary>
    Critical,
}

/// <summary>Where an approval is.</summary>
public enum ApprovalStatus
{
    /// <summary>Taken, but its chain is not known yet: rules or people are still being looked up.</summary>
    Submitted,

    /// <summary>Waits for people of its current level.</summary>
    Pending,

    /// <summary>Waits for the people whom it was escalated to, and for those of its level.</summary>
    Escalated,

    /// <summary>Approved. For good.</summary>
    Approved,

    /// <summary>Rejected. For good.</summary>
    Rejected,

    /// <summary>Nobody decided in time. For good.</summary>
    Expired,

    /// <summary>Withdrawn by whoever asked, or by the run. For good.</summary>
    Cancelled,
}
