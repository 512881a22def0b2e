using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Steward.Connectors;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.People;
using Steward.Storage;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>Accounts that the tenant trusts to send the tickets of a system through the API.</summary>
[Collection(TriageClusterGroup.Name)]
public sealed class TriageSenderTests
{
    private const string Desk = "u-desk";

    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageSenderTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignInAsAdmin(_tenant);
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    [Fact]
    public async Task Classify_OfATrustedSender_IsWatchedAndCountsForTheHead()
    {
        var head = await UseHeadAsync();
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);

        var first = await Triage.Classify(Ticket("desk:1", "outlook calendar"));
        var second = await Triage.Classify(Ticket("desk:2", "outlook calendar"));
        var third = await Triage.Classify(Ticket("desk:3", "outlook calendar"));
        var elsewhere = await Triage.Classify(Ticket("mail:4", "outlook calendar"));

        Assert.Equal((null, "desk:1", "incident-1"), (first.DuplicateOf, second.DuplicateOf, third.IncidentId));
        Assert.Equal((null, null), (elsewhere.DuplicateOf, elsewhere.IncidentId));
        Assert.Equal("desk:1", (await Triage.GetDecision("desk:2"))!.DuplicateOf);
        Assert.Equal((3, 0, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task Classify_OfNobodyTrusted_CountsForNothing()
    {
        var head = await UseHeadAsync();
        _cluster.SignIn(_tenant, Desk);

        var decisions = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Triage.Classify(Ticket($"desk:{i}", "outlook calendar"))));

        Assert.All(decisions, decision => Assert.Equal((null, null), (decision.DuplicateOf, decision.IncidentId)));
        Assert.Equal((0, 0, 0), await FaredAsync(head));
    }

