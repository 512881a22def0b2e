using Steward.Errors;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

[Collection(TriageClusterGroup.Name)]
public sealed class TriageDecisionTests : IDisposable
{
    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageDecisionTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(_tenant, "u-ada");
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    public void Dispose()
    {
        _cluster.Models.Failure = null;
        _cluster.Models.EmbedderVersion = "1";
        _cluster.Models.AutoRouteAt = 0.9;
    }

    [Fact]
    public async Task Classify_NewTenant_AnswersFromTheBase()
    {
        var decision = await Triage.Classify(Ticket("sn:1", "Access to the share"));

        Assert.Equal(("Access", 0.97, TriageBand.AutoRoute, "base:it-topic:7", "sn:1"), (decision.Label, decision.Confidence, decision.Band, decision.Version, decision.TicketId));
        Assert.Equal(3, decision.Top.Count);
        Assert.Equal(["Access"], decision.Reasons);
        Assert.Equal(decision.DecidedAt, (await Triage.GetDecision("sn:1"))?.DecidedAt);
        Assert.Null(await Triage.GetDecision("sn:2"));
    }

    [Theory]
    [InlineData("0.96", TriageBand.AutoRoute)]
    [InlineData("0.94", TriageBand.Review)]
    [InlineData("0.69", TriageBand.Human)]
    public async Task Classify_Base_FallsIntoTheDefaultBands(string confidence, TriageBand band) =>
        Assert.Equal(band, (await Triage.Classify(Ticket(null, "Hardware:" + confidence))).Band);

    [Theory]
    [InlineData(0.98, "0.97", TriageBand.Review)]
    [InlineData(0.98, "0.985", TriageBand.AutoRoute)]
    [InlineData(0.5, "0.94", TriageBand.Review)]
    [InlineData(null, "0.999", TriageBand.Review)]
    public async Task Classify_ModelsOwnThreshold_IsTheLeastThatRoutesByItself(double? threshold, string confidence, TriageBand band)
    {
        _cluster.Models.AutoRouteAt = threshold;

        Assert.Equal(band, (await Triage.Classify(Ticket(null, "Hardware:" + confidence))).Band);
        _cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        Assert.Equal(threshold is { } at ? Math.Max(at, 0.95) : null, (await Triage.GetReport(1)).AutoRouteAt);
    }

    [Fact]
    public async Task GetReport_TheBaseHasNotAnsweredYet_StatesItsOwnThresholdAlsoAfterALoss()
    {
        _cluster.Models.AutoRouteAt = 0.99;
        Assert.Equal(0.99, (await ReportAsync()).AutoRouteAt);

        await _cluster.LeaveAsync(_tenant);
        _cluster.Models.AutoRouteAt = null;
        Assert.Null((await ReportAsync()).AutoRouteAt);
    }

    [Fact]
    public async Task GetReport_TheBaseWasExchanged_StatesTheThresholdOfTheOneThatAnswersNow()
    {
        await Triage.Classify(Ticket("sn:1", "Access is down"));
        await SetAsync(settings => settings with { BaseModel = "it-other" });

        Assert.Equal(0.985, (await ReportAsync()).AutoRouteAt);
    }

    [Fact]
    public async Task GetReport_TheBaseDoesNotAnswer_NothingIsRoutedByItself()
    {
        _cluster.Models.Failure = FakeModels.Down;

        var report = await ReportAsync();

        Assert.Equal((null, 0.70), (report.AutoRouteAt, report.ReviewAt));
    }

    [Fact]
    public async Task Classify_GroupThatTheModelsLabelDoesNotMean_HasNoReasonsOfThatLabel()
    {
        await SetAsync(settings => settings with { Groups = [new TriageGroup { Name = "Front Desk", BaseLabels = ["Access"] }] });

        Assert.Equal(["Access"], (await Triage.Classify(Ticket(null, "Access"))).Reasons);
        Assert.Empty((await Triage.Classify(Ticket(null, "Storage"))).Reasons);
    }

    [Fact]
    public async Task Classify_TenantsGroups_TakesTheirNames()
    {
        await SetAsync(settings => settings with
        {
            Groups = [new TriageGroup { Name = "Front Desk", BaseLabels = ["Access"] }, new TriageGroup { Name = "Devices", Description = "Laptops and other hardware" }, new TriageGroup { Name = "Payroll" }],
        });

        Assert.Equal(("Front Desk", TriageBand.AutoRoute), Short(await Triage.Classify(Ticket(null, "Access"))));
        Assert.Equal(("Devices", TriageBand.Review), Short(await Triage.Classify(Ticket(null, "Hardware"))));
        var unmapped = await Triage.Classify(Ticket(null, "Storage"));
        Assert.Equal(TriageBand.Human, unmapped.Band);
        Assert.Contains(unmapped.Label, new[] { "Front Desk", "Devices" });
    }

