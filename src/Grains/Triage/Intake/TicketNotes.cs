using System.Globalization;
using System.Text;
using Steward.Engines.Approvals.Mirroring;

namespace Steward.Triage;

/// <summary>
/// What triage writes on a ticket, and how it finds that again. Pure. Labels and reasons come from tickets and admins: secrets in them are masked, and markup that the other system would take for its own is taken apart.
/// Titles of other tickets are left out: who reads this one may not be allowed to read those.
/// </summary>
internal static class TicketNotes
{
    private const string Mark = "Steward triage:";
    private const string AssignedMark = Mark + " assigned to ";
    private const int MostReason = 80;

    /// <summary>The comment.</summary>
    /// <param name="decision">What was decided.</param>
    /// <param name="isAssigned">Whether the ticket is with the decided group now.</param>
    public static string Of(TriageDecision decision, bool isAssigned)
    {
        var text = new StringBuilder();
        var label = Line(decision.Label);
        if (decision.IsOutOfScope)
        {
            text.Append(Mark).Append(" this belongs to none of the groups (").Append(Percent(decision.Confidence)).Append("). A person routes it.");
        }
        else if (isAssigned)
        {
            text.Append(AssignedMark).Append(label).Append(" (").Append(Percent(decision.Confidence)).Append(").");
            if (decision.Band == TriageBand.Review)
            {
                text.Append(" Please have a second look.");
            }
        }
        else
        {
            text.Append(Mark).Append(" probably ").Append(label).Append(" (").Append(Percent(decision.Confidence)).Append("), not assigned. A person routes it.");
        }

        if (decision.Top.Where(share => share.Label != decision.Label).Take(2).ToList() is { Count: > 0 } others)
        {
            text.Append("\nAlso possible: ").AppendJoin(", ", others.Select(share => $"{Line(share.Label)} ({Percent(share.Probability)})")).Append('.');
        }

        if (decision.Reasons.Count > 0)
        {
            text.Append("\nWhat speaks for it: ").AppendJoin(", ", decision.Reasons.Take(5).Select(Line)).Append('.');
        }

        // Ids of other tickets may be whatever somebody called them.
        if (decision.DuplicateOf is { } duplicate && duplicate[(duplicate.IndexOf(':', StringComparison.Ordinal) + 1)..] is var other && HookedTicket.IsRecord(other))
        {
            text.Append("\nIt says the same as ").Append(other).Append('.');
        }

        if (decision.IncidentId is { } incident)
        {
            text.Append("\nIt seems to belong to major incident ").Append(Line(incident)).Append('.');
        }

        return MirrorText.Comment(text.ToString());
    }

    /// <summary>Whether texts of a record hold the comment.</summary>
    public static bool IsIn(string? notes) => Begins(notes, Mark);

    /// <summary>Whether the comment in a record's texts says that the record was assigned.</summary>
    public static bool SaysAssigned(string? notes) => Begins(notes, AssignedMark);

    // At the beginning of a line, where nothing can stand that came from a ticket.
    private static bool Begins(string? notes, string mark) => (notes ?? "").Split('\n').Any(line => line.StartsWith(mark, StringComparison.Ordinal));

    // Down, so that nothing short of it is called certain.
    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(Math.Clamp(share, 0, 1) * 100):0} %");

    private static string Line(string text)
    {
        var line = string.Concat(text.Select(character => char.IsControl(character) || character is '<' or '>' or '[' or ']' ? ' ' : character)).Trim();
        return line.Length <= MostReason ? line : string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[MostReason - 1]) ? MostReason - 1 : MostReason), "…");
    }
}
