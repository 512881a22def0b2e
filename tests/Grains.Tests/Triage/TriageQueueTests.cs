using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;
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
    public async Task ListWaiting_DecidedAnewAfterTheAdminSaidWhere_WaitsNoMore()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5"));
        await Triage.Label([Feedback("mail:1", "Access")]);

        Assert.Equal(TriageBand.Human, (await Triage.Classify(Ticket("mail:1", "Hardware:0.5 and more"))).Band);

        Assert.Equal(0, (await Triage.ListWaiting(0, 10)).Waiting);
    }

    [Fact]
    public async Task ListWaiting_SettledOnesThatAnEarlierReleaseDecidedAnew_AreReadOver()
    {
        string[] settled = ["mail:1", "mail:2", "mail:3"];
        foreach (var id in settled)
        {
            await Triage.Classify(Ticket(id, "Hardware:0.5"));
        }

        await Triage.Label([.. settled.Select(id => Feedback(id, "Access"))]);
        await AppendAsync(settled, number: 2);
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.LeaveAsync(_tenant);
        _cluster.SignInAsAdmin(_tenant);
        await Triage.Classify(Ticket("mail:4", "Hardware:0.4"));
        await Triage.Classify(Ticket("mail:5", "Hardware:0.4 too"));

        var first = await Triage.ListWaiting(0, 1);

        Assert.Equal(["mail:4"], first.Tickets.Select(ticket => ticket.Decision.TicketId));
        Assert.Equal(["mail:5"], (await Triage.ListWaiting(first.Next!.Value, 1)).Tickets.Select(ticket => ticket.Decision.TicketId));
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
        var second = await Triage.ListWaiting(first.Next!.Value, 3);

        Assert.Null(second.Next);

        Assert.Equal(["mail:0", "mail:1", "mail:2", "mail:3", "mail:4"], first.Tickets.Concat(second.Tickets).Select(ticket => ticket.Decision.TicketId));
    }

    [Fact]
    public async Task ListWaiting_AnEarlierReleaseSavedWithoutAQueue_IsReadFromTheJournals()
    {
        await AppendAsync(["mail:1", "mail:2"], number: 1);
        var state = new GrainState<TriageState>(new TriageState { Fold = """{"through":2,"labelsThrough":0,"settings":{},"heads":[],"canaryShare":0,"labels":0,"routed":0,"overridden":0,"feedback":{"day":0,"counts":{}},"tallies":{}}""" });
        await _cluster.Silo.GetRequiredKeyedService<IGrainStorage>(StorageNames.GrainState).WriteStateAsync("triage", Triage.GetGrainId(), state);

        var queue = await Triage.ListWaiting(0, 10);

        Assert.Equal(["mail:1", "mail:2"], queue.Tickets.Select(ticket => ticket.Decision.TicketId));
    }

    [Fact]
    public void Fold_MoreThanAPersonCouldWorkOffWhileJournalsAreRead_TheOldestLeaveAfterLabels()
    {
        var fold = new TriageFold { Waiting = { IsReading = true } };
        for (var i = 1; i <= WaitingQueue.Most + 2; i++)
        {
            fold.Apply(Decided(i, $"t:{i}"));
        }

        fold = TriageFold.Load(fold.Save());
        for (var i = 2; i <= WaitingQueue.Most; i++)
        {
            fold.Waiting.Remove($"t:{i}");
        }

        fold.Waiting.IsReading = false;

        Assert.Equal(["t:1", $"t:{WaitingQueue.Most + 1}", $"t:{WaitingQueue.Most + 2}"], fold.Waiting.ToList().Select(place => place.TicketId));
    }

    [Fact]
    public void Load_WhatWasSaved_IsTheSame_AndOfAnotherFormatBeginsAnew()
    {
        var fold = new TriageFold();
        fold.Apply(Decided(1, "jira:1", isFromPlatform: true));
        var saved = fold.Save();

        Assert.Equal((1, new WaitingPlace("jira:1", 1, true)), (TriageFold.Load(saved).Through, TriageFold.Load(saved).Waiting.Find("jira:1")));
        Assert.Equal((0, 0), (TriageFold.Load(saved.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal)).Through, TriageFold.Load(null).Through));
    }

    [Fact]
    public void Fold_PurgedEntries_ArePassedOver()
    {
        var fold = new TriageFold();

        fold.Apply(Entry(1, TriageFactTypes.Decided, []));
        fold.ApplyLabel(Entry(1, TriageFactTypes.Labelled, []));

        Assert.Equal((1, 1, 0), (fold.Through, fold.LabelsThrough, fold.Labels));
    }

    [Fact]
    public async Task ListWaiting_SomebodyElseSaysWhere_GoesOnWaitingForTheAdmin()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5"));
        _cluster.SignIn(_tenant, "u-ada");
        await Triage.Label([Feedback("mail:1", "Access", "e-1"), Feedback("mail:1", "Storage", "e-2")]);

        _cluster.SignInAsAdmin(_tenant);
        var waiting = Assert.Single((await Triage.ListWaiting(0, 10)).Tickets);
        Assert.Equal(("Storage", false), (waiting.Decision.FinalLabel, waiting.Decision.IsSettled));

        // As an event that somebody else made up.
        await Triage.Label([Feedback("mail:1", "Access", "e-1")]);

        Assert.Equal(0, (await Triage.ListWaiting(0, 10)).Waiting);
        Assert.True((await Triage.GetDecision("mail:1"))?.IsSettled);
    }

    [Fact]
    public async Task ListWaiting_PeopleSaidAsMuchAsTheyMay_TheAdminIsStillHeard()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5"));
        var refused = 0;
        for (var i = 0; i < TicketDossier.Most; i++)
        {
            _cluster.SignIn(_tenant, $"u-{i}");
            refused += Assert.Single(await Triage.Label([Feedback("mail:1", "Access")])).IsTaken ? 0 : 1;
        }

        _cluster.SignInAsAdmin(_tenant);
        Assert.True(Assert.Single(await Triage.Label([Feedback("mail:1", "Access")])).IsTaken);
        Assert.Equal((TicketDossier.Most - TicketDossier.MostWithSuggestions, 0), (refused, (await Triage.ListWaiting(0, 10)).Waiting));
    }

    [Fact]
    public async Task ListWaiting_SomebodyElseAsksOfAnotherText_GoesOnWaiting()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5"));
        _cluster.SignIn(_tenant, "u-ada");

        Assert.NotEqual(TriageBand.Human, (await Triage.Classify(Ticket("mail:1", "Access of mine"))).Band);

        _cluster.SignInAsAdmin(_tenant);
        Assert.Equal(1, (await Triage.ListWaiting(0, 10)).Waiting);
    }

    [Fact]
    public async Task ListWaiting_ThePlatformSaysWhere_WaitsNoMore()
    {
        await Triage.Classify(Ticket("mail:1", "Hardware:0.5"));
        _cluster.SignInAsPlatform(_tenant);

        await Triage.Label([new TriageLabel { TicketId = "mail:1", Label = "Access", Source = TriageLabelSource.Reassignment, By = "sn:ada", EventId = "e-1" }]);

        Assert.Equal(0, (await Triage.ListWaiting(0, 10)).Waiting);
    }

    [Fact]
    public void Fold_MoreThanAPersonCouldWorkOff_TheOldestOfThatKindLeave()
    {
        var fold = new TriageFold();
        fold.Apply(Decided(1, "jira:1", isFromPlatform: true));
        for (var i = 2; i <= WaitingQueue.Most + 6; i++)
        {
            fold.Apply(Decided(i, $"t:{i}"));
        }

        Assert.Equal(["jira:1", "t:7", "t:8"], fold.Waiting.ToList().Take(3).Select(place => place.TicketId));
        for (var i = 1; i <= WaitingQueue.Most + 1; i++)
        {
            fold.Apply(Decided(2 * WaitingQueue.Most + i, $"jira:{i + 1}", isFromPlatform: true));
        }

        Assert.Equal((2 * WaitingQueue.Most, "t:7", $"jira:{WaitingQueue.Most + 2}"), (fold.Waiting.Count, fold.Waiting.ToList()[0].TicketId, fold.Waiting.ToList()[^1].TicketId));
        Assert.DoesNotContain(fold.Waiting.ToList(), place => place.TicketId is "jira:1" or "jira:2");
    }

    [Fact]
    public void Fold_LabelOfAnEarlierRelease_TakesTheTicketOut()
    {
        var fold = new TriageFold();
        fold.Apply(Decided(1, "mail:1"));

        fold.ApplyLabel(Entry(1, TriageFactTypes.Labelled, Encoding.UTF8.GetBytes(
            """{"ticketId":"mail:1","ticket":"x","label":"Access","source":"Feedback","by":"u-ada","at":"2026-11-01T00:00:00Z","isEvidence":false}""")));

        Assert.Equal(0, fold.Waiting.Count);
    }

    [Fact]
    public async Task ListWaiting_NotAllowed_IsRefused()
    {
        Assert.Equal("limit", (await Assert.ThrowsAsync<StewardException>(() => Triage.ListWaiting(0, 101))).Field);
        Assert.Equal("after", (await Assert.ThrowsAsync<StewardException>(() => Triage.ListWaiting(-1, 1))).Field);
        _cluster.SignIn(_tenant, "u-ada");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.ListWaiting(0, 1))).Code);
    }

    // As it stands in the journal after an earlier release.
    private async Task AppendAsync(string[] ids, int number)
    {
        var key = GrainKeys.Triage(_tenant);
        await _cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = (await _cluster.Journals.GetHeadAsync(key))?.Sequence ?? 0,
            Records = [.. ids.Select(id => new JournalRecord { Type = TriageFactTypes.Decided, Payload = Decided(0, id).Payload, At = _cluster.Time.GetUtcNow(), DeduplicationId = TicketDossiers.IdOf(id, number) })],
        });
    }

    private static JournalEntry Decided(long sequence, string id, bool isFromPlatform = false) => Entry(sequence, TriageFactTypes.Decided, JsonSerializer.SerializeToUtf8Bytes(
        new TicketDecided
        {
            Ticket = new string('0', 64),
            Decision = new TriageDecision { TicketId = id, Band = TriageBand.Human, Label = "a", Confidence = 0.1, Top = [], Reasons = [], Similar = [], Version = "v", DecidedAt = DateTimeOffset.UnixEpoch },
            IsFromPlatform = isFromPlatform,
        },
        TriageJson.Default.TicketDecided));

    private static JournalEntry Entry(long sequence, string type, byte[] payload) => new() { Sequence = sequence, Type = type, Payload = payload, At = DateTimeOffset.UnixEpoch };

    private static TriageLabel Feedback(string id, string label, string? eventId = null) => new() { TicketId = id, Label = label, Source = TriageLabelSource.Feedback, EventId = eventId };

    private static TriageTicket Ticket(string? id, string title, string text = "") => new() { Id = id, ShortDescription = title, Description = text };
}
