using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Triage.Incidents;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests.Incidents;

public sealed class TicketWatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void See_BurstOfParaphrases_IsOneIncidentFromTheFifthToTheEighthOn()
    {
        var watch = new TicketWatch();
        var usual = new UsualTickets(1);
        var at = usual.Replay(watch, 300, Start, TimeSpan.FromMinutes(2)).Max(seen => seen.At);

        var burst = Enumerable.Range(0, 30).Select(number => watch.See($"burst{number}", Outage(number), at + TimeSpan.FromSeconds(10 * number))).ToList();

        var first = burst.FindIndex(sighting => sighting.IncidentId is not null);
        Assert.InRange(first, 4, 7);
        Assert.Single(burst.Skip(first).Select(sighting => sighting.IncidentId).Distinct());
        Assert.StartsWith("mi-20260302-", burst[first].IncidentId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(12)]
    [InlineData(2)]
    public void See_UsualTicketsAtAnyRate_AreNoIncident(int seconds) =>
        Assert.DoesNotContain(new UsualTickets(2).Replay(new TicketWatch(), 3_000, Start, TimeSpan.FromSeconds(seconds)), seen => seen.Sighting.IncidentId is not null);

    [Fact]
    public void See_BusyMorning_IsNoIncident()
    {
        var watch = new TicketWatch();
        var usual = new UsualTickets(3);
        var night = usual.Replay(watch, 200, Start, TimeSpan.FromMinutes(4));

        var morning = usual.Replay(watch, 400, night.Max(seen => seen.At), TimeSpan.FromSeconds(5));

        Assert.DoesNotContain(morning, seen => seen.Sighting.IncidentId is not null);
    }

    [Fact]
    public void See_BurstOfWhatIsAlwaysAskedFor_IsNoIncidentAtItsUsualShare()
    {
        var watch = new TicketWatch();
        var usual = new UsualTickets(4);
        var at = Start;
        var found = new List<TicketSighting>();
        for (var number = 0; number < 900; number++)
        {
            at += TimeSpan.FromSeconds(number < 450 ? 90 : 6);
            found.Add(number % 4 == 0 ? watch.See($"p{number}", Reset(number), at) : watch.See($"u{number}", usual.Next(), at));
        }

        Assert.DoesNotContain(found.Skip(40), sighting => sighting.IncidentId is not null);
    }

    [Fact]
    public void See_FirstTicketsOfATenant_AreNoIncidentWhateverTheySay()
    {
        var watch = new TicketWatch();

        Assert.All(Enumerable.Range(0, 29), number => Assert.Null(watch.See($"t{number}", Outage(number), Start + TimeSpan.FromSeconds(number)).IncidentId));
    }

    [Fact]
    public void See_AfterTheIncidentHasEnded_IsAnotherOne()
    {
        var watch = new TicketWatch();
        var usual = new UsualTickets(5);
        var at = usual.Replay(watch, 300, Start, TimeSpan.FromMinutes(2)).Max(seen => seen.At);
        var one = Enumerable.Range(0, 12).Select(number => watch.See($"a{number}", Outage(number), at + TimeSpan.FromSeconds(number)).IncidentId).ToList().FindLast(id => id is not null);
        at = usual.Replay(watch, 600, at, TimeSpan.FromMinutes(1)).Max(seen => seen.At);

        var two = Enumerable.Range(0, 20).Select(number => watch.See($"b{number}", Outage(number), at + TimeSpan.FromSeconds(number)).IncidentId).ToList().FindLast(id => id is not null);

        Assert.NotNull(one);
        Assert.NotNull(two);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public void See_TheFirstWasClosed_IsADuplicateOfTheOneThatIsOpen()
    {
        var watch = new TicketWatch();
        var ticket = new Ticket { ShortDescription = "Monitor stays black", Description = "My second monitor stays black since this morning", Department = "Sales", Location = "Berlin" };
        watch.See("a", ticket, Start);
        Assert.Equal("a", watch.See("b", ticket, Start).DuplicateOf);

        Assert.True(watch.Close("a"));
        Assert.Equal("b", watch.See("c", ticket, Start).DuplicateOf);
        Assert.False(watch.Close("a"));
        Assert.False(watch.Close("never seen"));

        watch.Close("b");
        watch.Close("c");
        Assert.Null(watch.See("d", ticket, Start).DuplicateOf);
    }

    [Fact]
    public void See_SameWordsFromTheSamePlace_IsADuplicateOfTheFirst()
    {
        var watch = new TicketWatch();
        var ticket = new Ticket { ShortDescription = "Monitor stays black", Description = "My second monitor stays black since this morning", Department = "Sales", Location = "Berlin" };
        watch.See("t1", ticket, Start);
        watch.See("t2", ticket with { Description = "My second monitor stays black since this morning!" }, Start + TimeSpan.FromMinutes(5));

        Assert.Equal("t1", watch.See("t3", ticket, Start + TimeSpan.FromMinutes(9)).DuplicateOf);
        Assert.Null(watch.See("t4", ticket with { Location = "Paris" }, Start + TimeSpan.FromMinutes(9)).DuplicateOf);
        Assert.Null(watch.See("t5", ticket with { Description = "The printer on floor two has no toner" }, Start + TimeSpan.FromMinutes(9)).DuplicateOf);
        Assert.Null(watch.See("t6", ticket, Start + TimeSpan.FromHours(5)).DuplicateOf);
    }

    [Fact]
    public void See_TooFewWords_SaysNothing()
    {
        var watch = new TicketWatch();
        for (var number = 0; number < 200; number++)
        {
            Assert.Equal(default, watch.See($"t{number}", new Ticket { ShortDescription = number % 2 == 0 ? "help" : "" }, Start));
        }
    }

    [Fact]
    public void See_SameIdAgain_ChangesNothing()
    {
        var watch = new TicketWatch();
        var first = watch.See("t1", Outage(1), Start);

        Assert.Equal(first, watch.See("t1", Reset(2), Start + TimeSpan.FromHours(1)));
        Assert.Equal(1, watch.Count);
    }

    [Fact]
    public void See_AnyTickets_StaysBoundedAndIsRepeatable()
    {
        var words = new[] { "vpn", "mail", "printer", "down", "slow", "account", "locked", "berlin", "\0", "🦊🦊", "密码", "a", "" };
        var tickets = from title in Gen.Elements(words).ListOf(4)
                      from text in Gen.Elements(words).ListOf(12)
                      from id in Gen.Choose(0, 400)
                      from seconds in Gen.Choose(-5_000, 5_000)
                      select (Id: $"t{id}", Ticket: new Ticket { ShortDescription = string.Join(' ', title), Description = string.Join(' ', text) }, Seconds: seconds);
        Prop.ForAll(Arb.From(tickets.ListOf(300)), list =>
        {
            var options = new TicketWatchOptions { MostRemembered = 64, FewestKnown = 10, MostIncidents = 3 };
            var (one, two) = (new TicketWatch(options), new TicketWatch(options));
            foreach (var (id, ticket, seconds) in list)
            {
                var at = Start + TimeSpan.FromSeconds(seconds);
                Assert.Equal(one.See(id, ticket, at), two.See(id, ticket, at));
                Assert.InRange(one.Count, 1, 64);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(3, 10, 0.25, 0.47441)]
    [InlineData(10, 10, 0.25, 9.5367e-7)]
    [InlineData(8, 50, 0.02, 6.494e-6)]
    [InlineData(0, 5, 0.5, 1.0)]
    [InlineData(3, 3, 1.0, 1.0)]
    [InlineData(700, 1_000, 0.25, 7.548e-196)]
    public void AtLeast_KnownValues_AreThose(int count, int trials, double share, double expected) => Assert.Equal(1, BinomialTail.AtLeast(count, trials, share) / expected, 0.02);

    [Fact]
    public void AtLeast_MoreThanThereAre_IsNever() => Assert.Equal((0, 0), (BinomialTail.AtLeast(4, 3, 0.5), BinomialTail.AtLeast(1, 3, 0)));

    // A quarter of the known tickets are of the last minutes: eleven alike are all among them once in a million by chance, and each ticket asks.
    [Theory]
    [InlineData(11, false)]
    [InlineData(15, true)]
    public void See_ManyTicketsAnHourAndSomeAlike_AreAnIncidentWhereChanceDoesNotExplainThem(int alike, bool isIncident)
    {
        var (watch, at, found) = (new TicketWatch(), Start, false);
        for (var number = 0; number < 1_023; number++)
        {
            at += TimeSpan.FromSeconds(1);
            var nth = number - (1_023 - (alike * 16));
            found |= nth >= 0 && nth % 16 == 15
                ? watch.See($"a{number}", new Ticket { ShortDescription = "invoice export of the ledger stops halfway" }, at).IncidentId is not null
                : watch.See($"u{number}", new Ticket { ShortDescription = $"w{number}a w{number}b w{number}c w{number}d" }, at).IncidentId is not null;
        }

        Assert.Equal(isIncident, found);
    }

    private static readonly string[][] OutageParts =
    [
        ["VPN", "The VPN", "VPN client", "Our VPN tunnel"], ["drops", "does not connect", "fails", "cannot connect", "disconnects"], ["in Berlin", "from home", "at the office", "since this morning", "for everybody here"],
        ["with error 809", "and asks for the gateway", "the gateway times out", "no answer of the gateway", "gateway unreachable"],
    ];

    private static Ticket Outage(int number) => new()
    {
        ShortDescription = $"{OutageParts[0][number % 4]} {OutageParts[1][number * 7 % 5]}",
        Description = $"{OutageParts[0][(number + 1) % 4]} {OutageParts[1][number * 3 % 5]} {OutageParts[2][number * 11 % 5]}, {OutageParts[3][number * 13 % 5]}. Please help, kind regards",
    };

    private static Ticket Reset(int number) => new() { ShortDescription = "Password reset", Description = $"Please reset my password for the portal, user number{number}, thanks" };
}

/// <summary>Tickets about many things, each in its own words, with some that come often.</summary>
internal sealed class UsualTickets(int seed)
{
    private readonly Random _random = new(seed);
    private int _number;

    public IReadOnlyList<(DateTimeOffset At, TicketSighting Sighting)> Replay(TicketWatch watch, int count, DateTimeOffset from, TimeSpan between)
    {
        var seen = new List<(DateTimeOffset, TicketSighting)>();
        for (var number = 0; number < count; number++)
        {
            // Waits as of a Poisson process.
            from += between * -Math.Log(1 - _random.NextDouble());
            seen.Add((from, watch.See($"usual{seed}/{_number}", Next(), from)));
        }

        return seen;
    }

    public Ticket Next()
    {
        _number++;

        // Themes as in Zipf's law, each with words of its own, and words that stand in every ticket.
        var theme = (int)Math.Floor(Math.Pow(60, _random.NextDouble()));
        var own = Enumerable.Range(0, 8).Select(_ => $"theme{theme}word{_random.Next(40)}");
        var common = Enumerable.Range(0, 6).Select(_ => $"common{_random.Next(25)}");
        return new Ticket { ShortDescription = string.Join(' ', own.Take(3)), Description = string.Join(' ', own.Skip(3).Concat(common)) };
    }
}
