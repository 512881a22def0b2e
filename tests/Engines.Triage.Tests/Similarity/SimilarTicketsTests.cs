using Steward.Engines.Triage.Similarity;
using Steward.Engines.Triage.Tickets;
using Xunit.Abstractions;

namespace Steward.Engines.Triage.Tests.Similarity;

/// <summary>Memory is measured: nothing else runs meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class AloneGroup
{
    public const string Name = "alone";
}

[Collection(AloneGroup.Name)]
public class SimilarTicketsTests(ITestOutputHelper output)
{
    [Fact]
    public void Find_WordsInCommon_NamesTheMostAlikeFirstAndNotItself()
    {
        var tickets = new SimilarTickets(10);
        tickets.Add("1", Ticket("outlook does not open since the update"), "mail");
        tickets.Add("2", Ticket("vpn drops every hour"), "network");
        tickets.Add("3", Ticket("outlook calendar does not show meetings"), "mail");

        var found = tickets.Find(Ticket("outlook does not open"), except: "9");

        Assert.Equal(["1", "3"], found.Select(match => match.TicketId));
        Assert.All(found, match => Assert.Equal("mail", match.Label));
        Assert.True(found[0].Similarity > found[1].Similarity);
        Assert.Equal(["3"], tickets.Find(Ticket("outlook does not open"), except: "1").Select(match => match.TicketId));
    }

    [Fact]
    public void Find_SameWords_IsAsAlikeAsCanBe()
    {
        var tickets = new SimilarTickets(10);
        tickets.Add("1", Ticket("printer jam on floor three"), "print");
        tickets.Add("2", Ticket("new laptop please"), "hardware");

        Assert.Equal(1, Assert.Single(tickets.Find(Ticket("Floor three: printer jam on"), except: null)).Similarity, 0.001);
    }

    [Theory]
    [InlineData("")]
    [InlineData("???")]
    [InlineData("zzz unheard of")]
    public void Find_NothingInCommon_IsEmpty(string text)
    {
        var tickets = new SimilarTickets(10);
        tickets.Add("1", Ticket("printer jam"), "print");

        Assert.Empty(tickets.Find(Ticket(text)));
    }

    [Fact]
    public void Add_MoreThanFit_TheOldestLeave()
    {
        var tickets = new SimilarTickets(3);
        for (var i = 0; i < 10; i++)
        {
            tickets.Add($"{i}", Ticket($"machine{i} broken"), "hardware");
        }

        Assert.Equal(3, tickets.Count);
        Assert.Empty(tickets.Find(Ticket("machine6"), least: 0.01));
        Assert.Equal("7", Assert.Single(tickets.Find(Ticket("machine7"), least: 0.01)).TicketId);
    }

    [Fact]
    public void Add_NoneAreHeld_FindsNone()
    {
        var tickets = new SimilarTickets(0);
        tickets.Add("1", Ticket("machine one"), "hardware");

        Assert.Equal(0, tickets.Count);
        Assert.Empty(tickets.Find(Ticket("machine one")));
    }

    [Fact]
    public void Remove_OfAnotherContent_LeavesIt()
    {
        var tickets = new SimilarTickets(3);
        tickets.Add("1", Ticket("machine one"), "hardware", "b");
        tickets.Remove("1", "a");
        tickets.Remove("2");
        Assert.Equal("b", Assert.Single(tickets.Find(Ticket("machine one"))).Content);

        tickets.Remove("1", "b");
        Assert.Equal(0, tickets.Count);
    }

    [Fact]
    public void Add_KnownTicket_ReplacesItsLabelAndWords()
    {
        var tickets = new SimilarTickets(3);
        tickets.Add("1", Ticket("machine one"), "hardware");
        tickets.Add("1", Ticket("machine two"), "software");

        Assert.Equal(1, tickets.Count);
        Assert.Equal("software", Assert.Single(tickets.Find(Ticket("machine two"))).Label);
        Assert.Empty(tickets.Find(Ticket("one")));
    }

    [Fact]
    public void Find_AfterManyReplacements_FindsWhatIsHeldAndNothingElse()
    {
        var (tickets, random) = (new SimilarTickets(50), new Random(7));
        var held = new List<(string Id, string Word)>();
        for (var i = 0; i < 2_000; i++)
        {
            var (id, word) = ($"t{random.Next(80)}", $"w{random.Next(40)}");
            tickets.Add(id, Ticket($"{word} filler{i % 3}"), "x");
            held.RemoveAll(one => one.Id == id);
            held.Add((id, word));
            Assert.True(tickets.Count <= 50);
        }

        foreach (var (id, word) in held.TakeLast(20))
        {
            Assert.Contains(tickets.Find(Ticket(word), count: 50, least: 0.001), match => match.TicketId == id);
        }
    }

    [Fact]
    public void Add_AsManyAsATenantHolds_TakesFewMegabytes()
    {
        var random = new Random(3);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var tickets = new SimilarTickets(2_000);
        for (var i = 0; i < 2_000; i++)
        {
            // Zipf's law, roughly: most words are seldom.
            var words = Enumerable.Range(0, 60).Select(_ => $"w{(int)Math.Pow(20_000, random.NextDouble())}");
            tickets.Add($"servicenow:{i:x32}", new Ticket { ShortDescription = $"ticket {i}", Description = string.Join(' ', words) }, $"group {i % 30}");
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{bytes / 1024.0 / 1024:0.0} MiB");
        Assert.InRange(bytes, 100_000, 8_000_000);
        GC.KeepAlive(tickets);
    }

    [Fact]
    public void Add_LongTitle_KeepsWholeCharacters()
    {
        var tickets = new SimilarTickets(3);
        tickets.Add("1", Ticket("jam " + string.Concat(Enumerable.Repeat("😀", 200))), "print");

        var title = Assert.Single(tickets.Find(Ticket("jam"), least: 0.01)).Title;

        Assert.True(title.Length <= SimilarTickets.LongestTitle);
        Assert.False(char.IsHighSurrogate(title[^1]));
    }

    private static Ticket Ticket(string title) => new() { ShortDescription = title };
}
