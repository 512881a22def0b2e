namespace Steward.Triage;

/// <summary>A ticket as triage reads it. Each text is whatever a person or a system wrote.</summary>
[GenerateSerializer]
[Alias("steward.triage-ticket")]
public sealed record TriageTicket
{
    /// <summary>Its id, unique in the tenant: for a record of a system <c>connector:record</c>, such as <c>servicenow:9d385017c611228701d22104cc95c371</c>; null when nothing is to be kept. 1 to 200 characters.</summary>
    [Id(0)]
    public string? Id { get; init; }

    /// <summary>The title; at most 1,000 characters.</summary>
    [Id(1)]
    public string ShortDescription { get; init; } = "";

    /// <summary>The text; at most 100,000 characters.</summary>
    [Id(2)]
    public string Description { get; init; } = "";

    /// <summary>The category that the requester chose.</summary>
    [Id(3)]
    public string? Category { get; init; }

    /// <summary>The subcategory that the requester chose.</summary>
    [Id(4)]
    public string? Subcategory { get; init; }

    /// <summary>The priority, as the system writes it.</summary>
    [Id(5)]
    public string? Priority { get; init; }

    /// <summary>The requester's department.</summary>
    [Id(6)]
    public string? Department { get; init; }

    /// <summary>The requester's location.</summary>
    [Id(7)]
    public string? Location { get; init; }

    /// <summary>The configuration item that is concerned.</summary>
    [Id(8)]
    public string? ConfigurationItem { get; init; }

    /// <summary>When it was opened; null for now.</summary>
    [Id(9)]
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>The group that the system has assigned it to already; null for none.</summary>
    [Id(10)]
    public string? Group { get; init; }

    /// <summary>The hour of the day at which it was opened, 0 to 23, in the tenant's time zone, where nothing more is known of that; <see cref="OpenedAt"/> has precedence.</summary>
    [Id(11)]
    public int? Hour { get; init; }
}

/// <summary>What becomes of a ticket, by the confidence of its classification.</summary>
[GenerateSerializer]
[Alias("steward.triage-band")]
public enum TriageBand
{
    /// <summary>A person routes it, with the best three groups and the reasons before them.</summary>
    Human,

    /// <summary>It is routed and marked for a second look.</summary>
    Review,

    /// <summary>It is routed.</summary>
    AutoRoute,
}

/// <summary>Where a ticket belongs, how sure that is, and why.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-decision")]
public sealed record TriageDecision
{
    /// <summary>The ticket; null when it had no id.</summary>
    [Id(0)]
    public string? TicketId { get; init; }

    /// <summary>What becomes of it.</summary>
    [Id(1)]
    public required TriageBand Band { get; init; }

    /// <summary>The most probable of the tenant's groups, or <c>out_of_scope</c>.</summary>
    [Id(2)]
    public required string Label { get; init; }

    /// <summary>How probable, calibrated; 0 to 1.</summary>
    [Id(3)]
    public required double Confidence { get; init; }

    /// <summary>Whether it belongs to no group.</summary>
    [Id(4)]
    public bool IsOutOfScope { get; init; }

    /// <summary>The three most probable groups, best first.</summary>
    [Id(5)]
    public required IReadOnlyList<Inference.LabelScore> Top { get; init; }

    /// <summary>The words and attributes that speak most for the label; at most five.</summary>
    [Id(6)]
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Labelled tickets of this tenant that are most alike, best first; at most three.</summary>
    [Id(7)]
    public required IReadOnlyList<SimilarTicket> Similar { get; init; }

    /// <summary>What answered: a head's version, or <c>base:</c> and the model's name and version.</summary>
    [Id(8)]
    public required string Version { get; init; }

    /// <summary>When.</summary>
    [Id(9)]
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>The id of a ticket of the last hours that says the same, and of which its system had not said that it was solved or closed; null when there is none. For tickets of trusted senders nobody says that.</summary>
    [Id(10)]
    public string? DuplicateOf { get; init; }

