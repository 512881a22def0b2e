namespace Steward.Engines.Approvals.Chains;

/// <summary>Who has to approve, one level after the other.</summary>
public sealed record ChainDefinition
{
    /// <summary>The most levels.</summary>
    public const int MaxLevels = 5;

    /// <summary>One to <see cref="MaxLevels"/> levels, in order.</summary>
    public required IReadOnlyList<LevelDefinition> Levels { get; init; }

    /// <summary>Who is asked at a level for which nobody else was found; the tenant's admins when this is empty, too.</summary>
    public IReadOnlyList<ApproverSpec> Fallback { get; init; } = [];

    /// <summary>When the request lapses, after it was submitted.</summary>
    public TimeSpan ExpiresAfter { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long an approval may be used after it was given.</summary>
    public TimeSpan ValidFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether a person may vote at one level only.</summary>
    public bool FourEyes { get; init; } = true;

    /// <summary>Whether one rejection rejects the request, whatever the quorum is; otherwise it is rejected once the quorum cannot be reached any more.</summary>
    public bool Veto { get; init; } = true;

    /// <summary>The name of the tenant's working-hours calendar by which the times of <see cref="SlaDefinition"/> count; null counts every hour.</summary>
    public string? Calendar { get; init; }

    /// <summary>The record to keep in another system beside the request; null for none.</summary>
    public MirrorDefinition? Mirror { get; init; }
}

/// <summary>One level of a chain.</summary>
public sealed record LevelDefinition
{
    /// <summary>For people, for example <c>Manager</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Who is asked; whoever is named several times counts once.</summary>
    public required IReadOnlyList<ApproverSpec> Approvers { get; init; }

    /// <summary>How many of them have to approve.</summary>
    public Quorum Quorum { get; init; } = Quorum.Any;

    /// <summary>What happens while nobody decides; null: nothing before the request lapses.</summary>
    public SlaDefinition? Sla { get; init; }
}

/// <summary>Whom to ask.</summary>
/// <param name="Kind">How they are named.</param>
/// <param name="Value">A mail address, user id, group or role. For <see cref="ApproverKind.ManagerOf"/>: <c>requester</c> or a mail address.</param>
/// <param name="Levels">For <see cref="ApproverKind.ManagerOf"/>: 1 is the manager, 2 the manager's manager, to 10.</param>
public sealed record ApproverSpec(ApproverKind Kind, string Value, int Levels = 1);

/// <summary>How approvers are named.</summary>
public enum ApproverKind
{
    /// <summary>By mail address.</summary>
    Email,

    /// <summary>By the platform's user id.</summary>
    User,

    /// <summary>The members of a group of the directory.</summary>
    Group,

    /// <summary>Whoever has a role of the platform.</summary>
    Role,

    /// <summary>A manager, some levels up.</summary>
    ManagerOf,
}

/// <summary>How many of a level's people have to approve.</summary>
/// <param name="Kind">How it is counted.</param>
/// <param name="Value">For <see cref="QuorumKind.Count"/> 1 to 100; for <see cref="QuorumKind.Percent"/> 1 to 100, rounded up.</param>
public sealed record Quorum(QuorumKind Kind, int Value = 0)
{
    /// <summary>One is enough.</summary>
    public static Quorum Any { get; } = new(QuorumKind.Any);

    /// <summary>All of them.</summary>
    public static Quorum All { get; } = new(QuorumKind.All);
}

/// <summary>How a quorum is counted.</summary>
public enum QuorumKind
{
    /// <summary>One.</summary>
    Any,

    /// <summary>All.</summary>
    All,

    /// <summary>A number.</summary>
    Count,

    /// <summary>A part of them.</summary>
    Percent,
}

/// <summary>What time does at a level. All times count from the level's beginning, in the hours of the chain's calendar.</summary>
public sealed record SlaDefinition
{
    /// <summary>When those who have not voted are reminded; ascending, 20 at most.</summary>
    public IReadOnlyList<TimeSpan> RemindAfter { get; init; } = [];

    /// <summary>When others are asked in addition; null never.</summary>
    public TimeSpan? EscalateAfter { get; init; }

    /// <summary>Who they are; the managers of those who were asked when this is empty.</summary>
    public IReadOnlyList<ApproverSpec> EscalateTo { get; init; } = [];

    /// <summary>When the level ends by itself; null when only the request's expiry ends it.</summary>
    public TimeSpan? EndsAfter { get; init; }

    /// <summary>How it ends then.</summary>
    public SlaEnd End { get; init; } = SlaEnd.Expire;
}

/// <summary>How a level ends when nobody decided in time.</summary>
public enum SlaEnd
{
    /// <summary>The request lapses.</summary>
    Expire,

    /// <summary>The request is rejected.</summary>
    Reject,

    /// <summary>The level is taken as approved, and says that nobody did it.</summary>
    Approve,
}

/// <summary>A record in another system that goes along with a request: closing either closes the other.</summary>
public sealed record MirrorDefinition
{
    /// <summary>The connector instance, for example <c>servicenow-main</c>.</summary>
    public required string Instance { get; init; }

    /// <summary><c>servicenow_approval</c> or <c>jira_transition</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What the kind needs to know, for example the Jira project and the names of its transitions.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
