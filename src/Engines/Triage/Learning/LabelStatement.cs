using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Learning;

/// <summary>How a label came.</summary>
public enum LabelOrigin
{
    /// <summary>Somebody said so.</summary>
    Feedback,

    /// <summary>Somebody assigned the record to another group in its system.</summary>
    Reassignment,

    /// <summary>The record was closed by the group to which it was routed.</summary>
    Confirmation,

    /// <summary>It is history that an admin imported.</summary>
    Import,
}

/// <summary>Somebody's word on where a ticket belongs.</summary>
public sealed record LabelStatement
{
    /// <summary>Its place; rises.</summary>
    public required long Sequence { get; init; }

    /// <summary>The ticket's id.</summary>
    public required string TicketId { get; init; }

    /// <summary>The ticket.</summary>
    public required Ticket Ticket { get; init; }

    /// <summary>Where it belongs.</summary>
    public required string Label { get; init; }

    /// <summary>How the word came.</summary>
    public required LabelOrigin Origin { get; init; }

    /// <summary>Whose word it is.</summary>
    public required string By { get; init; }

    /// <summary>Whether nobody knows whose word it is: it bears nobody out.</summary>
    public bool IsByUnknown { get; init; }

    /// <summary>Whether an account of another system said so. It may be a person's who also said so here: words of both sorts do not bear each other out.</summary>
    public bool IsBySystemAccount => Origin is LabelOrigin.Reassignment or LabelOrigin.Confirmation;

    /// <summary>When it was given.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What the head had decided that answered then; null when it had not seen the ticket.</summary>
    public string? Decided { get; init; }

    /// <summary>Whether the text, too, is no more than the word of whoever says so, or of others who did: neither the platform, an admin nor somebody else brought the ticket. False where nobody knows.</summary>
    public bool IsOwnText { get; init; }
}

/// <summary>A ticket whose label is believed.</summary>
/// <param name="TicketId">Its id.</param>
/// <param name="Ticket">The ticket.</param>
/// <param name="Label">Where it belongs.</param>
/// <param name="Weight">How much it counts in training, above 0.</param>
/// <param name="By">Whose word the label is: of several, the last one's.</param>
/// <param name="At">When that was said.</param>
/// <param name="Sequence">The place of that word.</param>
public sealed record BelievedTicket(string TicketId, Ticket Ticket, string Label, float Weight, string By, DateTimeOffset At, long Sequence);

/// <summary>Which labels are believed.</summary>
/// <param name="Tickets">Tickets with the label that is believed, in the order in which they were labelled.</param>
/// <param name="SetAside">Words that are not believed until others say the same.</param>
/// <param name="HeldBack">Whose words these are, and how many, most first.</param>
public sealed record GuardedLabels(IReadOnlyList<BelievedTicket> Tickets, int SetAside, IReadOnlyList<(string Person, int Count)> HeldBack);