    /// <summary>The major incident that it seems to belong to; null when there is none.</summary>
    [Id(11)]
    public string? IncidentId { get; init; }

    /// <summary>The group that a person said it belongs to since; null when nobody has.</summary>
    [Id(12)]
    public string? FinalLabel { get; init; }

    /// <summary>Whether a head on trial answered.</summary>
    [Id(13)]
    public bool IsCanary { get; init; }

    /// <summary>The group that the ticket was with when this was decided, as <see cref="TriageTicket.Group"/> said; null for none.</summary>
    [Id(14)]
    public string? TicketGroup { get; init; }

    /// <summary>Whether an admin, what happened in a connected system, or the ticket's trusted sender has said where it belongs: it waits for nobody any more.</summary>
    [Id(15)]
    public bool IsSettled { get; init; }

    /// <summary>The group that the ticket's own system, or an import of its history, said last; null when neither has. What people say elsewhere moves nothing there.</summary>
    [Id(16)]
    public string? LabelInSystem { get; init; }
}

/// <summary>A labelled ticket that is like another one.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.similar-ticket")]
public sealed record SimilarTicket
{
    /// <summary>The ticket.</summary>
    [Id(0)]
    public required string TicketId { get; init; }

    /// <summary>Its title, at most 200 characters.</summary>
    [Id(1)]
    public required string ShortDescription { get; init; }

    /// <summary>Where it belonged.</summary>
    [Id(2)]
    public required string Label { get; init; }

    /// <summary>How alike, 0 to 1.</summary>
    [Id(3)]
    public required double Similarity { get; init; }
}

/// <summary>Asks for old tickets.</summary>
[GenerateSerializer]
[Alias("steward.find-tickets")]
public sealed record FindTickets
{
    /// <summary>What they are about; 1 to 2,000 characters.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>Only tickets that belong to these groups; null for all. At most 50.</summary>
    [Id(1)]
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>How many at most; 1 to 50. Default 10.</summary>
    [Id(2)]
    public int Top { get; init; } = 10;
}

/// <summary>Old tickets that are like a text.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.found-tickets")]
public sealed record FoundTickets
{
    /// <summary>The tickets, best first.</summary>
    [Id(0)]
    public required IReadOnlyList<SimilarTicket> Tickets { get; init; }

    /// <summary>By what they were looked for: <c>words and meaning</c>, <c>meaning</c>, <c>words</c>, or <c>none</c> when no embedder answers now and words are not for this person.</summary>
    [Id(1)]
    public required string Mode { get; init; }

    /// <summary>Whether all labelled tickets can be found by meaning; not while new ones, or all for a new embedder, are being read in the background.</summary>
    [Id(2)]
    public bool IsComplete { get; init; }
}

/// <summary>A ticket that waits for a person to say where it belongs.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.waiting-ticket")]
public sealed record WaitingTicket
{
    /// <summary>Its place in the queue; rises.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>Its title, or the beginning of its text; empty when its text is over the tenant's retention. Written by people.</summary>
    [Id(1)]
    public required string ShortDescription { get; init; }

    /// <summary>What was decided: the three most probable groups, and the reasons.</summary>
    [Id(2)]
    public required TriageDecision Decision { get; init; }
}

/// <summary>Tickets that wait for a person, oldest first.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.waiting-tickets")]
public sealed record WaitingTickets
{
    /// <summary>The tickets.</summary>
    [Id(0)]
    public required IReadOnlyList<WaitingTicket> Tickets { get; init; }

    /// <summary>How many wait in all. Of more than 1,000 from connected systems, more than 1,000 of trusted senders, and more than 1,000 others, the oldest are not in the queue any more.</summary>
    [Id(1)]
    public required int Waiting { get; init; }

    /// <summary>The place after which the next page begins; null when no more wait.</summary>
    [Id(2)]
    public long? Next { get; init; }
}

