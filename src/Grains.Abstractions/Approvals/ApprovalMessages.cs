using Steward.Identity;

namespace Steward.Approvals;

/// <summary>Asks for a human decision.</summary>
[GenerateSerializer]
[Alias("steward.submit-approval")]
public sealed record SubmitApproval
{
    /// <summary>The type of a request of which nobody says the kind.</summary>
    public const string UnknownType = "other";

    /// <summary>The kind of request, for example <c>db_access</c>: 1 to 64 of a-z, 0-9, '_', '-' and '.'.</summary>
    [Id(0)]
    public required string Type { get; init; }

    /// <summary>The operation that would be carried out.</summary>
    [Id(1)]
    public required string Action { get; init; }

    /// <summary>The exact arguments, a JSON object of at most 64 KiB.</summary>
    [Id(2)]
    public required string Arguments { get; init; }

    /// <summary>What would be done, in a sentence for people; 1,000 characters at most.</summary>
    [Id(3)]
    public required string Summary { get; init; }

    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(4)]
    public string? Reason { get; init; }

    /// <summary>In whose name.</summary>
    [Id(5)]
    public required CallerIdentity Requester { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>.</summary>
    [Id(6)]
    public string Risk { get; init; } = "medium";

    /// <summary>What it costs; needs <see cref="Currency"/>.</summary>
    [Id(7)]
    public decimal? Amount { get; init; }

    /// <summary>ISO 4217 code.</summary>
    [Id(8)]
    public string? Currency { get; init; }

    /// <summary>Where it takes effect, for example <c>production</c>.</summary>
    [Id(9)]
    public string? Environment { get; init; }

    /// <summary>What it would do as far as is known beforehand, a JSON object.</summary>
    [Id(10)]
    public string? Preview { get; init; }

    /// <summary>More for rules to look at, a JSON object of plain values.</summary>
    [Id(11)]
    public string? Attributes { get; init; }

    /// <summary>The run that waits; null for requests over the API.</summary>
    [Id(12)]
    public string? RunId { get; init; }

    /// <summary>The run's id of the request.</summary>
    [Id(13)]
    public string? RunRequestId { get; init; }

    /// <summary>Whom the action policy names.</summary>
    [Id(14)]
    public IReadOnlyList<string> PolicyApprovers { get; init; } = [];

    /// <summary>When it was asked for.</summary>
    [Id(15)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it lapses at the latest.</summary>
    [Id(16)]
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A vote.</summary>
[GenerateSerializer]
[Alias("steward.decide-approval")]
public sealed record DecideApproval
{
    /// <summary><c>approve</c> or <c>reject</c>.</summary>
    [Id(0)]
    public required string Decision { get; init; }

    /// <summary>The hash of what was shown.</summary>
    [Id(1)]
    public required string SubjectHash { get; init; }

    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(2)]
    public string? Comment { get; init; }

    /// <summary>Where: <c>api</c>, <c>console</c>, <c>slack</c>, <c>teams</c>, <c>email</c> or <c>mirror</c>.</summary>
    [Id(3)]
    public string Channel { get; init; } = "api";

    /// <summary>The same for repetitions of one click; null when the caller has none.</summary>
    [Id(4)]
    public string? OperationId { get; init; }
}

/// <summary>Hands a vote on.</summary>
[GenerateSerializer]
[Alias("steward.delegate-approval")]
public sealed record DelegateApproval
{
    /// <summary>The delegate's mail address.</summary>
    [Id(0)]
    public required string To { get; init; }

    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(1)]
    public string? Reason { get; init; }
}

/// <summary>A comment.</summary>
[GenerateSerializer]
[Alias("steward.comment-approval")]
public sealed record CommentApproval
{
    /// <summary>1 to 2,000 characters.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>The same for repetitions.</summary>
    [Id(1)]
    public string? OperationId { get; init; }
}

/// <summary>Withdraws a request.</summary>
[GenerateSerializer]
[Alias("steward.cancel-approval")]
public sealed record CancelApproval
{
    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(0)]
    public string? Reason { get; init; }
}

/// <summary>Uses an approval up.</summary>
[GenerateSerializer]
[Alias("steward.consume-approval")]
public sealed record ConsumeApproval
{
    /// <summary>The hash of what will be done.</summary>
    [Id(0)]
    public required string SubjectHash { get; init; }

    /// <summary>The same for repetitions.</summary>
    [Id(1)]
    public required string OperationId { get; init; }
}

