using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Steward.Approvals;
using Steward.Notifications;

namespace Steward.Client.Http;

/// <summary>Asks for a decision.</summary>
public sealed record SubmitApprovalRequest
{
    /// <summary>The kind of request, for example <c>db_access</c>; left out, it is <c>other</c>.</summary>
    [Length(1, 64)]
    public string? Type { get; init; }

    /// <summary>The operation that would be carried out.</summary>
    /// <remarks>Not init-only: the generated reader would set it to null when it is left out.</remarks>
    [Required]
    [Length(1, 200)]
    public string Action { get; set; } = "";

    /// <summary>The exact arguments.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>What would be done, in a sentence for people.</summary>
    [Required]
    [Length(1, 1000)]
    public string Summary { get; set; } = "";

    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Reason { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>; <c>medium</c> by default.</summary>
    public string? Risk { get; init; }

    /// <summary>What it costs.</summary>
    public decimal? Amount { get; init; }

    /// <summary>ISO 4217 code of the amount.</summary>
    public string? Currency { get; init; }

    /// <summary>Where it takes effect, for example <c>production</c>.</summary>
    [MaxLength(64)]
    public string? Environment { get; init; }

    /// <summary>What it would do as far as is known beforehand.</summary>
    public JsonElement? Preview { get; init; }

    /// <summary>More for rules to look at, plain values.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>When it lapses at the latest.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The same for repetitions; the header Idempotency-Key does as well.</summary>
    [MaxLength(128)]
    public string? OperationId { get; init; }
}

/// <summary>A vote.</summary>
public sealed record DecideApprovalRequest
{
    /// <summary><c>approve</c> or <c>reject</c>.</summary>
    [Required]
    public string Decision { get; set; } = "";

    /// <summary>The subjectHash of what was shown.</summary>
    [Required]
    [Length(1, 128)]
    public string SubjectHash { get; set; } = "";

    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Comment { get; init; }

    /// <summary>The same for repetitions of one click.</summary>
    [MaxLength(128)]
    public string? OperationId { get; init; }

    /// <summary>Where it was decided: <c>api</c>, the default, or <c>console</c>.</summary>
    public string? Channel { get; init; }
}

/// <summary>Several votes.</summary>
public sealed record DecideApprovalsRequest
{
    /// <summary>1 to 100, each approval once.</summary>
    [Required]
    [Length(1, 100)]
    public IReadOnlyList<ApprovalDecisionRequest> Decisions { get; set; } = [];
}

/// <summary>One of several votes.</summary>
public sealed record ApprovalDecisionRequest
{
    /// <summary>The approval.</summary>
    [Required]
    public string ApprovalId { get; set; } = "";

    /// <summary><c>approve</c> or <c>reject</c>.</summary>
    [Required]
    public string Decision { get; set; } = "";

    /// <summary>The subjectHash of what was shown.</summary>
    [Required]
    [Length(1, 128)]
    public string SubjectHash { get; set; } = "";

    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Comment { get; init; }

    /// <summary>The same for repetitions of one click.</summary>
    [MaxLength(128)]
    public string? OperationId { get; init; }

    /// <summary>Where it was decided: <c>api</c>, the default, or <c>console</c>.</summary>
    public string? Channel { get; init; }
}

/// <summary>Hands a vote on.</summary>
public sealed record DelegateApprovalRequest
{
    /// <summary>The delegate's mail address.</summary>
    [Required]
    [Length(3, 254)]
    public string To { get; set; } = "";

    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Reason { get; init; }
}

/// <summary>A comment.</summary>
public sealed record CommentApprovalRequest
{
    /// <summary>What.</summary>
    [Required]
    [Length(1, 2000)]
    public string Text { get; set; } = "";