/// <summary>How a label came.</summary>
[GenerateSerializer]
[Alias("steward.triage-label-source")]
public enum TriageLabelSource
{
    /// <summary>Somebody said so through the API or a page.</summary>
    Feedback,

    /// <summary>Somebody assigned the record to another group in its system.</summary>
    Reassignment,

    /// <summary>The record was closed by the group to which it was routed.</summary>
    Confirmation,

    /// <summary>It is history that an admin imported.</summary>
    Import,
}

/// <summary>Says where a ticket belongs.</summary>
[GenerateSerializer]
[Alias("steward.triage-label")]
public sealed record TriageLabel
{
    /// <summary>The ticket, as in <see cref="TriageTicket.Id"/>.</summary>
    [Id(0)]
    public required string TicketId { get; init; }

    /// <summary>The group; 1 to 200 characters.</summary>
    [Id(1)]
    public required string Label { get; init; }

    /// <summary>How it came.</summary>
    [Id(2)]
    public required TriageLabelSource Source { get; init; }

    /// <summary>The ticket itself, when triage may not have seen it.</summary>
    [Id(3)]
    public TriageTicket? Ticket { get; init; }

    /// <summary>Who said so, for the platform: a person's id, or the account in the system. The caller otherwise.</summary>
    [Id(4)]
    public string? By { get; init; }

    /// <summary>The id of the event that said so, so that it counts once; null for one label per ticket and person.</summary>
    [Id(5)]
    public string? EventId { get; init; }

    /// <summary>When it was said; null for now.</summary>
    [Id(6)]
    public DateTimeOffset? At { get; init; }
}

/// <summary>Whether a label was taken.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-label-result")]
public sealed record TriageLabelResult
{
    /// <summary>The ticket.</summary>
    [Id(0)]
    public required string TicketId { get; init; }

    /// <summary>Whether it counts.</summary>
    [Id(1)]
    public required bool IsTaken { get; init; }

    /// <summary>Why not, naming the field and what is allowed.</summary>
    [Id(2)]
    public string? Problem { get; init; }
}

/// <summary>A label with its provenance and the ticket.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-label-entry")]
public sealed record TriageLabelEntry
{
    /// <summary>Its place; rises.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>The ticket.</summary>
    [Id(1)]
    public required TriageTicket Ticket { get; init; }

    /// <summary>Where it belongs.</summary>
    [Id(2)]
    public required string Label { get; init; }

    /// <summary>How it came.</summary>
    [Id(3)]
    public required TriageLabelSource Source { get; init; }

    /// <summary>Who said so.</summary>
    [Id(4)]
    public required string By { get; init; }

    /// <summary>When.</summary>
    [Id(5)]
    public required DateTimeOffset At { get; init; }

    /// <summary>What triage had decided; null when it had not seen the ticket.</summary>
    [Id(6)]
    public string? DecidedLabel { get; init; }

    /// <summary>The version that had decided.</summary>
    [Id(7)]
    public string? DecidedBy { get; init; }

    /// <summary>The band of that decision.</summary>
    [Id(8)]
    public TriageBand? DecidedBand { get; init; }

    /// <summary>
    /// Whether the text rests on people's word as the label does: whoever said so sent it along or had brought the ticket, and neither the platform, an admin, a trusted sender nor somebody else did. Anybody may write such a text for a label.
    /// </summary>
    [Id(9)]
    public bool IsOwnText { get; init; }
}

/// <summary>A page of labels.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-label-page")]
public sealed record TriageLabelPage
{
    /// <summary>The labels, oldest first. A later one about the same ticket replaces an earlier one.</summary>
    [Id(0)]
    public required IReadOnlyList<TriageLabelEntry> Labels { get; init; }

    /// <summary>Where the next page goes on.</summary>
    [Id(1)]
    public required long ThroughSequence { get; init; }

    /// <summary>Whether there is more.</summary>
    [Id(2)]
    public required bool HasMore { get; init; }
}
