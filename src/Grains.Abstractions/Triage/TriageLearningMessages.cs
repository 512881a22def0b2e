using System.Text.Json.Serialization;

namespace Steward.Triage;

/// <summary>Puts a trained head beside the others.</summary>
[GenerateSerializer]
[Alias("steward.add-triage-head")]
public sealed record AddTriageHead
{
    /// <summary>The head, as <c>TenantHead.ToBytes</c> writes it; at most 16 MB.</summary>
    [Id(0)]
    public required byte[] Bytes { get; init; }

    /// <summary>The version of the embedder whose vectors it reads; null for words only.</summary>
    [Id(1)]
    public string? Encoder { get; init; }

    /// <summary>The embedder's name.</summary>
    [Id(2)]
    public string? EncoderModel { get; init; }

    /// <summary>Tickets that it was trained on.</summary>
    [Id(3)]
    public required int Tickets { get; init; }

    /// <summary>The last label that it knows.</summary>
    [Id(4)]
    public required long ThroughSequence { get; init; }

    /// <summary>The threshold that was tuned with it; null for never.</summary>
    [Id(5)]
    public double? AutoRouteAt { get; init; }

    /// <summary>The threshold that was tuned with it; null for the default.</summary>
    [Id(6)]
    public double? ReviewAt { get; init; }

    /// <summary>Its accuracy on the frozen set; null when there was none.</summary>
    [Id(7)]
    public double? Accuracy { get; init; }

    /// <summary>The share of tickets that the threshold let through when it was tuned; null for never.</summary>
    [Id(8)]
    public double? AutoRouteCoverage { get; init; }

    /// <summary>The share of right answers among these; null for never.</summary>
    [Id(9)]
    public double? AutoRoutePrecision { get; init; }

    /// <summary>Whether what was kept away from it was chosen by the tickets' texts, and not by their ids as in earlier releases.</summary>
    [Id(10)]
    public bool IsSplitByText { get; init; }
}

/// <summary>Decides which head answers.</summary>
[GenerateSerializer]
[Alias("steward.use-triage-head")]
public sealed record UseTriageHead
{
    /// <summary>The head; null for the base.</summary>
    [Id(0)]
    public string? Version { get; init; }

    /// <summary>The share of tickets that it answers, above 0 to 1; below 1 it is a canary beside the one that answers now. 0 with a version ends that canary.</summary>
    [Id(1)]
    public double Share { get; init; } = 1;

    /// <summary>Why, for the journal; 1 to 500 characters.</summary>
    [Id(2)]
    public required string Reason { get; init; }
}

/// <summary>The heads that there are.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-heads")]
public sealed record TriageHeads
{
    /// <summary>The version that answers; null for the base.</summary>
    [Id(0)]
    public string? Current { get; init; }

    /// <summary>The version on trial; null when there is none.</summary>
    [Id(1)]
    public string? Canary { get; init; }

    /// <summary>The share of tickets that it answers.</summary>
    [Id(2)]
    public double CanaryShare { get; init; }

    /// <summary>The last twenty, newest first.</summary>
    [Id(3)]
    public required IReadOnlyList<TriageHeadInfo> Heads { get; init; }

    /// <summary>Tickets from connected systems and of trusted senders that any version or the base routed, ever: as those of a head are counted.</summary>
    [Id(4)]
    public long Routed { get; init; }

    /// <summary>Of these, those that belonged elsewhere.</summary>
    [Id(5)]
    public long Overridden { get; init; }
}

/// <summary>A head, and how it has fared since it answers.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-head")]
public sealed record TriageHeadInfo
{
    /// <summary>Its version: <c>head-</c> and the beginning of its hash.</summary>
    [Id(0)]
    public required string Version { get; init; }

    /// <summary>When it was added.</summary>
    [Id(1)]
    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>Tickets that it was trained on.</summary>
    [Id(2)]
    public required int Tickets { get; init; }

    /// <summary>Groups that it knows.</summary>
    [Id(3)]
    public required int Labels { get; init; }

    /// <summary>The last label that it knows.</summary>
    [Id(4)]
    public required long ThroughSequence { get; init; }

    /// <summary>The embedder whose vectors it reads; null for words only.</summary>
    [Id(5)]
    public string? EncoderModel { get; init; }

    /// <summary>The threshold that was tuned with it.</summary>
    [Id(6)]
    public double? AutoRouteAt { get; init; }

    /// <summary>The threshold that was tuned with it.</summary>
    [Id(7)]
    public double? ReviewAt { get; init; }

    /// <summary>Its accuracy on the frozen set.</summary>
    [Id(8)]
    public double? Accuracy { get; init; }

    /// <summary>Tickets that it routed, with or without a mark.</summary>
    [Id(9)]
    public long Routed { get; init; }

