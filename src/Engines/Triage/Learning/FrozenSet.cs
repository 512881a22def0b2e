using System.Text;
using Steward.Engines.Triage.Heads;

namespace Steward.Engines.Triage.Learning;

/// <summary>Tickets to learn from, and others that no head of the tenant ever learns from, by which heads are compared.</summary>
/// <param name="Training">To learn from.</param>
/// <param name="Frozen">To compare by: the newest of those that are kept away.</param>
public sealed record FrozenSplit(IReadOnlyList<BelievedTicket> Training, IReadOnlyList<BelievedTicket> Frozen);

/// <summary>
/// Which tickets are kept away from every training, for ever: so champion and challenger are both judged on what neither has seen, whenever they were trained. Tickets of one text (case, digits and blanks apart)
/// stay together; the hash of the text decides, whichever tickets of it there are. Texts that come again and again are templates, and are learnt. Pure.
/// </summary>
public static class FrozenSet
{
    /// <summary>How many of a hundred texts are kept away.</summary>
    public const uint Percent = 15;

    /// <summary>From how many tickets of one text on that is a template.</summary>
    public const int Template = 6;

    /// <summary>How many of those that are kept away are looked at, those labelled last: so that heads are compared on what comes now.</summary>
    public const int MostFrozen = 2_000;

    /// <summary>Splits.</summary>
    public static FrozenSplit Split(IReadOnlyList<BelievedTicket> tickets)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        var (training, frozen) = (new List<BelievedTicket>(), new List<BelievedTicket>());
        foreach (var text in tickets.GroupBy(ticket => TextKey(ticket.Ticket.Text), StringComparer.Ordinal))
        {
            var same = text.ToList();
            var isFrozen = same.Count < Template && IsFrozen(text.Key);
            (isFrozen ? frozen : training).AddRange(same);
        }

        return new FrozenSplit([.. training.OrderBy(ticket => ticket.Sequence)], [.. frozen.OrderByDescending(ticket => ticket.Sequence).Take(MostFrozen).Reverse()]);
    }

    /// <summary>Whether a ticket was kept away from heads of earlier releases, which went by its id: of those they saw nothing, of others that are kept away now they may have learnt.</summary>
    public static bool WasFrozen(BelievedTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        return IsFrozen(ticket.TicketId);
    }

    /// <summary>What texts that say the same have in common: lower case, one blank for several, one mark for each number.</summary>
    public static string TextKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var key = new StringBuilder(text.Length);
        foreach (var unit in text)
        {
            var next = char.IsWhiteSpace(unit) ? ' ' : char.IsDigit(unit) ? '#' : char.ToLowerInvariant(unit);
            if (next is not (' ' or '#') || (key.Length > 0 && key[^1] != next))
            {
                key.Append(next);
            }
        }

        return key.ToString().TrimEnd();
    }

    private static bool IsFrozen(string key) => StableHash.Of("frozen", key) % 100 < Percent;
}
