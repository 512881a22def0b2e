using System.Text.Json.Serialization;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Calendars;
using Steward.Engines.Approvals.Rules;

namespace Steward.Engines.Approvals.Machine;

/// <summary>An approval, made from its events. Immutable. <see cref="ApprovalEvents.SerializeState"/> gives its form as a snapshot; members are added, never renamed.</summary>
public sealed partial record ApprovalState
{
    /// <summary>The sequence number of the last event in it.</summary>
    public required long Version { get; init; }

    /// <summary>When that happened.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>What was asked.</summary>
    public required ApprovalRequest Request { get; init; }

    /// <summary>Where it is.</summary>
    public ApprovalStatus Status { get; init; } = ApprovalStatus.Submitted;

    /// <summary>The chain and why; null before it is known.</summary>
    public RouteState? Route { get; init; }

    /// <summary>When it lapses if nobody decides.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The levels that were opened, in order.</summary>
    public IReadOnlyList<LevelState> Levels { get; init; } = [];

    /// <summary>The comments, oldest first.</summary>
    public IReadOnlyList<CommentState> Comments { get; init; } = [];

    /// <summary>How it ended; null while it is open.</summary>
    public EndState? End { get; init; }

    /// <summary>The operation that used it up; null before.</summary>
    public string? ConsumedBy { get; init; }

    /// <summary>How often in a row rules or people could not be looked up.</summary>
    public int Failures { get; init; }

    /// <summary>When that is tried again; null when it need not be.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>What somebody still has to be told, oldest first.</summary>
    public IReadOnlyList<NoticeDraft> Outbox { get; init; } = [];

    /// <summary>The sequence number of the last event that lists show something of.</summary>
    public long ListVersion { get; init; }

    /// <summary>As of which sequence number the lists know it.</summary>
    public long ListedThrough { get; init; }

    /// <summary>Whether the run knows how it ended.</summary>
    public bool RunTold { get; init; }

    /// <summary>The record in another system; null before there is one.</summary>
    public MirrorState? Mirror { get; init; }

    /// <summary>Whether it ended, for good.</summary>
    [JsonIgnore]
    public bool IsOver => End is not null;

    /// <summary>The level that waits for people; null for none.</summary>
    [JsonIgnore]
    public LevelState? OpenLevel => Levels.Count > 0 && Levels[^1].Status == LevelStatus.Open ? Levels[^1] : null;

    /// <summary>Whether everybody who had to be told was: a grain has nothing to hand over.</summary>
    [JsonIgnore]
    public bool IsHandedOver => Outbox.Count == 0 && ListedThrough >= ListVersion && (RunTold || !IsOver || Request.RunId is null);

    /// <summary>When the open level or the request lapses; null when it is over.</summary>
    [JsonIgnore]
    public DateTimeOffset? DueAt => IsOver ? null : OpenLevel?.EndsAt is { } ends && ends < ExpiresAt ? ends : ExpiresAt;

    /// <summary>The votes of all levels, in order.</summary>
    [JsonIgnore]
    public IEnumerable<(LevelState Level, VoteState Vote)> Votes => Levels.SelectMany(level => level.Votes.Select(vote => (level, vote)));
}

/// <summary>What the rules said of a request: all that is needed of it later, whatever becomes of the rules.</summary>
public sealed record RouteState
{
    /// <summary>The version of the rule set; 0 when the tenant has none.</summary>
    public required int Version { get; init; }

    /// <summary>The rule that matched; null when none did.</summary>
    public string? Rule { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Explanation { get; init; }

    /// <summary>The chain.</summary>
    public required ChainDefinition Chain { get; init; }

    /// <summary>The hours in which the chain's times count; null for every hour.</summary>
    public CalendarRecord? Calendar { get; init; }

    /// <summary>What was frozen when it was routed.</summary>
    public FreezeNotice? Freeze { get; init; }

    /// <summary>What is kept of a verdict.</summary>
    public static RouteState Of(RuleVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return new()
        {
            Version = verdict.Version,
            Rule = verdict.Rule,
            Explanation = verdict.Explanation,
            Chain = verdict.Chain,
            Calendar = verdict.Calendar is null ? null : CalendarRecord.Of(verdict.Calendar),
            Freeze = verdict.Freeze,
        };
    }
}

/// <summary>A level that was opened.</summary>
public sealed record LevelState
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is.</summary>
    public LevelStatus Status { get; init; } = LevelStatus.Open;