    /// <summary>The same for repetitions.</summary>
    [MaxLength(128)]
    public string? OperationId { get; init; }
}

/// <summary>Withdraws a request.</summary>
public sealed record CancelApprovalRequest
{
    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Reason { get; init; }
}

/// <summary>Uses an approval up.</summary>
public sealed record ConsumeApprovalRequest
{
    /// <summary>The subjectHash of what will be done.</summary>
    [Required]
    [Length(1, 128)]
    public string SubjectHash { get; set; } = "";

    /// <summary>The same for repetitions.</summary>
    [Required]
    [Length(1, 128)]
    public string OperationId { get; set; } = "";
}

/// <summary>A rule set to look at.</summary>
public sealed record ValidateRulesRequest
{
    /// <summary>The rules, YAML.</summary>
    [Required]
    public string Text { get; set; } = "";
}

/// <summary>A rule set to try on past requests.</summary>
public sealed record SimulateRulesRequest
{
    /// <summary>The rules, YAML.</summary>
    [Required]
    public string Text { get; set; } = "";

    /// <summary>Requests since then; the last 30 days by default.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The most requests to try, 1 to 5,000; 1,000 by default.</summary>
    [Range(1, 5000)]
    public int? Limit { get; init; }
}

/// <summary>A rule set that is to hold.</summary>
public sealed record PublishRulesRequest
{
    /// <summary>The rules, YAML.</summary>
    [Required]
    public string Text { get; set; } = "";

    /// <summary>The version that holds now, as the caller knows it; 0 for none. Without it any.</summary>
    public int? ExpectedVersion { get; init; }

    /// <summary>Why.</summary>
    [MaxLength(2000)]
    public string? Comment { get; init; }
}

/// <summary>A version to publish again.</summary>
public sealed record RollBackRulesRequest
{
    /// <summary>The version.</summary>
    [Required]
    public int Version { get; set; }
}

/// <summary>Somebody decides for somebody else for a time.</summary>
public sealed record CreateDelegationRequest
{
    /// <summary>1 to 64 of a-z, 0-9 and hyphen; drawn when left out.</summary>
    [MaxLength(64)]
    public string? DelegationId { get; init; }

    /// <summary>Mail address of whoever is acted for; the caller's by default, another only by admins.</summary>
    [MaxLength(254)]
    public string? From { get; init; }

    /// <summary>Mail address of the delegate.</summary>
    [Required]
    [Length(3, 254)]
    public string To { get; set; } = "";

    /// <summary>Its beginning.</summary>
    [Required]
    public DateTimeOffset Begins { get; set; }

    /// <summary>Its end.</summary>
    [Required]
    public DateTimeOffset Ends { get; set; }

    /// <summary>Only for requests of these types; for all without it.</summary>
    public IReadOnlyList<string>? Types { get; init; }
}

/// <summary>In whose name something is asked for.</summary>
public sealed record RequesterResource
{
    /// <summary>User id.</summary>
    public required string UserId { get; init; }

    /// <summary>Name, if known.</summary>
    public string? Name { get; init; }

    /// <summary>Mail address, if known.</summary>
    public string? Email { get; init; }
}

/// <summary>A request for a decision. What people and models wrote in it is data, never markup or instructions.</summary>
public sealed record ApprovalResource
{
    /// <summary>Its id.</summary>
    public required string ApprovalId { get; init; }

    /// <summary><c>submitted</c>, <c>pending</c>, <c>escalated</c>, <c>approved</c>, <c>rejected</c>, <c>expired</c> or <c>cancelled</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The kind of request.</summary>
    public required string Type { get; init; }

    /// <summary>The operation that would be carried out.</summary>
    public required string Action { get; init; }

    /// <summary>The exact arguments.</summary>
    public required JsonElement Arguments { get; init; }

    /// <summary>Names what a decision is about; decisions send it back.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>What would be done, for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>In whose name.</summary>
    public required RequesterResource Requester { get; init; }

    /// <summary><c>low</c> to <c>critical</c>.</summary>
    public required string Risk { get; init; }

