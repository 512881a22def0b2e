namespace Steward.Triage;

/// <summary>How a tenant's tickets are triaged.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-settings")]
public sealed record TriageSettings
{
    /// <summary>Rises with each change; 0 when nothing was ever set.</summary>
    [Id(0)]
    public long Version { get; init; }

    /// <summary>The tenant's groups; at most 500. Empty: those of the base and of the labels.</summary>
    [Id(1)]
    public IReadOnlyList<TriageGroup> Groups { get; init; } = [];

    /// <summary>The shared model that answers where the tenant has no head. Default <c>it-topic</c>.</summary>
    [Id(2)]
    public string BaseModel { get; init; } = "it-topic";

    /// <summary>The share of right answers that is wanted where no person looks, above 0 and below 1. Default 0.95.</summary>
    [Id(3)]
    public double WantedPrecision { get; init; } = 0.95;

    /// <summary>The least confidence for routing by itself; null to have it tuned to the wanted precision.</summary>
    [Id(4)]
    public double? AutoRouteAt { get; init; }

    /// <summary>The least confidence for routing with a mark; null for 0.70 or what was tuned.</summary>
    [Id(5)]
    public double? ReviewAt { get; init; }

    /// <summary>Whether heads are trained at night. Default true.</summary>
    [Id(6)]
    public bool IsNightlyTrainingOn { get; init; } = true;

    /// <summary>The hour at which that begins, 0 to 23, in <see cref="TimeZone"/>. Default 2.</summary>
    [Id(7)]
    public int TrainingHour { get; init; } = 2;

    /// <summary>The tenant's time zone. Default UTC.</summary>
    [Id(8)]
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Instances whose new tickets are triaged, and how they are written back.</summary>
    [Id(9)]
    public IReadOnlyList<TriageConnector> Connectors { get; init; } = [];

    /// <summary>Whose tickets over the API count as those of a connected system do; at most 20. Default: nobody's.</summary>
    [Id(10)]
    public IReadOnlyList<TriageSender> Senders { get; init; } = [];
}

/// <summary>
/// An account that the tenant trusts to send the tickets of one of its systems through the API. They are watched for duplicates and major incidents, and heads are judged by what becomes of them. What the account says of
/// tickets counts as anybody's word does.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-sender")]
public sealed record TriageSender
{
    /// <summary>The person or service account, such as <c>u-desk</c>.</summary>
    [Id(0)]
    public required string UserId { get; init; }

    /// <summary>The system, such as <c>desk</c>: its tickets' ids begin with this and a colon, and nobody but its senders may use such ids. 1 to 64 of a-z, 0-9, '.', '_' and '-', and no instance of the tenant's connectors.</summary>
    [Id(1)]
    public required string Source { get; init; }

    /// <summary>How many of its tickets count within an hour (of the clock, in UTC); those beyond are decided as anybody's. 1 to 10,000. Default 1,000.</summary>
    [Id(2)]
    public int TicketsPerHour { get; init; } = 1_000;
}

/// <summary>A group that tickets are routed to.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-group")]
public sealed record TriageGroup
{
    /// <summary>Its name, as the systems write it; 1 to 200 characters.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>What it sees to: helps as long as there are no labels. At most 1,000 characters.</summary>
    [Id(1)]
    public string? Description { get; init; }

    /// <summary>The labels of the base model that mean this group; empty to find them by their names.</summary>
    [Id(2)]
    public IReadOnlyList<string> BaseLabels { get; init; } = [];
}

/// <summary>An instance whose new tickets are triaged.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-connector")]
public sealed record TriageConnector
{
    /// <summary>The connector instance, such as <c>servicenow</c>.</summary>
    [Id(0)]
    public required string Instance { get; init; }

    /// <summary>Whether assignment and comment are written to the record. Default true; without it decisions are only journaled.</summary>
    [Id(1)]
    public bool WritesBack { get; init; } = true;

    /// <summary>The lowest band whose assignment is written; the comment is written for all. Default: those routed and marked.</summary>
    [Id(2)]
    public TriageBand WritesFrom { get; init; } = TriageBand.Review;
}

/// <summary>What was decided and what became of it, by group.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-report")]
public sealed record TriageReport
{
    /// <summary>The first day.</summary>
    [Id(0)]
    public required DateOnly From { get; init; }

    /// <summary>The last day.</summary>
    [Id(1)]
    public required DateOnly To { get; init; }

    /// <summary>By the group that was decided, in ordinal order.</summary>
    [Id(2)]
    public required IReadOnlyList<TriageGroupReport> Groups { get; init; }

    /// <summary>All together; its label is <c>*</c>.</summary>
    [Id(3)]
    public required TriageGroupReport All { get; init; }

    /// <summary>Labels that there are, since ever.</summary>
    [Id(4)]
    public required long Labels { get; init; }

    /// <summary>The threshold that holds now; null when nothing is routed by itself.</summary>
    [Id(5)]
    public double? AutoRouteAt { get; init; }

    /// <summary>The threshold that holds now.</summary>
    [Id(6)]
    public double ReviewAt { get; init; }
}

/// <summary>How one group fared. Shares are null when nothing was said.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-group-report")]
public sealed record TriageGroupReport
{
    /// <summary>The group.</summary>
    [Id(0)]
    public required string Label { get; init; }

    /// <summary>Tickets decided.</summary>
    [Id(1)]
    public required long Decided { get; init; }

    /// <summary>Of these, routed without a person.</summary>
    [Id(2)]
    public required long AutoRouted { get; init; }

    /// <summary>Of these, routed and marked.</summary>
    [Id(3)]
    public required long Reviewed { get; init; }

    /// <summary>Of those routed, about how many somebody said something.</summary>
    [Id(4)]
    public required long Said { get; init; }

    /// <summary>Of these, how many belonged elsewhere.</summary>
    [Id(5)]
    public required long Overridden { get; init; }

    /// <summary>The share of decisions of all bands that were right, where somebody said so.</summary>
    [Id(6)]
    public double? Accuracy { get; init; }

    /// <summary>The share of what was routed without a person that belonged elsewhere, where somebody said so.</summary>
    [Id(7)]
    public double? MisrouteRate { get; init; }

    /// <summary>Overridden of said.</summary>
    [Id(8)]
    public double? OverrideRate { get; init; }
}
