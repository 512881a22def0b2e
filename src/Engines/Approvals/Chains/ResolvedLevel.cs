using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>The people of a level, looked up: never nobody.</summary>
public sealed record ResolvedLevel
{
    /// <summary>Who is asked, each once; at least one.</summary>
    public required IReadOnlyList<Seat> Seats { get; init; }

    /// <summary>How many have to approve; at least one. Unused where people are added to a level by escalation: its number stays.</summary>
    public required int Required { get; init; }

    /// <summary>What was not as the rules meant, for people: who was left out and why, which fallback was taken.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The delegations that were in force for the level's people, by id.</summary>
    public IReadOnlyList<string> Delegations { get; init; } = [];

    /// <summary>When that changes by itself; null when it does not.</summary>
    public DateTimeOffset? DelegationsAt { get; init; }
}

/// <summary>Who may act for the people of an open level, looked up again because other delegations hold.</summary>
public sealed record ResolvedDelegations
{
    /// <summary>The level, from 1.</summary>
    public required int Level { get; init; }

    /// <summary>Who may act in which seat; seats that no delegation concerns are missing.</summary>
    public required IReadOnlyDictionary<int, IReadOnlyList<StandIn>> StandIns { get; init; }

    /// <summary>What was not as it was meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The delegations that hold now, by id.</summary>
    public required IReadOnlyList<string> Delegations { get; init; }

    /// <summary>When that changes by itself; null when it does not.</summary>
    public DateTimeOffset? DelegationsAt { get; init; }
}

/// <summary>
/// Somebody who is asked: a person, or whoever has a role. A person's seat takes one vote, by the person or one of those who may act for them. A role's seat takes a vote of each who comes with the role.
/// </summary>
public sealed record Seat
{
    /// <summary>The person; null for a role.</summary>
    public PersonRef? Person { get; init; }

    /// <summary>The role; null for a person.</summary>
    public string? Role { get; init; }

    /// <summary>Why they are asked, for people: all reasons, the first one first.</summary>
    public required IReadOnlyList<string> Via { get; init; }

    /// <summary>The directory's groups by which they are asked.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Who may act for the person.</summary>
    public IReadOnlyList<StandIn> StandIns { get; init; } = [];

    /// <summary>Who is known to hold the role: they are told, others may come.</summary>
    public IReadOnlyList<PersonRef> Holders { get; init; } = [];

    /// <summary>Whether the seat was added because nobody decided in time.</summary>
    public bool IsEscalated { get; init; }

    /// <summary>What the seat is called in texts.</summary>
    public string Label => Person?.Name ?? "role " + Role;

    /// <summary>How many votes the seat counts for in a quorum: 1 for a person; for a role the holders that are known, but at least 1.</summary>
    public int Size => Person is not null ? 1 : Math.Max(1, Holders.Count);
}

/// <summary>Somebody who may act for the person of a seat.</summary>
/// <param name="Person">Who.</param>
/// <param name="Via">Why, for people, for example <c>delegate of Ada until 2026-12-01</c>.</param>
public sealed record StandIn(PersonRef Person, string Via)
{
    /// <summary>The tenant's delegation by which they may, and no longer than that holds; null for whom the person named for this request, and for managers of those who are away.</summary>
    public string? DelegationId { get; init; }
}
