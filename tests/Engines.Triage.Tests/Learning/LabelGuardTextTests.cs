using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Learning;

namespace Steward.Engines.Triage.Tests.Learning;

/// <summary>Whose text a label is learnt with.</summary>
public class LabelGuardTextTests
{
    private static readonly DateTimeOffset Later = Desk.Begin.AddDays(60);

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void Guard_OnePersonSaysTheHeadIsRightOfTextsOfTheirOwn_MovesNoPrediction(int days)
    {
        var desk = new Desk(31);
        var honest = desk.Honest(2400);
        var made = Enumerable.Range(0, 800).Select(i => desk.Say(1, "u-mallory", Later.AddDays(i % days)) with { Label = "mail", Decided = "mail", IsOwnText = true }).ToList();
        var fresh = Enumerable.Range(0, 1000).Select(i => TicketFeatures.Of(desk.Ticket(i % 4))).ToList();
        var before = Head(LabelGuard.Guard(honest));

        var guarded = LabelGuard.Guard([.. honest, .. made]);

        Assert.Equal([("u-mallory", guarded.SetAside)], guarded.HeldBack);
        Assert.InRange(guarded.Tickets.Count(ticket => ticket.By == "u-mallory"), 0, 25);
        Assert.InRange(Moved(before, Head(guarded), fresh), 0, 0.01);

        // Were the texts somebody else's, the same words would move many.
        Assert.InRange(Moved(before, Head(LabelGuard.Guard([.. honest, .. made.Select(said => said with { IsOwnText = false })])), fresh), 0.15, 1);
    }

    [Fact]
    public void Guard_ManyPeopleSayOfTheirOwnTicketsThatTheHeadIsRight_AreBelievedAsOftenAsOneOtherPerson()
    {
        var own = new Desk(32).Honest(3000).ConvertAll(said => said with { IsOwnText = true });

        var guarded = LabelGuard.Guard(own);

        Assert.Equal(["u-busy"], guarded.HeldBack.Select(held => held.Person));
        Assert.All(own.Where(said => said.By != "u-busy").CountBy(said => said.By), person => Assert.Equal(person.Value, guarded.Tickets.Count(ticket => ticket.By == person.Key)));
        Assert.InRange(guarded.Tickets.Count(ticket => ticket.By == "u-busy"), 200, 450);
    }

    [Fact]
    public void Guard_WordThatIsSetAside_LeavesTheTextOfTheOneThatStands()
    {
        var desk = new Desk(33);
        var history = Enumerable.Range(0, 100).Select(_ => desk.Say(1, "u-admin", Desk.Begin, origin: LabelOrigin.Import)).ToList();
        var made = history.ConvertAll(said => desk.SayAgain(said, "erp", "u-mallory", Later) with { Ticket = desk.Ticket(0) });

        var guarded = LabelGuard.Guard([.. history, .. made]);

        var texts = history.ToDictionary(said => said.TicketId, said => said.Ticket);
        Assert.All(guarded.Tickets.Where(ticket => ticket.Label == "network"), ticket => Assert.Equal(texts[ticket.TicketId], ticket.Ticket));
        Assert.True(guarded.SetAside > 80);
    }

    [Fact]
    public void Guard_SaysTheSameAsAnImportWithATextOfTheirOwn_TheImportsTextIsLearnt()
    {
        var desk = new Desk(34);
        var imported = desk.Say(1, "u-admin", Desk.Begin, origin: LabelOrigin.Import);
        var again = desk.SayAgain(imported, "network", "u-mallory", Later) with { Ticket = desk.Ticket(0), IsOwnText = true };

        Assert.Equal(imported.Ticket, Assert.Single(LabelGuard.Guard([imported, again]).Tickets).Ticket);
    }

    [Theory]
    [InlineData(false, 30)]
    [InlineData(true, 0)]
    public void Guard_TwoPeopleSayTheSameOfOneId_AgreeOnlyOnOneText(bool isOneText, int fewestSetAside)
    {
        var desk = new Desk(35);
        var first = Enumerable.Range(0, 60).Select(_ => desk.Say(1, "u-ada", Desk.Begin) with { Decided = null, IsOwnText = true }).ToList();
        var second = first.ConvertAll(said => desk.SayAgain(said, "network", "u-mallory", Later) with { Ticket = isOneText ? said.Ticket : desk.Ticket(0), IsOwnText = true });

        var guarded = LabelGuard.Guard([.. first, .. second]);

        Assert.InRange(guarded.SetAside, fewestSetAside, isOneText ? 0 : 60);
    }

    [Fact]
    public void Guard_SaysWhatTheHeadAndAnotherNameSaid_IsBelieved()
    {
        var desk = new Desk(36);
        var said = Enumerable.Range(0, 100).Select(_ => desk.Say(1, "u-ada", Desk.Begin, headIsRight: 1) with { IsOwnText = true }).ToList();

        // An account of the system and a person may be one; both say what the head does.
        var closed = said.ConvertAll(one => desk.SayAgain(one, "network", "servicenow:ada", Later) with { Origin = LabelOrigin.Confirmation, IsOwnText = false });

        var guarded = LabelGuard.Guard([.. said, .. closed]);

        Assert.Equal((100, 0), (guarded.Tickets.Count(ticket => ticket is { Label: "network", Weight: 0.5f }), guarded.SetAside));
    }

    private static TenantHead Head(GuardedLabels labels) =>
        TenantHeadTrainer.Train([.. labels.Tickets.Select(ticket => new TrainingTicket(TicketFeatures.Of(ticket.Ticket), ticket.Label, ticket.Weight, ticket.Ticket.Text))]).Head;

    private static double Moved(TenantHead before, TenantHead after, List<TicketFeatures> tickets) =>
        tickets.Count(ticket => before.Labels[before.Classify(ticket).Label] != after.Labels[after.Classify(ticket).Label]) / (double)tickets.Count;
}
