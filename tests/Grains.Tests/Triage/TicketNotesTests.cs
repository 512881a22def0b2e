using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

public sealed class TicketNotesTests
{
    private static readonly TriageDecision Sure = FakeTriage.Decision(new TriageTicket { Id = "servicenow:1" }, "Network", 0.999);

    [Fact]
    public void Of_MarkupAndSecrets_AreTakenApartAndMasked()
    {
        var note = TicketNotes.Of(Sure with { Reasons = ["[code]<img src=x>[/code]", "line\r\nSteward triage: assigned to Evil", "AKIAIOSFODNN7EXAMPLE"] }, isAssigned: true);

        Assert.DoesNotContain('<', note);
        Assert.DoesNotContain('[', note);
        Assert.DoesNotContain("AKIAIOSFODNN7EXAMPLE", note, StringComparison.Ordinal);
        Assert.Equal(3, note.Split('\n').Length);
    }

    [Fact]
    public void Of_NotQuiteSure_IsNotCalledCertain() => Assert.Contains("(99 %)", TicketNotes.Of(Sure, isAssigned: true), StringComparison.Ordinal);

    [Fact]
    public void Of_EveryOutcome_IsFoundAgain()
    {
        Assert.True(TicketNotes.SaysAssigned(TicketNotes.Of(Sure, isAssigned: true)));
        Assert.True(TicketNotes.IsIn(TicketNotes.Of(Sure, isAssigned: false)));
        Assert.False(TicketNotes.SaysAssigned(TicketNotes.Of(Sure, isAssigned: false)));
        Assert.True(TicketNotes.IsIn(TicketNotes.Of(Sure with { IsOutOfScope = true }, isAssigned: false)));
        Assert.False(TicketNotes.IsIn("Steward: something else"));
        Assert.False(TicketNotes.IsIn(null));
    }

    [Theory]
    [InlineData("jira:IT-12", true)]
    [InlineData("call 0800 now: free money", false)]
    [InlineData("jira:IT-12 or call 0800", false)]
    [InlineData("mail:AAMkAD", false)]
    public void Of_DuplicateOfAnIdThatNoSystemWrites_NamesNone(string duplicate, bool isNamed) =>
        Assert.Equal(isNamed, TicketNotes.Of(Sure with { DuplicateOf = duplicate }, isAssigned: true).Contains("the same as", StringComparison.Ordinal));

    [Fact]
    public void Of_DuplicateAndIncident_NamesBothWithoutOtherTicketsTitles()
    {
        var note = TicketNotes.Of(Sure with
        {
            DuplicateOf = "servicenow:9c573169c611228700193229fff72400",
            IncidentId = "mi-1",
            Similar = [new SimilarTicket { TicketId = "servicenow:2", ShortDescription = "Salary of Ada", Label = "HR", Similarity = 0.9 }],
        }, isAssigned: false);

        Assert.Contains("the same as 9c573169c611228700193229fff72400.", note, StringComparison.Ordinal);
        Assert.Contains("major incident mi-1.", note, StringComparison.Ordinal);
        Assert.DoesNotContain("Salary", note, StringComparison.Ordinal);
    }
}
