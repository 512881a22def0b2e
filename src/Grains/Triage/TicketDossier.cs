namespace Steward.Triage;

/// <summary>What the journals hold of one ticket: its decisions, one for each content that it came with, and what was said of it.</summary>
internal sealed class TicketDossier(string ticketId)
{
    /// <summary>How many decisions or labels of one ticket there may be.</summary>
    public const int Most = 64;

    /// <summary>How many decisions there may be with those of others, who used its id before it was kept for the platform or a trusted sender.</summary>
    public const int MostWithOthers = 2 * Most;

    /// <summary>From how many labels on suggestions are refused: there is always room for what settles a ticket.</summary>
    public const int MostWithSuggestions = 48;

    /// <summary>The ticket.</summary>
    public string TicketId => ticketId;

    /// <summary>The decisions, oldest first.</summary>
    public List<TicketDecided> Decisions { get; } = [];

    /// <summary>The labels, oldest first; the last one holds.</summary>
    public List<TicketLabelled> Labels { get; } = [];

    /// <summary>The hash of the ticket's content, as it was last seen; null when it never was.</summary>
    public string? Ticket => Decisions.LastOrDefault()?.Ticket ?? Labels.LastOrDefault()?.Ticket;

    /// <summary>The decision that somebody's word is about: the last one of the platform's, a trusted sender's or their own. What else others asked under the same id is taken where there is no such.</summary>
    public TicketDecided? DecisionFor(string by) => Decisions.FindLast(decided => decided.Counts || decided.By == by) ?? Decisions.LastOrDefault();

    /// <summary>The last label whose text no single person brought; null when there is none.</summary>
    public TicketLabelled? WithKnownText => Labels.FindLast(said => said.Source != TriageLabelSource.Feedback && !said.IsOwnText);

    /// <summary>The label by which the head that decided is judged; null when there is none.</summary>
    public TicketLabelled? Evidence => Labels.FindLast(said => said.IsEvidence);

    /// <summary>Whether an admin, the platform, or a trusted sender of its system has said where it belongs.</summary>
    public bool IsSettled => Labels.Exists(said => !said.IsSuggestion);

    /// <summary>The decision about the ticket with this content, as it stands now; null when there is none.</summary>
    public TriageDecision? Find(string ticket) => Decisions.Find(decided => decided.Ticket == ticket) is { } found ? WithFinal(found) : null;

    /// <summary>The same for the platform or a trusted sender, for whom nobody else's ticket stands in; null when there is none.</summary>
    public TriageDecision? FindOf(string ticket, string by, bool isPlatform) => Decisions.Find(decided => decided.Ticket == ticket && IsOf(decided, by, isPlatform)) is { } found ? WithFinal(found) : null;

    /// <summary>Whether the platform or a trusted sender has brought it with as many contents as it may, whatever others did.</summary>
    public bool IsFullFor(string by, bool isPlatform) => Decisions.Count >= MostWithOthers || Decisions.Count(decided => IsOf(decided, by, isPlatform)) >= Most;

    /// <summary>The last decision, as it stands now; null when there is none.</summary>
    public TriageDecision? Last => Decisions.Count == 0 ? null : WithFinal(Decisions[^1]);

    /// <summary>The last decision that this person asked for, or, of one who sends for the ticket's system, any trusted sender; as it stands now, null when there is none.</summary>
    public TriageDecision? LastFor(string userId, bool isSender) => Decisions.FindLast(decided => decided.By == userId || (isSender && decided.IsTrusted)) is { } found ? WithFinal(found) : null;

    /// <summary>Whether a label says nothing new: its event counted, or, without one, it is what this person said last. A suggestion does not stand in for more.</summary>
    public bool Says(string label, string by, string? eventId, bool isSuggestion) => eventId is null
        ? Labels.LastOrDefault(said => said.EventId is null && said.By == by) is { } last && last.Label == label && (isSuggestion || !last.IsSuggestion)
        : Labels.Exists(said => said.EventId == eventId && said.Label == label && (isSuggestion || !said.IsSuggestion));

    // Who asked was not always kept: such entries may be the platform's.
    private static bool IsOf(TicketDecided decided, string by, bool isPlatform) => decided.Counts || decided.By == by || (isPlatform && decided.By is null);

    private TriageDecision WithFinal(TicketDecided decided) => Labels.Count == 0 ? decided.Decision : decided.Decision with
    {
        FinalLabel = Labels[^1].Label,
        IsSettled = IsSettled,
        LabelInSystem = Labels.FindLast(static said => said.Source != TriageLabelSource.Feedback)?.Label,
    };
}