    [Fact]
    public async Task Classify_NoGroupIsKnownToTheBase_IsOutOfScopeAndForAPerson()
    {
        await SetAsync(settings => settings with { Groups = [new TriageGroup { Name = "Payroll" }] });

        var decision = await Triage.Classify(Ticket(null, "Storage"));

        Assert.Equal(("out_of_scope", true, TriageBand.Human), (decision.Label, decision.IsOutOfScope, decision.Band));
    }

    [Fact]
    public async Task Classify_WantedPrecisionAboveDefault_RaisesTheBasesThreshold()
    {
        await SetAsync(settings => settings with { WantedPrecision = 0.99 });

        Assert.Equal(TriageBand.Review, (await Triage.Classify(Ticket(null, "Access:0.98"))).Band);
        Assert.Equal(TriageBand.AutoRoute, (await Triage.Classify(Ticket(null, "Access:0.991"))).Band);
    }

    [Theory]
    [InlineData("", "", "shortDescription")]
    [InlineData(" ", "\n", "shortDescription")]
    [InlineData("x", "a\0b", "description")]
    [InlineData("\u0001\u0002\u0003\u0004\u0005", "", "shortDescription")]
    public async Task Classify_NoText_NamesTheField(string title, string text, string field)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(new TriageTicket { Id = "x:1", ShortDescription = title, Description = text }));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
    }

    [Fact]
    public async Task Classify_HundredKilobytes_NamesTheLimit_AndTheRestGoesOn()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("x:1", "Access") with { Description = new string('x', 102_400) }));

        Assert.Contains("100000", error.Message, StringComparison.Ordinal);
        Assert.Equal("Access", (await Triage.Classify(Ticket("x:1", "Access") with { Description = new string('x', 100_000) })).Label);
    }

    [Fact]
    public async Task Classify_SameTicketAgain_IsTheSameDecisionThoughTheModelChangedItsMind()
    {
        var first = await Triage.Classify(Ticket("sn:1", "Access please"));
        _cluster.Models.Failure = FakeModels.Down;

        var again = await Triage.Classify(Ticket("sn:1", "Access please"));
        await _cluster.LeaveAsync(_tenant);
        var afterLoss = await Triage.Classify(Ticket("sn:1", "Access please"));

        Assert.Equal(Describe(first), Describe(again));
        Assert.Equal(Describe(first), Describe(afterLoss));
        Assert.Equal(1, (await ReportAsync()).All.Decided);
    }

    [Fact]
    public async Task Classify_IdOfAConnector_IsThePlatformsOwn()
    {
        await SetAsync(settings => settings with { Connectors = [new TriageConnector { Instance = "jira" }] });
        _cluster.SignIn(_tenant, "u-ada");

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("jira:SEC-124", "Access please")));
        Assert.Equal((ErrorCodes.InvalidArgument, "id"), (error.Code, error.Field));
        _cluster.SignInAsAdmin(_tenant);
        await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("jira:SEC-124", "Access please")));
        Assert.Equal("Access", (await Triage.Classify(Ticket("jiraffe:1", "Access please"))).Label);
        _cluster.SignInAsPlatform(_tenant);
        Assert.Equal("Access", (await Triage.Classify(Ticket("jira:SEC-124", "Access please"))).Label);
    }

    [Fact]
    public async Task Decisions_OfOthers_AreShownToThoseWhoSeeAllTicketsOnly()
    {
        await Triage.Classify(Ticket("desk:1", "Access to the payroll share"));
        _cluster.SignIn(_tenant, "u-mallory");

        Assert.Null(await Triage.GetDecision("desk:1"));
        foreach (var (user, role) in new[] { ("u-root", WellKnownRoles.Admin), ("u-audit", WellKnownRoles.Auditor), (PlatformIdentity.UserId, WellKnownRoles.System) })
        {
            _cluster.SignIn(_tenant, user, role);
            Assert.Equal("Access", (await Triage.GetDecision("desk:1"))?.Label);
        }
    }

    [Fact]
    public async Task Decisions_NameOtherTickets_ToThoseWhoSeeAllTicketsOnly()
    {
        // The watch of these tests calls the second ticket with a title a duplicate of the first.
        _cluster.SignInAsAdmin(_tenant);
        await Triage.Label([Label("desk:0", "Access", "Access to the payroll share")]);
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Classify(Ticket("desk:1", "Access to the payroll share"));
        var seen = await Triage.Classify(Ticket("desk:2", "Access to the payroll share"));
        _cluster.SignIn(_tenant, "u-ada");
        var asked = await Triage.Classify(Ticket("desk:3", "Access to the payroll share"));
        var read = (await Triage.GetDecision("desk:3"))!;
        _cluster.SignInAsAdmin(_tenant);
        var kept = (await Triage.GetDecision("desk:3"))!;

        Assert.NotEmpty(seen.Similar);
        Assert.Equal((0, 0), (asked.Similar.Count, read.Similar.Count));
        Assert.Null(asked.DuplicateOf);
        Assert.Null(read.DuplicateOf);
        Assert.NotEmpty(kept.Similar);
        Assert.Equal("desk:1", (await Triage.GetDecision("desk:2"))!.DuplicateOf);
    }

    [Fact]
    public async Task Classify_SameTicketAtOnce_IsDecidedOnce()
    {
        var decisions = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Triage.Classify(Ticket("sn:1", "Access please"))));

        Assert.Single(decisions.Select(Describe).Distinct());
        Assert.Equal(1, (await _cluster.Journals.GetHeadAsync(GrainKeys.Triage(_tenant)))!.Sequence);
    }

    [Fact]
    public async Task Classify_TicketWasChanged_IsDecidedAgain()
    {
        await Triage.Classify(Ticket("sn:1", "Access"));

        var second = await Triage.Classify(Ticket("sn:1", "Hardware"));

        Assert.Equal("Hardware", second.Label);
        Assert.Equal("Hardware", (await Triage.GetDecision("sn:1"))?.Label);
        Assert.Equal("Access", (await Triage.Classify(Ticket("sn:1", "Access"))).Label);
        Assert.Equal(2, (await ReportAsync()).All.Decided);
    }

    [Fact]
    public async Task Classify_WithoutId_KeepsNothing()
    {
        await Triage.Classify(Ticket(null, "Access"));

        Assert.Null(await _cluster.Journals.GetHeadAsync(GrainKeys.Triage(_tenant)));
    }

    [Fact]
    public async Task Classify_StoreIsAway_SaysSoAndTheNextOneStands()
    {
        await Triage.Classify(Ticket("sn:0", "Access"));
        _cluster.Faults.Lose(GrainKeys.Triage(_tenant), 1);

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("sn:1", "Access")));
        await _cluster.DeactivatedAsync(Triage);

        Assert.True(error is { Code: ErrorCodes.Unavailable, IsRetryable: true });
        Assert.Equal("Access", (await Triage.Classify(Ticket("sn:1", "Access"))).Label);
        Assert.Equal(2, (await ReportAsync()).All.Decided);
    }

    [Fact]
    public async Task Classify_ManyAtOnce_AllAreDurableAndCounted()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Triage.Classify(Ticket($"sn:{i}", i % 2 == 0 ? "Access" : "Hardware:0.8"))));
        await _cluster.LeaveAsync(_tenant);

        var report = await ReportAsync();

        Assert.Equal((200, 100, 100), (report.All.Decided, report.All.AutoRouted, report.All.Reviewed));
        Assert.Equal([("Access", 100L), ("Hardware", 100L)], report.Groups.Select(group => (group.Label, group.Decided)));
    }

    [Fact]
    public async Task Activate_AfterManyEntries_ReadsOnlyTheLast()
    {
        var key = GrainKeys.Triage(_tenant);
        for (var i = 0; i < 4 * TriageCluster.SnapshotAfter; i++)
        {
            await Triage.Classify(Ticket($"sn:{i}", "Access"));
        }

        await _cluster.LeaveAsync(_tenant);
        var before = _cluster.Faults.EntriesRead.GetValueOrDefault(key);
        var report = await ReportAsync();

        Assert.Equal(4 * TriageCluster.SnapshotAfter, report.All.Decided);

        // The watch reads the last tickets of the day as well.
        Assert.True(_cluster.Faults.EntriesRead.GetValueOrDefault(key) - before <= TriageCluster.SnapshotAfter + (4 * TriageCluster.SnapshotAfter));
        Assert.Equal("Access", (await Triage.Classify(Ticket("sn:0", "Access"))).Label);
        Assert.Equal(4 * TriageCluster.SnapshotAfter, (await ReportAsync()).All.Decided);
    }

    [Fact]
    public async Task Classify_ManyAlike_NamesDuplicateAndIncident()
    {
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Classify(Ticket("sn:1", "Access is down"));
        var second = await Triage.Classify(Ticket("sn:2", "Access is down"));
        var third = await Triage.Classify(Ticket("sn:3", "Access is down"));

        Assert.Equal(("sn:1", null), (second.DuplicateOf, second.IncidentId));
        Assert.Equal("incident-1", third.IncidentId);
        Assert.Equal("incident-1", (await Triage.GetDecision("sn:3"))?.IncidentId);
    }

    [Fact]
    public async Task Close_ByThePlatform_LaterTicketsAreNotItsDuplicatesAlsoAfterALoss()
    {
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Classify(Ticket("sn:1", "Access is down"));
        await Triage.Close("sn:1");
        Assert.Null((await Triage.Classify(Ticket("sn:2", "Access is down"))).DuplicateOf);

        await _cluster.LeaveAsync(_tenant);
        TriageDecision later;
        var number = 3;
        do
        {
            // The last tickets are read back beside the calls.
            later = await Triage.Classify(Ticket($"sn:{number++}", "Access is down"));
        }
        while (later is { DuplicateOf: null, IncidentId: null });

        Assert.Equal("sn:2", later.DuplicateOf);
        _cluster.SignInAsAdmin(_tenant);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.Close("sn:2"))).Code);
    }

    [Fact]
    public async Task GetDecision_SomebodySaidSomethingElseSince_StillSaysWhatTheSystemDid()
    {
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Classify(Ticket("sn:1", "Access is down"));
        await Triage.Label([new TriageLabel { TicketId = "sn:1", Label = "Mail", Source = TriageLabelSource.Reassignment, By = "sn:eve", EventId = "e-1" }]);
        _cluster.SignIn(_tenant, "u-ada");
        await Triage.Label([new TriageLabel { TicketId = "sn:1", Label = "Storage", Source = TriageLabelSource.Feedback }]);

        _cluster.SignInAsPlatform(_tenant);
        var decision = (await Triage.GetDecision("sn:1"))!;

        Assert.Equal(("Storage", "Mail", true), (decision.FinalLabel, decision.LabelInSystem, decision.IsSettled));
    }

    [Fact]
    public async Task Classify_TicketsOfOnePerson_AreNoDuplicatesAndNoIncident()
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.True(await Triage.Classify(Ticket($"made-up:{i}", "Access is down")) is { DuplicateOf: null, IncidentId: null });
        }

        _cluster.SignInAsPlatform(_tenant);
        var real = await Triage.Classify(Ticket("sn:1", "Access is down"));
        await _cluster.LeaveAsync(_tenant);
        TriageDecision later;
        var number = 2;
        do
        {
            // The last tickets are read back beside the calls.
            later = await Triage.Classify(Ticket($"sn:{number++}", "Access is down"));
        }
        while (later is { DuplicateOf: null, IncidentId: null });

        Assert.True(real is { DuplicateOf: null, IncidentId: null });
        Assert.Equal("sn:1", later.DuplicateOf);
    }

    [Fact]
    public async Task Classify_LabelledTicketsAreAlike_NamesThemAlsoAfterALoss()
    {
        _cluster.SignInAsAdmin(_tenant);
        await Triage.Label([Label("sn:1", "Mail", "outlook does not open since monday"), Label("sn:2", "Network", "vpn drops")]);

        var decision = await Triage.Classify(Ticket("sn:3", "outlook does not open"));
        await _cluster.LeaveAsync(_tenant);
        TriageDecision later;
        do
        {
            // Past tickets are read back beside the calls.
            later = await Triage.Classify(Ticket(null, "my outlook does not open"));
        }
        while (later.Similar.Count == 0);

        Assert.Equal(("sn:1", "Mail", "outlook does not open since monday"), (decision.Similar[0].TicketId, decision.Similar[0].Label, decision.Similar[0].ShortDescription));
        Assert.DoesNotContain(decision.Similar, similar => similar.TicketId == "sn:2");
        Assert.Equal("sn:1", later.Similar[0].TicketId);
    }

    [Fact]
    public async Task Classify_NoModelAndNoHead_IsUnavailable()
    {
        _cluster.Models.Failure = FakeModels.Down;

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("sn:1", "Access")));

        Assert.True(error is { Code: ErrorCodes.Unavailable, IsRetryable: true });
        _cluster.Models.Failure = () => new StewardException(ErrorCodes.Overloaded, "Too much waits.") { RetryAfter = TimeSpan.FromSeconds(3) };
        Assert.True(await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("sn:1", "Access"))) is { Code: ErrorCodes.Overloaded, RetryAfter.TotalSeconds: 3 });
    }

    internal static string Describe(TriageDecision decision) => System.Text.Json.JsonSerializer.Serialize(decision);

    private static (string Label, TriageBand Band) Short(TriageDecision decision) => (decision.Label, decision.Band);

    private static TriageTicket Ticket(string? id, string title) => new() { Id = id, ShortDescription = title };

    private static TriageLabel Label(string id, string label, string title) => new() { TicketId = id, Label = label, Source = TriageLabelSource.Feedback, Ticket = Ticket(null, title) };

    private async Task SetAsync(Func<TriageSettings, TriageSettings> change)
    {
        _cluster.SignInAsAdmin(_tenant);
        await Triage.SetSettings(change(await Triage.GetSettings()));
    }

    private async Task<TriageReport> ReportAsync()
    {
        _cluster.SignInAsAdmin(_tenant);
        return await Triage.GetReport(7);
    }
}