    /// <summary>What it costs.</summary>
    public decimal? Amount { get; init; }

    /// <summary>ISO 4217 code of the amount.</summary>
    public string? Currency { get; init; }

    /// <summary>Where it takes effect.</summary>
    public string? Environment { get; init; }

    /// <summary>What it would do as far as is known beforehand.</summary>
    public JsonElement? Preview { get; init; }

    /// <summary>More that rules looked at.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>The run that waits.</summary>
    public string? RunId { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it lapses if nobody decides.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The rule that matched, and why.</summary>
    public ApprovalRoute? Route { get; init; }

    /// <summary>The levels that were opened, in order, with who is asked and the votes.</summary>
    public required IReadOnlyList<ApprovalLevelView> Levels { get; init; }

    /// <summary>The comments, oldest first.</summary>
    public required IReadOnlyList<ApprovalComment> Comments { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended.</summary>
    public string? EndReason { get; init; }

    /// <summary>Until when an approval may be used.</summary>
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>Whether the caller can vote now.</summary>
    public bool CanDecide { get; init; }

    /// <summary>For whom the caller would act; absent for themselves.</summary>
    public string? ActsFor { get; init; }

    /// <summary>Grows with each change.</summary>
    public long Version { get; init; }

    /// <summary>What was sent to whom; only where it was asked for.</summary>
    public IReadOnlyList<NoticeStatus>? Deliveries { get; init; }

    /// <summary>Past decisions about the like.</summary>
    public required IReadOnlyList<ApprovalSummary> Similar { get; init; }

    /// <summary>The record in another system that goes along.</summary>
    public string? MirrorReference { get; init; }

    /// <summary>How that record stands.</summary>
    public ApprovalMirror? Mirror { get; init; }

    /// <summary>What is to be expected; never decides anything.</summary>
    public ApprovalForecast? Forecast { get; init; }

    /// <summary>Everything that happened, oldest first; only where it was asked for.</summary>
    public IReadOnlyList<ApprovalHistoryEntry>? History { get; init; }
}

/// <summary>Part of a list of approvals.</summary>
public sealed record ApprovalListResource
{
    /// <summary>The approvals.</summary>
    public required IReadOnlyList<ApprovalSummary> Approvals { get; init; }

    /// <summary>The cursor of the next page; absent at the end.</summary>
    public string? NextCursor { get; init; }
}

/// <summary>What became of several votes.</summary>
public sealed record ApprovalDecisionsResource
{
    /// <summary>A result for each vote, in order.</summary>
    public required IReadOnlyList<ApprovalDecisionResource> Results { get; init; }
}

/// <summary>What became of one of several votes: it has either an approval or a problem.</summary>
public sealed record ApprovalDecisionResource
{
    /// <summary>The approval.</summary>
    public required string ApprovalId { get; init; }

    /// <summary>The approval afterwards.</summary>
    public ApprovalResource? Approval { get; init; }

    /// <summary>Why the vote did not count, or may not have counted.</summary>
    public ProblemResource? Problem { get; init; }
}

/// <summary>Whether an approval may be used.</summary>
public sealed record ConsumedResource
{
    /// <summary>Whether the caller is the one that may act.</summary>
    public required bool MayAct { get; init; }
}

/// <summary>The history of an approval.</summary>
public sealed record ApprovalHistoryResource
{
    /// <summary>The entries, oldest first.</summary>
    public required IReadOnlyList<ApprovalHistoryEntry> Entries { get; init; }
}

/// <summary>Versions of rules.</summary>
public sealed record RuleVersionsResource
{
    /// <summary>The versions, newest first, without their texts.</summary>
    public required IReadOnlyList<ApprovalRuleSet> Versions { get; init; }
}

/// <summary>Delegations.</summary>
public sealed record DelegationListResource
{
    /// <summary>The delegations.</summary>
    public required IReadOnlyList<DelegationView> Delegations { get; init; }
}
