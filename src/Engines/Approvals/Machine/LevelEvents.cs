using System.Text.Json.Serialization;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

/// <summary>The people of a level are asked.</summary>
public sealed record LevelOpened : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.level_opened";

    /// <summary>Which, from 1.</summary>
    public required int Level { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who is asked.</summary>
    public required IReadOnlyList<Seat> Seats { get; init; }

    /// <summary>How many have to approve.</summary>
    public required int Required { get; init; }

    /// <summary>What was not as the rules meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>When those who have not voted are reminded, ascending.</summary>
    public IReadOnlyList<DateTimeOffset> RemindAt { get; init; } = [];

    /// <summary>When others are asked in addition.</summary>
    public DateTimeOffset? EscalateAt { get; init; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The delegations that were in force for the level's people, by id.</summary>
    public IReadOnlyList<string> Delegations { get => field ?? []; init; }

    /// <summary>When that changes by itself; null when it does not.</summary>
    public DateTimeOffset? DelegationsAt { get; init; }
}

/// <summary>Somebody voted.</summary>
public sealed record ApprovalVoted : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.voted";

    /// <summary>At which level.</summary>
    public required int Level { get; init; }

    /// <summary>In which of its seats, from 0.</summary>
    public required int Seat { get; init; }

    /// <summary>How.</summary>
    public required VoteDecision Decision { get; init; }

    /// <summary>The hash that the vote named.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>The same for repetitions of one click.</summary>
    public string? OperationId { get; init; }
}

/// <summary>Somebody let another act for them.</summary>
public sealed record ApprovalDelegated : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.delegated";

    /// <summary>At which level.</summary>
    public required int Level { get; init; }

    /// <summary>In which of its seats, from 0.</summary>
    public required int Seat { get; init; }

    /// <summary>Who may act now.</summary>
    public required PersonRef To { get; init; }
}

/// <summary>Those who have not voted were reminded.</summary>
public sealed record ApprovalReminded : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.reminded";

    /// <summary>At which level.</summary>
    public required int Level { get; init; }

    /// <summary>How many of the level's reminders are past with this one; those that were missed are said once.</summary>
    public required int Through { get; init; }
}

/// <summary>Nobody decided in time, and others are asked in addition.</summary>
public sealed record ApprovalEscalated : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.escalated";

    /// <summary>At which level.</summary>
    public required int Level { get; init; }

    /// <summary>Who is asked in addition; empty when all who could be are asked already.</summary>
    public required IReadOnlyList<Seat> Seats { get; init; }

    /// <summary>What was not as the rules meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>When the delegations of the level's people are to be looked at; null when none concerns them.</summary>
    public DateTimeOffset? DelegationsAt { get; init; }
}

/// <summary>Other delegations hold for the open level's people.</summary>
public sealed record DelegationsChanged : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.delegations_changed";

    /// <summary>At which level.</summary>
    public required int Level { get; init; }

    /// <summary>Who may act in addition.</summary>
    public required IReadOnlyList<SeatStandIn> Added { get; init; }

    /// <summary>Who may not act any more.</summary>
    public required IReadOnlyList<SeatStandIn> Removed { get; init; }

    /// <summary>What was not as it was meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The delegations that were in force for the level's people, by id.</summary>
    public IReadOnlyList<string> Delegations { get => field ?? []; init; }

    /// <summary>When that changes by itself; null when it does not.</summary>
    public DateTimeOffset? DelegationsAt { get; init; }
}

/// <summary>Somebody who may act in a seat.</summary>
/// <param name="Seat">Which, from 0.</param>
/// <param name="StandIn">Who.</param>
public sealed record SeatStandIn(int Seat, StandIn StandIn);

/// <summary>A level is done.</summary>
public sealed record LevelEnded : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.level_ended";

    /// <summary>Which.</summary>
    public required int Level { get; init; }

    /// <summary>How: <see cref="LevelStatus.Approved"/> or <see cref="LevelStatus.Rejected"/>.</summary>
    public required LevelStatus Outcome { get; init; }

    /// <summary>Whether time ended it and nobody decided.</summary>
    public bool ByTime { get; init; }
}
