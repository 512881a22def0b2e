using Steward.Errors;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>Tickets that no group was sure enough for wait for a person.</summary>
[Collection(TriageClusterGroup.Name)]
public sealed class TriageQueueTests
{
    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageQueueTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignInAsAdmin(_tenant);
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    [Fact]
    public async Task ListWaiting_NotSureEnough_WaitsWithItsThreeGroupsUntilSomebodySaysWhere()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5 screen"));
        await Triage.Classify(Ticket("mail:2", "Access"));
        await Triage.Classify(Ticket("mail:3", "", "Storage:0.4 is full"));
        await Triage.Classify(Ticket(null, "Hardware:0.5 nobody keeps this"));

        var queue = await Triage.ListWaiting(0, 10);

        Assert.Equal(2, queue.Waiting);
        Assert.Equal(["mail:1", "mail:3"], queue.Tickets.Select(ticket => ticket.Decision.TicketId));
        Assert.Equal(["Hardware:0.5 screen", "Storage:0.4 is full"], queue.Tickets.Select(ticket => ticket.ShortDescription));
        Assert.All(queue.Tickets, ticket => Assert.Equal((TriageBand.Human, 3), (ticket.Decision.Band, ticket.Decision.Top.Count)));
        Assert.Equal(["Hardware:0.5"], queue.Tickets[0].Decision.Reasons);

        await Triage.Label([new TriageLabel { TicketId = "mail:1", Label = "Access", Source = TriageLabelSource.Feedback }]);

        Assert.Equal(["mail:3"], (await Triage.ListWaiting(0, 10)).Tickets.Select(ticket => ticket.Decision.TicketId));
    }

    [Fact]
    public async Task ListWaiting_DecidedAnew_StandsThereOnceOrNotAtAll()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5"));
        await Triage.Classify(Ticket("mail:2", "Hardware:0.4"));

        await Triage.Classify(Ticket("mail:1", "Hardware:0.5 and more"));
        await Triage.Classify(Ticket("mail:2", "Access of mine"));

        Assert.Equal(["Hardware:0.5 and more"], (await Triage.ListWaiting(0, 10)).Tickets.Select(ticket => ticket.ShortDescription));
    }

    [Fact]
    public async Task ListWaiting_AfterALoss_IsTheSameAndIsReadPageByPage()
    {
        for (var i = 0; i < 5; i++)
        {
            await Triage.Classify(Ticket($"mail:{i}", $"Hardware:0.5 {i}"));
        }

        _cluster.SignInAsPlatform(_tenant);
        await _cluster.LeaveAsync(_tenant);
        _cluster.SignInAsAdmin(_tenant);
        var first = await Triage.ListWaiting(0, 3);
        var second = await Triage.ListWaiting(first.Tickets[^1].Sequence, 3);

        Assert.Equal(["mail:0", "mail:1", "mail:2", "mail:3", "mail:4"], first.Tickets.Concat(second.Tickets).Select(ticket => ticket.Decision.TicketId));
    }

    [Fact]
    public void Fold_MoreThanAPersonCouldWorkOff_TheOldestLeave()
    {
        var fold = new TriageFold();
        for (var i = 1; i <= TriageFold.MostWaiting + 5; i++)
        {
            var decided = new TicketDecided
            {
                Ticket = "x",
                Decision = new TriageDecision { TicketId = $"t:{i}", Band = TriageBand.Human, Label = "a", Confidence = 0.1, Top = [], Reasons = [], Similar = [], Version = "v", DecidedAt = DateTimeOffset.UnixEpoch },
            };
            fold.Apply(new Steward.Storage.JournalEntry
            {
                Sequence = i,
                Type = TriageFactTypes.Decided,
                Payload = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(decided, TriageJson.Default.TicketDecided),
                At = DateTimeOffset.UnixEpoch,
            });
        }

        Assert.Equal((TriageFold.MostWaiting, "t:6"), (fold.Waiting.Count, fold.Waiting[0].TicketId));
    }

    [Fact]
    public async Task ListWaiting_NotAllowed_IsRefused()
    {
        Assert.Equal("limit", (await Assert.ThrowsAsync<StewardException>(() => Triage.ListWaiting(0, 101))).Field);
        Assert.Equal("after", (await Assert.ThrowsAsync<StewardException>(() => Triage.ListWaiting(-1, 1))).Field);
        _cluster.SignIn(_tenant, "u-ada");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.ListWaiting(0, 1))).Code);
    }

    private static TriageTicket Ticket(string? id, string title, string text = "") => new() { Id = id, ShortDescription = title, Description = text };
}
