using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests.Learning;

public class FrozenSetTests
{
    [Fact]
    public void Split_WithMoreTicketsEachNight_NeverTrainsOnWhatWasFrozen()
    {
        var all = LabelGuard.Guard(new Desk(11).Honest(3000)).Tickets;
        var nights = Enumerable.Range(1, 6).Select(night => FrozenSet.Split([.. all.Take(night * 500)])).ToList();

        var frozenEver = nights.SelectMany(night => night.Frozen).Select(ticket => ticket.TicketId).ToHashSet();

        Assert.InRange(nights[^1].Frozen.Count / 3000d, 0.12, 0.18);
        Assert.All(nights, night => Assert.DoesNotContain(night.Training, ticket => frozenEver.Contains(ticket.TicketId)));
    }

    [Fact]
    public void Split_TicketsOfOneText_StayTogether()
    {
        var tickets = Enumerable.Range(0, 2000).Select(i => Ticket($"sim:{i}", i % 2 == 0 ? $"Printer  {Name(i / 4)} jams since {i}" : $"printer {Name(i / 4)} JAMS since 12", i)).ToList();

        var split = FrozenSet.Split(tickets);

        Assert.InRange(split.Frozen.Count, 200, 400);
        Assert.Empty(split.Training.Select(Key).Intersect(split.Frozen.Select(Key)));

        static string Key(BelievedTicket ticket) => FrozenSet.TextKey(ticket.Ticket.Text);
    }

    [Fact]
    public void Split_TicketsOfKnownTextsUnderSmallerIds_ChangeNothing()
    {
        var known = Enumerable.Range(0, 1000).Select(i => Ticket($"sim:{i}", $"printer {Name(i)} jams", i)).ToList();
        var again = known.ConvertAll(ticket => ticket with { TicketId = "a" + ticket.TicketId, Sequence = ticket.Sequence + 1000 });

        var (first, second) = (FrozenSet.Split(known), FrozenSet.Split([.. known, .. again]));

        Assert.InRange(first.Frozen.Count, 100, 200);
        Assert.Equal(first.Frozen.Select(ticket => ticket.TicketId), second.Frozen.Select(ticket => ticket.TicketId).Where(id => id[0] != 'a'));
        Assert.Equal(2 * first.Frozen.Count, second.Frozen.Count);
    }

    [Fact]
    public void Split_ATemplate_IsLearnt()
    {
        var split = FrozenSet.Split([.. Enumerable.Range(0, 500).Select(i => Ticket($"sim:{i}", $"{(char)('a' + (i % 50))} resets a password", i))]);

        Assert.Equal((500, 0), (split.Training.Count, split.Frozen.Count));
    }

    private static string Name(int number) => string.Concat($"{number}".Select(digit => (char)('a' + digit - '0')));

    private static BelievedTicket Ticket(string id, string text, long sequence) => new(id, new Ticket { Description = text }, "mail", 1, "u-ada", Desk.Begin, sequence);
}
