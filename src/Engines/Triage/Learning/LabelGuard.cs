using System.Runtime.InteropServices;
using Steward.Engines.Triage.Heads;

namespace Steward.Engines.Triage.Learning;

/// <summary>
/// Decides which labels a head may learn from, so that one person alone cannot move it. The last word on a ticket counts. It is believed at once when it is history that an admin imported, when two people say the same of
/// the ticket (two who said so here, or two accounts of its system: one person may have both), or when nobody contradicts what the head itself had decided. Any other word is one person's alone: it moves the ticket from a group (where others or the head had it) to another one. Of these a
/// person's words count, in each direction, as often as others together said the same of other tickets; and beyond that up to a share of what others know of either group. A day on which one person
/// says far more than anybody else is a burst: nothing of it counts beyond what others say. What does not count is set aside, and what others had said of the ticket stands. Who says that the head was right of a text that they
/// brought themselves (<see cref="LabelStatement.IsOwnText"/>) is alone, too, since the text may be made for the label: of that a person's words count as often as the one other person's who said so most. Where somebody else brought a
/// text of the ticket, that one is learnt from. Pure.
/// </summary>
public static class LabelGuard
{
    /// <summary>The share of a group's examples that one person alone may give or take.</summary>
    public const double AloneShare = 0.03;

    /// <summary>How many that is at least.</summary>
    public const int FewestAlone = 5;

    /// <summary>The same for a group of which nobody else knows any example.</summary>
    public const int FewestOfNewGroup = 20;

    /// <summary>How many words one person alone may give to such groups together, where <see cref="AloneShare"/> of all that others know is not more.</summary>
    public const int FewestOfNewGroups = 60;

    /// <summary>How many words alone in one day are no burst, whatever others do.</summary>
    public const int FewestOfBurst = 25;

    /// <summary>From how many times the median day of others on a day is a burst.</summary>
    public const int BurstFactor = 4;

