using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests.Tickets;

public class TicketLimitsTests
{
    [Fact]
    public void Find_WhateverPeopleWrite_IsAllowed()
    {
        Assert.Null(TicketLimits.Find(new Ticket { ShortDescription = "x" }));
        Assert.Null(TicketLimits.Find(new Ticket { Description = new string('x', TicketLimits.LongestText) }));
        Assert.Null(TicketLimits.Find(new Ticket { Description = "Überfällig 😀 日本語\r\n\tat line 3 \u0001 and a stray \uFFFD" }));
    }

    [Fact]
    public void Find_Empty_AsksForTitleOrText() => Assert.Equal("shortDescription", TicketLimits.Find(new Ticket { ShortDescription = " ", Description = "\n" })?.Field);

    [Fact]
    public void Find_HundredKilobytes_NamesFieldAndLimit()
    {
        var problem = TicketLimits.Find(new Ticket { ShortDescription = "x", Description = new string('x', 102_400) });

        Assert.Equal("description", problem?.Field);
        Assert.Contains("100000", problem?.Allowed, StringComparison.Ordinal);
    }

    // In one test: attributes cannot hold halves of surrogate pairs.
    [Fact]
    public void Find_BinaryGarbage_IsNoText()
    {
        string[] texts = ["a\0b", "\ud83d", "\ude00", "a\ud83db", "\u0001\u0002\u0003\u0004PK\u0005\u0006", "\uFFFD\uFFFDJFIF\uFFFD\uFFFD"];

        Assert.All(texts, text => Assert.Equal("description", TicketLimits.Find(new Ticket { ShortDescription = "x", Description = text })?.Field));
    }

    [Fact]
    public void Find_LongAttribute_NamesIt() =>
        Assert.Equal("configurationItem", TicketLimits.Find(new Ticket { ShortDescription = "x", ConfigurationItem = new string('x', TicketLimits.LongestAttribute + 1) })?.Field);
}