/// <summary>A request as people see it.</summary>
[GenerateSerializer]
[Alias("steward.approval-view")]
public sealed record ApprovalView
{
    /// <summary>Its id, <c>a-…</c>.</summary>
    [Id(0)]
    public required string ApprovalId { get; init; }

    /// <summary><c>submitted</c>, <c>pending</c>, <c>escalated</c>, <c>approved</c>, <c>rejected</c>, <c>expired</c> or <c>cancelled</c>.</summary>
    [Id(1)]
    public required string Status { get; init; }

    /// <summary>What was asked.</summary>
    [Id(2)]
    public required SubmitApproval Request { get; init; }

    /// <summary>Names what a decision is about.</summary>
    [Id(3)]
    public required string SubjectHash { get; init; }

    /// <summary>The rule that matched, why, and with which version of the rules; null before that is known.</summary>
    [Id(4)]
    public ApprovalRoute? Route { get; init; }

    /// <summary>The levels that were opened, in order.</summary>
    [Id(5)]
    public IReadOnlyList<ApprovalLevelView> Levels { get; init; } = [];

    /// <summary>The comments, oldest first.</summary>
    [Id(6)]
    public IReadOnlyList<ApprovalComment> Comments { get; init; } = [];

    /// <summary>When it ended.</summary>
    [Id(7)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended, safe to show.</summary>
    [Id(8)]
    public string? EndReason { get; init; }

    /// <summary>Until when an approval may be used.</summary>
    [Id(9)]
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>When it lapses if nobody decides.</summary>
    [Id(10)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the caller can vote now.</summary>
    [Id(11)]
    public bool CanDecide { get; init; }

    /// <summary>For whom the caller would act; null for themselves.</summary>
    [Id(12)]
    public string? ActsFor { get; init; }

    /// <summary>Grows with each change.</summary>
    [Id(13)]
    public long Version { get; init; }

    /// <summary>What was sent to whom, and what became of it; filled in where it was asked for.</summary>
    [Id(14)]
    public IReadOnlyList<Notifications.NoticeStatus> Deliveries { get; init; } = [];

    /// <summary>Past decisions about the like; filled in where it was asked for.</summary>
    [Id(15)]
    public IReadOnlyList<ApprovalSummary> Similar { get; init; } = [];

    /// <summary>The record in another system that goes along; null for none.</summary>
    [Id(16)]
    public string? MirrorReference { get; init; }

    /// <summary>What is to be expected, with its reasons: never decides anything. Null when there is no history to tell from.</summary>
    [Id(17)]
    public ApprovalForecast? Forecast { get; init; }

    /// <summary>How the record in another system that goes along stands; null for none.</summary>
    [Id(18)]
    public ApprovalMirror? Mirror { get; init; }
}

/// <summary>The record in another system that goes along with a request.</summary>
[GenerateSerializer]
[Alias("steward.approval-mirror")]
public sealed record ApprovalMirror
{
    /// <summary>The connector instance.</summary>
    [Id(0)]
    public required string Instance { get; init; }

    /// <summary><c>servicenow_approval</c> or <c>jira_transition</c>.</summary>
    [Id(1)]
    public required string Kind { get; init; }

    /// <summary><c>creating</c>, <c>open</c>, <c>closed</c> or <c>failed</c>.</summary>
    [Id(2)]
    public required string Status { get; init; }

    /// <summary>What people there call it; null before it is known.</summary>
    [Id(3)]
    public string? Reference { get; init; }

    /// <summary>Where people find it; null when that is not known.</summary>
    [Id(4)]
    public string? Url { get; init; }

    /// <summary>Why it is not in step, safe to show; null when it is.</summary>
    [Id(5)]
    public string? Error { get; init; }

    /// <summary>When it is looked at, or tried, again; null when nothing but a change leads to that.</summary>
    [Id(6)]
    public DateTimeOffset? NextAt { get; init; }
}

/// <summary>How a request's chain was found.</summary>
[GenerateSerializer]
[Alias("steward.approval-route")]
public sealed record ApprovalRoute
{
    /// <summary>The version of the rule set; 0 when there is none.</summary>
    [Id(0)]
    public required int RulesVersion { get; init; }

    /// <summary>The rule; null when none matched.</summary>
    [Id(1)]
    public string? Rule { get; init; }

    /// <summary>Why, for people.</summary>
    [Id(2)]
    public required string Explanation { get; init; }

    /// <summary>How many levels the chain has.</summary>
    [Id(3)]
    public required int LevelCount { get; init; }

    /// <summary>What is frozen now, for people; null for nothing.</summary>
    [Id(4)]
    public string? Freeze { get; init; }
}

/// <summary>One level of a request.</summary>
[GenerateSerializer]
[Alias("steward.approval-level")]
public sealed record ApprovalLevelView
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary><c>open</c>, <c>approved</c>, <c>rejected</c> or <c>over</c>.</summary>
    [Id(1)]
    public required string State { get; init; }

    /// <summary>How many have to approve.</summary>
    [Id(2)]
    public required int Required { get; init; }

    /// <summary>Who is asked.</summary>
    [Id(3)]
    public required IReadOnlyList<ApproverView> Approvers { get; init; }

    /// <summary>When it began.</summary>
    [Id(4)]
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When it ends by itself; null when only the request's expiry ends it.</summary>
    [Id(5)]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The votes.</summary>
    [Id(6)]
    public IReadOnlyList<ApprovalVote> Votes { get; init; } = [];
}

/// <summary>Somebody who is asked: a person, or whoever has a role.</summary>
[GenerateSerializer]
[Alias("steward.approver")]
public sealed record ApproverView
{
    /// <summary>Mail address; null for a role whose holders nobody knows.</summary>
    [Id(0)]
    public string? Email { get; init; }