    /// <summary>Of these, about how many somebody said something.</summary>
    [Id(10)]
    public long Said { get; init; }

    /// <summary>Of these, how many belonged elsewhere.</summary>
    [Id(11)]
    public long Overridden { get; init; }

    /// <summary>What the tuned threshold costs: the share of tickets that are at or above it, of those that it was tuned on; null for never, and for heads from before this was kept.</summary>
    [Id(12)]
    public double? AutoRouteCoverage { get; init; }

    /// <summary>The share of right answers among these.</summary>
    [Id(13)]
    public double? AutoRoutePrecision { get; init; }

    /// <summary>Of a head on trial: of how many of its tickets the one person, or account, has spoken since it went on trial who spoke of most. What connected systems say is nobody's. 0 for the others.</summary>
    [Id(14)]
    public long SaidByOne { get; init; }

    /// <summary>The version of the embedder whose vectors it reads; null for words only, and from silos of before this was told.</summary>
    [Id(15)]
    [JsonIgnore]
    public string? Encoder { get; init; }

    /// <summary>As in <see cref="AddTriageHead.IsSplitByText"/>.</summary>
    [Id(16)]
    [JsonIgnore]
    public bool IsSplitByText { get; init; }
}

/// <summary>How far a training is.</summary>
[GenerateSerializer]
[Alias("steward.triage-training-state")]
public enum TriageTrainingState
{
    /// <summary>It reads, trains or compares.</summary>
    Running,

    /// <summary>Its head answers a share of the tickets.</summary>
    OnTrial,

    /// <summary>Its head answers.</summary>
    Promoted,

    /// <summary>Its head was not better, or not safe.</summary>
    Rejected,

    /// <summary>Its head answered, and people overrode it more often than the one before.</summary>
    RolledBack,

    /// <summary>There was not enough to learn from, or nothing new.</summary>
    Skipped,

    /// <summary>It could not be done; the next night tries again.</summary>
    Failed,
}

/// <summary>One training and what came of it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-training")]
public sealed record TriageTraining
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>How far it is.</summary>
    [Id(1)]
    public required TriageTrainingState State { get; init; }

    /// <summary>When it began.</summary>
    [Id(2)]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(3)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The challenger that it made.</summary>
    [Id(4)]
    public string? HeadVersion { get; init; }

    /// <summary>The champion; null for the base.</summary>
    [Id(5)]
    public string? ComparedWith { get; init; }

    /// <summary>Tickets it learnt from.</summary>
    [Id(6)]
    public int Tickets { get; init; }

    /// <summary>Tickets of the frozen set.</summary>
    [Id(7)]
    public int FrozenTickets { get; init; }

    /// <summary>Labels that were not believed: one person's alone, or noise.</summary>
    [Id(8)]
    public int SetAside { get; init; }

    /// <summary>On the frozen set.</summary>
    [Id(9)]
    public double? ChampionAccuracy { get; init; }

    /// <summary>On the frozen set.</summary>
    [Id(10)]
    public double? ChallengerAccuracy { get; init; }

    /// <summary>Why it ended so.</summary>
    [Id(11)]
    public string? Reason { get; init; }

    /// <summary>Why its trial goes on although its time is over; null when it does not.</summary>
    [Id(12)]
    public string? OnHold { get; init; }
}

/// <summary>What is known of a tenant's triage beyond counts.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-health")]
public sealed record TriageHealth
{
    /// <summary>Population stability index of the words of the last seven days against those trained on; null when there is too little.</summary>
    [Id(0)]
    public double? InputDrift { get; init; }

    /// <summary>Whether that is more than chance explains.</summary>
    [Id(1)]
    public bool IsInputDrifting { get; init; }

    /// <summary>The same for the groups.</summary>
    [Id(2)]
    public double? LabelDrift { get; init; }

    /// <summary>Whether that is more than chance explains.</summary>
    [Id(3)]
    public bool IsLabelDrifting { get; init; }

    /// <summary>The estimated share of labels that are wrong; null when there is too little.</summary>
    [Id(4)]
    public double? LabelNoise { get; init; }

    /// <summary>Tickets whose labels are probably wrong, worst first; at most 20.</summary>
    [Id(5)]
    public IReadOnlyList<string> SuspectTickets { get; init; } = [];

    /// <summary>People whose labels are not believed until others say the same.</summary>
    [Id(6)]
    public IReadOnlyList<string> HeldBackPeople { get; init; } = [];

    /// <summary>When this was found.</summary>
    [Id(7)]
    public DateTimeOffset? At { get; init; }

    /// <summary>Groups whose tickets of the last 30 days, routed without a person, belonged elsewhere more often than the wanted precision allows and chance explains.</summary>
    [Id(8)]
    public IReadOnlyList<string> MisroutedGroups { get; init; } = [];
}