    [Theory]
    [InlineData("u-mallory", null)]
    [InlineData("u-root", WellKnownRoles.Admin)]
    [InlineData("u-portal", null)]
    public async Task Classify_IdOfATrustedSender_IsItsOwn(string user, string? role)
    {
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" }, new TriageSender { UserId = "u-portal", Source = "portal" });
        _cluster.SignIn(_tenant, user, role is null ? [] : [role]);

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("desk:1", "Access please")));

        Assert.Equal((ErrorCodes.InvalidArgument, "id"), (error.Code, error.Field));
        Assert.Equal("Access", (await Triage.Classify(Ticket("desktop:1", "Access please"))).Label);
    }

    [Fact]
    public async Task Classify_SameTicketAgain_CountsOnce()
    {
        var head = await UseHeadAsync();
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk", TicketsPerHour = 2 });
        _cluster.SignIn(_tenant, Desk);

        for (var i = 0; i < 5; i++)
        {
            await Triage.Classify(Ticket("desk:1", "outlook calendar"));
        }

        await Triage.Classify(Ticket("desk:2", "outlook calendar"));
        Assert.Equal((2, 0, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task Classify_BeyondTheHoursShare_IsDecidedAndCountsForNothing()
    {
        var head = await UseHeadAsync();
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk", TicketsPerHour = 2 }, new TriageSender { UserId = "u-portal", Source = "portal" });
        _cluster.SignIn(_tenant, Desk);
        var decisions = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Triage.Classify(Ticket($"desk:{i}", "outlook calendar"))));

        Assert.All(decisions, decision => Assert.Equal(("Mail", null), (decision.Label, decision.IncidentId)));
        Assert.Equal((2, 0, 0), await FaredAsync(head));

        await _cluster.LeaveAsync(_tenant);
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:7", "outlook calendar"));
        Assert.Equal((2, 0, 0), await FaredAsync(head));

        _cluster.SignIn(_tenant, "u-portal");
        await Triage.Classify(Ticket("portal:1", "vpn router"));
        Assert.Equal((3, 0, 0), await FaredAsync(head));

        _cluster.Time.Advance(TimeSpan.FromHours(1));
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:8", "vpn wifi"));
        Assert.Equal((4, 0, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task Classify_NothingAnsweredBefore_DidNotUseUpTheHoursShare()
    {
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk", TicketsPerHour = 2 });
        _cluster.SignIn(_tenant, Desk);
        _cluster.Models.Failure = FakeModels.Down;
        try
        {
            for (var i = 0; i < 5; i++)
            {
                await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket($"desk:{i}", "Access is down")));
            }
        }
        finally
        {
            _cluster.Models.Failure = null;
        }

        await Triage.Classify(Ticket("desk:1", "Access is down"));

        Assert.Equal("desk:1", (await Triage.Classify(Ticket("desk:2", "Access is down"))).DuplicateOf);
    }

    [Fact]
    public async Task Label_OfASendersTickets_JudgesAHeadAsAnybodysWord()
    {
        var head = await UseHeadAsync();
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);
        for (var i = 0; i < 6; i++)
        {
            await Triage.Classify(Ticket($"desk:{i}", "outlook calendar"));
        }

        await Triage.Label([.. Enumerable.Range(0, 6).Select(i => Said($"desk:{i}", "Network"))]);
        Assert.Equal((6, FeedbackDay.MostOfOne, FeedbackDay.MostOfOne), await FaredAsync(head));

        _cluster.SignIn(_tenant, "u-ada");
        await Triage.Label([Said("desk:5", "Mail")]);
        Assert.Equal((6, 4, 3), await FaredAsync(head));
    }

    [Fact]
    public async Task SetSettings_SenderIsTrustedNoMore_ItsTicketsCountForNothing()
    {
        var head = await UseHeadAsync();
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:1", "outlook calendar"));

        await TrustAsync();
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:2", "outlook calendar"));

        Assert.Equal((1, 0, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task Classify_IdThatOthersUsedBefore_CountsFromTheSendersOwnTicketOn()
    {
        var head = await UseHeadAsync();
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Classify(Ticket("desk:1", "outlook calendar made up"));
        await Triage.Label([Said("desk:1", "Network")]);
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);

        await Triage.Classify(Ticket("desk:1", "outlook calendar"));
        Assert.Equal((1, 0, 0), await FaredAsync(head));

        _cluster.SignIn(_tenant, "u-ada");
        await Triage.Label([Said("desk:1", "Mail")]);
        Assert.Equal((1, 1, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task Classify_SameTicketThatOthersSentBefore_IsWatchedAndCountsOnce()
    {
        var head = await UseHeadAsync();
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Classify(Ticket("desk:2", "outlook calendar"));
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" }, new TriageSender { UserId = "u-night-desk", Source = "desk" });
        _cluster.SignIn(_tenant, Desk);

        await Triage.Classify(Ticket("desk:1", "outlook calendar"));
        var own = await Triage.Classify(Ticket("desk:2", "outlook calendar"));
        Assert.Equal("desk:1", own.DuplicateOf);
        Assert.Equal("desk:1", (await Triage.Classify(Ticket("desk:2", "outlook calendar"))).DuplicateOf);
        Assert.Equal("desk:1", (await Triage.GetDecision("desk:2"))!.DuplicateOf);
        Assert.Equal((2, 0, 0), await FaredAsync(head));

        _cluster.SignIn(_tenant, "u-night-desk");
        await Triage.Classify(Ticket("desk:2", "outlook calendar"));
        Assert.Equal("desk:1", (await Triage.GetDecision("desk:2"))!.DuplicateOf);
        Assert.Equal((2, 0, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task Classify_IdThatOthersFilledBefore_HasRoomForTheSendersOwnContents()
    {
        var head = await UseHeadAsync();
        _cluster.SignIn(_tenant, "u-mallory");
        for (var i = 0; i < TicketDossier.Most; i++)
        {
            await Triage.Classify(Ticket("desk:1", $"outlook calendar made up {i}"));
        }

        Assert.Equal(ErrorCodes.LimitReached, (await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("desk:1", "outlook")))).Code);
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:1", "outlook calendar made up 1"));
        await _cluster.LeaveAsync(_tenant);

        _cluster.SignIn(_tenant, Desk);
        for (var i = 1; i < TicketDossier.Most; i++)
        {
            await Triage.Classify(Ticket("desk:1", $"outlook inbox {i}"));
        }

        Assert.Equal(ErrorCodes.LimitReached, (await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("desk:1", "outlook")))).Code);
        Assert.Equal((TicketDossier.Most, 0, 0), await FaredAsync(head));
    }

    [Fact]
    public async Task SetSettings_SourceIsAConnectorThatTheSettingsDoNotName_IsRefused()
    {
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.Grains.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(_tenant)).Put(new ConnectorEntry { Name = "servicenow", Revision = 1, Enabled = true });

        var error = await Assert.ThrowsAsync<StewardException>(() => TrustAsync(new TriageSender { UserId = Desk, Source = "desk" }, new TriageSender { UserId = "u-portal", Source = "servicenow" }));

        Assert.Equal((ErrorCodes.InvalidArgument, "senders[1].source"), (error.Code, error.Field));
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
    }

    [Fact]
    public async Task GetHeads_OnTrial_SaysOfHowManyOnePersonSpoke()
    {
        _cluster.SignInAsPlatform(_tenant);
        var bytes = TriageCluster.Head(("Mail", "outlook calendar inbox"), ("Network", "vpn wifi router"));
        var head = await Triage.AddHead(new AddTriageHead { Bytes = bytes, Tickets = 72, ThroughSequence = 1, AutoRouteAt = 0.5, ReviewAt = 0.3 });
        await Triage.UseHead(new UseTriageHead { Version = head.Version, Share = 0.999_999, Reason = "a trial" });
        for (var i = 0; i < 6; i++)
        {
            await Triage.Classify(Ticket($"jira:{i}", "outlook calendar"));
        }

        await Triage.Label([new TriageLabel { TicketId = "jira:5", Label = "Mail", Source = TriageLabelSource.Confirmation, By = "jira:ops" }]);
        Assert.Equal((1, 0), await SaidAsync(head.Version));
        _cluster.SignIn(_tenant, "u-ada");
        await Triage.Label([.. Enumerable.Range(0, 5).Select(i => Said($"jira:{i}", "Mail"))]);
        Assert.Equal((4, 3), await SaidAsync(head.Version));

        // Somebody else's word stands in for hers, and a restart changes nothing.
        _cluster.SignIn(_tenant, "u-bob");
        await Triage.Label([Said("jira:0", "Network")]);
        Assert.Equal((4, 2), await SaidAsync(head.Version));
        await _cluster.LeaveAsync(_tenant);
        Assert.Equal((4, 2), await SaidAsync(head.Version));

        _cluster.SignInAsPlatform(_tenant);
        await Triage.UseHead(new UseTriageHead { Version = head.Version, Reason = "better" });
        Assert.Equal((4, 0), await SaidAsync(head.Version));
    }

    [Fact]
    public void Fold_SavedOnTrialBeforePersonsWereKept_TakesItsWordsForOnePersons()
    {
        var fold = new TriageFold { Canary = "head-1" };
        fold.Heads.Add(new TriageHeadState { Added = new TriageHeadAdded { Version = "head-1", Content = "", Tickets = 1, Labels = 2, ThroughSequence = 1 }, AddedAt = default, Said = 12 });
        var saved = JsonNode.Parse(fold.Save())!.AsObject();
        saved.Remove("trialWords");

        Assert.Equal(12, TriageFold.Load(saved.ToJsonString()).SaidByOne());
    }

    [Fact]
    public async Task Classify_SettingsOfAnEarlierRelease_TrustNobody()
    {
        var settings = JsonNode.Parse(JsonSerializer.Serialize(new TriageSettingsSet(new TriageSettings { Version = 1 }, "u-root"), TriageJson.Default.TriageSettingsSet))!.AsObject();
        Assert.True(settings["settings"]!.AsObject().Remove("senders"));
        var entry = new JournalRecord { Type = TriageFactTypes.SettingsSet, Payload = Encoding.UTF8.GetBytes(settings.ToJsonString()), At = _cluster.Time.GetUtcNow() };
        await _cluster.Silo.GetRequiredService<IJournalStore>().AppendAsync(new JournalAppend { Journal = GrainKeys.Triage(_tenant), ExpectedSequence = 0, Records = [entry] });
        _cluster.SignIn(_tenant, Desk);

        await Triage.Classify(Ticket("desk:1", "Access please"));
        Assert.True(Assert.Single(await Triage.Label([Said("desk:1", "Access")])).IsTaken);

        _cluster.SignInAsAdmin(_tenant);
        var read = await Triage.GetSettings();
        Assert.Equal((1, 0), (read.Version, read.Senders.Count));
        Assert.Equal(2, (await Triage.SetSettings(read)).Version);
    }

    [Fact]
    public void Fold_SavedByAnEarlierRelease_TrustsNobody()
    {
        var saved = JsonNode.Parse(new TriageFold { Settings = new TriageSettings { Version = 3 } }.Save())!.AsObject();
        Assert.True(saved["settings"]!.AsObject().Remove("senders"));
        Assert.True(saved.Remove("senders"));

        var fold = TriageFold.Load(saved.ToJsonString());

        Assert.Equal((3, 0, 0), (fold.Settings.Version, fold.Settings.Senders.Count, fold.Senders.Counts.Count));
    }

    [Fact]
    public async Task MajorIncident_OfASendersTickets_IsToldTheAdminsOnce()
    {
        _cluster.SignInAsPlatform(_tenant);
        var admin = new CallerIdentity { TenantId = _tenant, UserId = "u-root", Email = "root@acme.example", Roles = [WellKnownRoles.Admin] };
        await _cluster.Grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(_tenant, WellKnownRoles.Admin)).Saw(admin, true);
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);

        for (var i = 0; i < 5; i++)
        {
            await Triage.Classify(Ticket($"desk:{i}", "Access is gone"));
        }

        await Conversing.UntilAsync(() => Task.FromResult(_cluster.ToldNotices.Told.Any(IsOurs)));
        var told = Assert.Single(_cluster.ToldNotices.Told, IsOurs);
        Assert.Equal(("u-root", "c-desk"), (told.Recipient.UserId, told.SubjectId));

        bool IsOurs(Notice notice) => notice.TenantId == _tenant && notice.Kind == NoticeKinds.MajorIncident;
    }

    [Fact]
    public void Fold_SendersTickets_AreNotPushedOutByOthers()
    {
        var fold = new TriageFold();
        fold.Waiting.Add(new WaitingPlace("desk:1", 1, By: Desk, IsTrusted: true));
        fold.Waiting.Add(new WaitingPlace("jira:1", 2, IsFromPlatform: true));
        for (var i = 3; i < WaitingQueue.Most + 10; i++)
        {
            fold.Waiting.Add(new WaitingPlace($"t:{i}", i, By: "u-mallory"));
        }

        var loaded = TriageFold.Load(fold.Save());
        loaded.Waiting.IsReading = false;
        for (var i = 0; i < WaitingQueue.Most; i++)
        {
            loaded.Waiting.Add(new WaitingPlace($"portal:{i}", 10_000 + i, By: "u-portal", IsTrusted: true));
        }

        Assert.Equal(["jira:1", "t:10"], loaded.Waiting.ToList().Take(2).Select(place => place.TicketId));
        Assert.Equal((2 * WaitingQueue.Most) + 1, loaded.Waiting.Count);
    }

    [Fact]
    public async Task ListWaiting_AnotherSenderOfTheSystem_TakesTheTicketOut()
    {
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" }, new TriageSender { UserId = "u-night-desk", Source = "desk" });
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:1", "Hardware:0.4"));
        _cluster.SignIn(_tenant, "u-night-desk");
        await Triage.Classify(Ticket("desk:1", "Access to it"));

        _cluster.SignInAsAdmin(_tenant);
        Assert.Equal(0, (await Triage.ListWaiting(0, 10)).Waiting);
    }

    [Fact]
    public async Task ListWaiting_TheSenderSaysWhere_WaitsNoMore()
    {
        await TrustAsync(new TriageSender { UserId = Desk, Source = "desk" });
        _cluster.SignIn(_tenant, Desk);
        await Triage.Classify(Ticket("desk:1", "Hardware:0.4"));
        await Triage.Classify(Ticket("mail:2", "Hardware:0.4"));
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Label([Said("desk:1", "Storage")]);
        Assert.Equal(2, await WaitingAsync());

        _cluster.SignIn(_tenant, Desk);
        await Triage.Label([Said("desk:1", "Access"), Said("mail:2", "Access")]);

        Assert.Equal(1, await WaitingAsync());
        Assert.Equal((true, false), ((await Triage.GetDecision("desk:1"))!.IsSettled, (await Triage.GetDecision("mail:2"))!.IsSettled));
    }

    private async Task<int> WaitingAsync()
    {
        _cluster.SignInAsAdmin(_tenant);
        return (await Triage.ListWaiting(0, 10)).Waiting;
    }

    private static TriageTicket Ticket(string? id, string title) => new() { Id = id, ShortDescription = title };

    private static TriageLabel Said(string id, string label) => new() { TicketId = id, Label = label, Source = TriageLabelSource.Feedback };

    private async Task TrustAsync(params TriageSender[] senders)
    {
        _cluster.SignInAsAdmin(_tenant);
        await Triage.SetSettings((await Triage.GetSettings()) with { Senders = senders });
    }

    private async Task<string> UseHeadAsync()
    {
        _cluster.SignInAsPlatform(_tenant);
        var bytes = TriageCluster.Head(("Mail", "outlook calendar inbox"), ("Network", "vpn wifi router"));
        var head = await Triage.AddHead(new AddTriageHead { Bytes = bytes, Tickets = 72, ThroughSequence = 1, AutoRouteAt = 0.5, ReviewAt = 0.3 });
        await Triage.UseHead(new UseTriageHead { Version = head.Version, Reason = "better" });
        return head.Version;
    }

    private async Task<(long Said, long SaidByOne)> SaidAsync(string version)
    {
        _cluster.SignInAsPlatform(_tenant);
        var head = (await Triage.GetHeads()).Heads.Single(head => head.Version == version);
        return (head.Said, head.SaidByOne);
    }

    private async Task<(long Routed, long Said, long Overridden)> FaredAsync(string version)
    {
        _cluster.SignInAsPlatform(_tenant);
        var head = (await Triage.GetHeads()).Heads.Single(head => head.Version == version);
        return (head.Routed, head.Said, head.Overridden);
    }
}