    /// <summary>User id, if known.</summary>
    [Id(1)]
    public string? UserId { get; init; }

    /// <summary>Display name, or the role's.</summary>
    [Id(2)]
    public required string Name { get; init; }

    /// <summary>Why this one is asked, for example <c>manager of ada@acme.example</c>.</summary>
    [Id(3)]
    public required string Via { get; init; }

    /// <summary>Who may act for them, by mail address.</summary>
    [Id(4)]
    public IReadOnlyList<string> Delegates { get; init; } = [];

    /// <summary>The role, when it is one.</summary>
    [Id(5)]
    public string? Role { get; init; }
}

/// <summary>One vote.</summary>
[GenerateSerializer]
[Alias("steward.approval-vote")]
public sealed record ApprovalVote
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required string By { get; init; }

    /// <summary>For whom, by mail address; null for themselves.</summary>
    [Id(1)]
    public string? For { get; init; }

    /// <summary><c>approve</c> or <c>reject</c>.</summary>
    [Id(2)]
    public required string Decision { get; init; }

    /// <summary>When.</summary>
    [Id(3)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Where.</summary>
    [Id(4)]
    public required string Channel { get; init; }

    /// <summary>Why.</summary>
    [Id(5)]
    public string? Comment { get; init; }
}

/// <summary>One comment.</summary>
[GenerateSerializer]
[Alias("steward.approval-comment")]
public sealed record ApprovalComment
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required string By { get; init; }

    /// <summary>When.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>What.</summary>
    [Id(2)]
    public required string Text { get; init; }
}

/// <summary>One thing that happened to a request.</summary>
[GenerateSerializer]
[Alias("steward.approval-history-entry")]
public sealed record ApprovalHistoryEntry
{
    /// <summary>Place in the journal, from 1.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>What, for example <c>approval.submitted</c>; docs/api/approvals.md lists them.</summary>
    [Id(1)]
    public required string Type { get; init; }

    /// <summary>When.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The status afterwards.</summary>
    [Id(3)]
    public required string Status { get; init; }

    /// <summary>Who; null for time and the platform.</summary>
    [Id(4)]
    public string? Actor { get; init; }

    /// <summary>For whom the actor acted.</summary>
    [Id(5)]
    public string? ActedFor { get; init; }

    /// <summary>Where.</summary>
    [Id(6)]
    public string? Channel { get; init; }

    /// <summary>Why, safe to show.</summary>
    [Id(7)]
    public string? Reason { get; init; }
}

/// <summary>What the tenant's history says of a request.</summary>
[GenerateSerializer]
[Alias("steward.approval-forecast")]
public sealed record ApprovalForecast
{
    /// <summary>How likely its current level is not decided in time, 0 to 1; null when it has no such time.</summary>
    [Id(0)]
    public double? BreachProbability { get; init; }

    /// <summary>Who of those asked is likely to decide, by mail address; null when nobody stands out.</summary>
    [Id(1)]
    public string? LikelyApprover { get; init; }

    /// <summary>What it was told from, for people.</summary>
    [Id(2)]
    public IReadOnlyList<string> Reasons { get; init; } = [];
}