    /// <summary>Decides.</summary>
    /// <param name="statements">All that was said, in any order.</param>
    /// <param name="mostTickets">How many tickets are kept at most, those labelled last.</param>
    public static GuardedLabels Guard(IEnumerable<LabelStatement> statements, int mostTickets = 50_000)
    {
        ArgumentNullException.ThrowIfNull(statements);
        var (believed, alone) = (new List<BelievedTicket>(), new List<AloneWord>());
        foreach (var ticket in statements.GroupBy(statement => statement.TicketId, StringComparer.Ordinal))
        {
            var words = ticket.OrderBy(statement => statement.Sequence).ToList();
            if (AloneWord.Of(words) is { } word)
            {
                alone.Add(word);
            }
            else
            {
                believed.Add(Believe(words[^1], TextOf(words)));
            }
        }

        var (admitted, setAside) = Admit(alone, believed);
        believed.AddRange(admitted.Select(word => Believe(word.Last, word.Text)));
        believed.AddRange(setAside.Where(word => word.Standing is not null).Select(word => Believe(word.Standing!, word.Standing!.Ticket)));
        return new GuardedLabels(
            [.. believed.OrderByDescending(ticket => ticket.Sequence).Take(mostTickets).Reverse()],
            setAside.Count,
            [.. setAside.CountBy(word => word.Last.By, StringComparer.Ordinal).OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value))]);
    }

    private static (List<AloneWord> Admitted, List<AloneWord> SetAside) Admit(List<AloneWord> alone, List<BelievedTicket> believed)
    {
        var bursts = Bursts(alone);
        var inDirection = alone.Where(word => !word.Last.IsByUnknown).CountBy(word => (word.Direction, word.Last.By))
            .GroupBy(count => count.Key.Direction, count => count.Value).ToDictionary(direction => direction.Key, direction => (All: direction.Sum(), Most: direction.OrderDescending().Take(2).ToList()));
        var known = believed.CountBy(ticket => ticket.Label, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var aloneTo = alone.CountBy(word => word.To, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var (admitted, setAside) = (new List<AloneWord>(), new List<AloneWord>());
        foreach (var person in alone.GroupBy(word => word.Last.By, StringComparer.Ordinal))
        {
            var ownTo = person.CountBy(word => word.To, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            var toNew = OfNewGroups(
                [.. person.Where(word => KnownByOthers(word.To) == 0 && !bursts.Contains((word.Last.By, word.Day)))],
                Math.Max(FewestOfNewGroups, (int)(AloneShare * (believed.Count + alone.Count - ownTo.Values.Sum()))));
            var (gives, takes) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
            foreach (var direction in person.GroupBy(word => word.Direction)
                .OrderBy(direction => direction.Key.To, StringComparer.Ordinal).ThenBy(direction => direction.Key.From, StringComparer.Ordinal).ThenBy(direction => direction.Key.IsBySystemAccount))
            {
                var (from, to, _) = direction.Key;
                // In an order that nobody chooses by choosing tickets one after the other.
                var words = direction.OrderBy(word => StableHash.Of("guard", word.Last.TicketId)).ThenBy(word => word.Last.TicketId, StringComparer.Ordinal).ToList();
                var isMove = !string.Equals(from, to, StringComparison.Ordinal);
                var saidByOthers = words[0].Last.IsByUnknown ? 0 : isMove ? inDirection[direction.Key].All - words.Count : MostOfAnother(inDirection[direction.Key].Most, words.Count);
                foreach (var (place, word) in words.Index())
                {
                    var counts = place < saidByOthers;
                    if (!counts && !bursts.Contains((word.Last.By, word.Day)) && gives.GetValueOrDefault(to) < MostAlone(to) && (KnownByOthers(to) > 0 || toNew.Contains(word.Last.TicketId)) && (from is null || !isMove || takes.GetValueOrDefault(from) < MostAlone(from)))
                    {
                        counts = true;
                        CollectionsMarshal.GetValueRefOrAddDefault(gives, to, out _)++;
                        if (from is not null && isMove)
                        {
                            CollectionsMarshal.GetValueRefOrAddDefault(takes, from, out _)++;
                        }
                    }

                    (counts ? admitted : setAside).Add(word);
                }
            }

            int KnownByOthers(string group) => known.GetValueOrDefault(group) + aloneTo.GetValueOrDefault(group) - ownTo.GetValueOrDefault(group);

            int MostAlone(string group) => KnownByOthers(group) is var byOthers and > 0 ? Math.Max(FewestAlone, (int)(AloneShare * byOthers)) : FewestOfNewGroup;
        }

        return (admitted, setAside);
    }

    // Of two people who said as much, each bears the other out.
    private static int MostOfAnother(List<int> most, int own) => most[0] != own ? most[0] : most.Count > 1 ? most[1] : 0;

    // Of a text that somebody brought for the label there may be one that nobody did.
    private static Tickets.Ticket TextOf(List<LabelStatement> words) => (words[^1].IsOwnText ? words.FindLast(word => !word.IsOwnText) ?? words[^1] : words[^1]).Ticket;

    // As many of each group as there is room for, whatever the groups are called: a head that knew some of them alone would take the others' tickets for theirs.
    private static HashSet<string> OfNewGroups(List<AloneWord> words, int most) => words
        .GroupBy(word => word.To, StringComparer.Ordinal)
        .SelectMany(group => group.Select(word => (word.Last.TicketId, Hash: StableHash.Of("guard", word.Last.TicketId))).OrderBy(word => word.Hash).ThenBy(word => word.TicketId, StringComparer.Ordinal).Index())
        .OrderBy(word => word.Index).ThenBy(word => word.Item.Hash).ThenBy(word => word.Item.TicketId, StringComparer.Ordinal)
        .Take(most).Select(word => word.Item.TicketId).ToHashSet(StringComparer.Ordinal);

    // Days on which a person says, alone, far more than others do on one of theirs.
    private static HashSet<(string Person, DateOnly Day)> Bursts(List<AloneWord> alone)
    {
        var days = alone.CountBy(word => (Person: word.Last.By, word.Day)).Where(day => day.Value > FewestOfBurst).ToList();
        var all = alone.CountBy(word => (Person: word.Last.By, word.Day)).ToList();
        var bursts = new HashSet<(string, DateOnly)>();
        foreach (var (day, count) in days)
        {
            var others = all.Where(other => !string.Equals(other.Key.Person, day.Person, StringComparison.Ordinal)).Select(other => other.Value).Order().ToList();
            if (count > Math.Max(FewestOfBurst, BurstFactor * (others.Count == 0 ? 0 : others[others.Count / 2])))
            {
                bursts.Add(day);
            }
        }

        return bursts;
    }

    private static BelievedTicket Believe(LabelStatement word, Tickets.Ticket ticket) => new(word.TicketId, ticket, word.Label, WeightOf(word.Origin), word.By, word.At, word.Sequence);

    // Whoever closes a ticket where it lies may not have thought about where it belongs.
    private static float WeightOf(LabelOrigin origin) => origin == LabelOrigin.Confirmation ? 0.5f : 1;

    /// <summary>A last word on a ticket that is one person's alone.</summary>
    /// <param name="Last">The word.</param>
    /// <param name="From">Where others, or else the head, had the ticket; null when nobody had said anything.</param>
    /// <param name="Standing">What is believed of the ticket when the word is not; null for nothing.</param>
    /// <param name="Text">What is learnt of the ticket when the word is believed.</param>
    private sealed record AloneWord(LabelStatement Last, string? From, LabelStatement? Standing, Tickets.Ticket Text)
    {
        public string To => Last.Label;

        /// <summary>Words of one direction and sort bear each other out.</summary>
        public (string? From, string To, bool IsBySystemAccount) Direction => (From, To, Last.IsBySystemAccount);

        public DateOnly Day => DateOnly.FromDateTime(Last.At.UtcDateTime);

        /// <returns>Null when the last word is believed at once.</returns>
        public static AloneWord? Of(List<LabelStatement> words)
        {
            var last = words[^1];
            if (last.Origin == LabelOrigin.Import)
            {
                return null;
            }

            var others = words.Where(word => !string.Equals(word.By, last.By, StringComparison.Ordinal)).GroupBy(word => word.By, StringComparer.Ordinal).Select(person => person.Last()).OrderBy(word => word.Sequence).ToList();
            // An import is history whoever ran it, also one's own.
            if (words.LastOrDefault(word => word.Origin == LabelOrigin.Import) is { } imported && !others.Contains(imported))
            {
                others.Insert(0, imported);
            }

            if (others.Exists(word => BearsOut(word, last)))
            {
                return null;
            }

            // What the head thought bears a person out only where no person says otherwise, and only of a text that is not the person's own.
            var decided = (words.FindLast(word => word is { Decided: not null, IsOwnText: false }) ?? words.FindLast(word => word.Decided is not null))?.Decided;
            if (!last.IsOwnText && string.Equals(decided, last.Label, StringComparison.Ordinal) && others.TrueForAll(word => string.Equals(word.Label, last.Label, StringComparison.Ordinal)))
            {
                return null;
            }

            var standing = others.FindLast(word => word.Origin == LabelOrigin.Import
                || (!word.IsOwnText && string.Equals(word.Label, decided, StringComparison.Ordinal)) || others.Exists(other => other != word && BearsOut(other, word)));
            return new AloneWord(last, (standing ?? others.LastOrDefault())?.Label ?? decided, standing, TextOf(words));
        }

        // Of what is history; or of another one who is certainly somebody else. Two texts under one id that two people brought are two tickets.
        private static bool BearsOut(LabelStatement other, LabelStatement word) => string.Equals(other.Label, word.Label, StringComparison.Ordinal)
            && (!other.IsOwnText || !word.IsOwnText || other.Ticket == word.Ticket)
            && (other.Origin == LabelOrigin.Import || (other.IsBySystemAccount == word.IsBySystemAccount && !other.IsByUnknown && !word.IsByUnknown));
    }
}