    /// <summary>How many have to approve.</summary>
    public required int Required { get; init; }

    /// <summary>Who is asked.</summary>
    public required IReadOnlyList<Seat> Seats { get; init; }

    /// <summary>What was not as the rules meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When those who have not voted are reminded, ascending.</summary>
    public IReadOnlyList<DateTimeOffset> RemindAt { get; init; } = [];

    /// <summary>How many of these are past.</summary>
    public int Reminded { get; init; }

    /// <summary>When others are asked in addition.</summary>
    public DateTimeOffset? EscalateAt { get; init; }

    /// <summary>Whether they were.</summary>
    public bool IsEscalated { get; init; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The delegations that were in force for its people when they were last looked up, by id.</summary>
    public IReadOnlyList<string> Delegations { get => field ?? []; init; }

    /// <summary>When that changes by itself; null when it does not.</summary>
    public DateTimeOffset? DelegationsAt { get; init; }

    /// <summary>The votes, in order.</summary>
    public IReadOnlyList<VoteState> Votes { get; init; } = [];

    /// <summary>How many approved.</summary>
    [JsonIgnore]
    public int Approvals => Votes.Count(vote => vote.Decision == VoteDecision.Approve);

    /// <summary>
    /// Whether the quorum cannot be reached any more. A level has as many votes to give as its seats count for, and at least as many as it takes; each rejection takes one away.
    /// </summary>
    [JsonIgnore]
    public bool IsOutOfReach => Math.Max(Seats.Sum(seat => seat.Size), Required) - Votes.Count(vote => vote.Decision == VoteDecision.Reject) < Required;
}

/// <summary>A vote.</summary>
public sealed record VoteState
{
    /// <summary>In which seat, from 0.</summary>
    public required int Seat { get; init; }

    /// <summary>Who, by user id.</summary>
    public string? By { get; init; }

    /// <summary>Their address.</summary>
    public string? Email { get; init; }

    /// <summary>Their name.</summary>
    public string? Name { get; init; }

    /// <summary>For whom, by mail address; null for themselves.</summary>
    public string? For { get; init; }

    /// <summary>How.</summary>
    public required VoteDecision Decision { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Where.</summary>
    public string? Channel { get; init; }

    /// <summary>Why.</summary>
    public string? Comment { get; init; }

    /// <summary>Which click.</summary>
    public string? OperationId { get; init; }

    /// <summary>The voter as texts name them.</summary>
    [JsonIgnore]
    public string Label => Name ?? Email ?? By ?? "somebody";
}

/// <summary>A comment.</summary>
public sealed record CommentState
{
    /// <summary>Who, by user id.</summary>
    public string? By { get; init; }

    /// <summary>Their address.</summary>
    public string? Email { get; init; }

    /// <summary>Their name.</summary>
    public string? Name { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What.</summary>
    public required string Text { get; init; }

    /// <summary>The same for repetitions.</summary>
    public string? OperationId { get; init; }
}

/// <summary>How an approval ended.</summary>
public sealed record EndState
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who, by user id; null for time and the platform.</summary>
    public string? By { get; init; }

    /// <summary>Their name or address.</summary>
    public string? Label { get; init; }

    /// <summary>For whom, by mail address.</summary>
    public string? For { get; init; }

    /// <summary>Where; null for time and the platform.</summary>
    public string? Channel { get; init; }

    /// <summary>Why, safe to show.</summary>
    public string? Reason { get; init; }

    /// <summary>Until when an approval may be used.</summary>
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>From when, because changes are frozen until then.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}

/// <summary>Where a level is.</summary>
public enum LevelStatus
{
    /// <summary>Waits for people.</summary>
    Open,

    /// <summary>Enough approved, or time took it as approved.</summary>
    Approved,

    /// <summary>Refused.</summary>
    Rejected,

    /// <summary>The request ended in another way.</summary>
    Over,
}

/// <summary>A vote's content.</summary>
public enum VoteDecision
{
    /// <summary>Do it.</summary>
    Approve,

    /// <summary>Do not.</summary>
    Reject,
}
