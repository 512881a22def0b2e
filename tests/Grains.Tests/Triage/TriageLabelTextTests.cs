using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>Which text a word is kept with, and whose it is.</summary>
[Collection(TriageClusterGroup.Name)]
public sealed class TriageLabelTextTests
{
    private const string Made = "vpn does not connect";

    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageLabelTextTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(_tenant, "u-ada");
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    [Theory]
    [InlineData("Access", "u-ada", "Access", true)]
    [InlineData("Access", "u-bob", "Access", false)]
    [InlineData(null, "u-ada", "Access", true)]
    [InlineData(null, "u-bob", "Access", false)]
    [InlineData(Made, "u-ada", null, true)]
    [InlineData(Made, "u-bob", null, true)]
    public async Task Label_OfATicketThatAPersonBrought_IsOfTheDecidedTextOrTheirOwn(string? sent, string by, string? decided, bool isOwn)
    {
        await Triage.Classify(Ticket("x:1", "Access"));
        _cluster.SignIn(_tenant, by);

        var said = await SayAsync(Feedback("x:1", "Access", sent));

        Assert.Equal((sent ?? "Access", decided, isOwn), (said.Ticket.ShortDescription, said.DecidedLabel, said.IsOwnText));
    }

    [Fact]
    public async Task Label_OfATicketThatThePlatformBrought_KeepsItsText()
    {
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Classify(Ticket("sn:1", "Access"));
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Classify(Ticket("sn:1", Made));
        _cluster.SignIn(_tenant, "u-ada");

        var said = await SayAsync(Feedback("sn:1", "Access", Made));

        Assert.Equal(("Access", "Access", false), (said.Ticket.ShortDescription, said.DecidedLabel, said.IsOwnText));
    }

    [Fact]
    public async Task Label_OfAnImportedTicket_KeepsItsText()
    {
        _cluster.SignInAsAdmin(_tenant);
        await Triage.Label([Feedback("old:1", "Access", "badge is lost") with { Source = TriageLabelSource.Import }]);
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Classify(Ticket("old:1", "Hardware"));

        var said = await SayAsync(Feedback("old:1", "Access", Made));

        Assert.Equal(("badge is lost", null, false), (said.Ticket.ShortDescription, said.DecidedLabel, said.IsOwnText));
    }

    [Fact]
    public async Task Label_SomebodyElseBroughtAnotherTextUnderTheId_IsOfTheirOwnTicket()
    {
        await Triage.Classify(Ticket("x:1", "Access"));
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Classify(Ticket("x:1", "Hardware"));
        _cluster.SignIn(_tenant, "u-ada");

        var said = await SayAsync(Feedback("x:1", "Access"));

        Assert.Equal(("Access", "Access"), (said.Ticket.ShortDescription, said.DecidedLabel));
    }

    [Fact]
    public async Task Label_OfATicketThatNobodyHasSeen_IsTheirOwnWord()
    {
        var first = await SayAsync(Feedback("mail:1", "Mail", "no mail"));
        _cluster.SignIn(_tenant, "u-bob");
        var second = await SayAsync(Feedback("mail:1", "Mail"));

        Assert.Equal((true, true, "no mail"), (first.IsOwnText, second.IsOwnText, second.Ticket.ShortDescription));
    }

    [Fact]
    public async Task Label_RecordIsMovedOfWhichAPersonAsked_RestsOnThatPersonsText()
    {
        await Triage.Classify(Ticket("sn:1", Made));
        _cluster.SignInAsPlatform(_tenant);

        var said = await SayAsync(Feedback("sn:1", "Access") with { Source = TriageLabelSource.Reassignment, By = "sn:bob", EventId = "e1" });

        Assert.Equal((Made, true), (said.Ticket.ShortDescription, said.IsOwnText));
    }

    [Fact]
    public async Task Label_ByAnAdmin_IsOfTheTextThatTheySend()
    {
        await Triage.Classify(Ticket("x:1", "Access"));
        _cluster.SignInAsAdmin(_tenant);

        var said = await SayAsync(Feedback("x:1", "Hardware", "the badge reader is broken"));

        Assert.Equal(("the badge reader is broken", "Access", false), (said.Ticket.ShortDescription, said.DecidedLabel, said.IsOwnText));
    }

    private static TriageLabel Feedback(string id, string label, string? title = null) =>
        new() { TicketId = id, Label = label, Source = TriageLabelSource.Feedback, Ticket = title is null ? null : Ticket(null, title) };

    private static TriageTicket Ticket(string? id, string title) => new() { Id = id, ShortDescription = title };

    private async Task<TriageLabelEntry> SayAsync(TriageLabel label)
    {
        Assert.True(Assert.Single(await Triage.Label([label])).IsTaken);
        _cluster.SignInAsPlatform(_tenant);
        return (await Triage.ListLabels(0, 10)).Labels[^1];
    }
}
