using Steward.Errors;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

[Collection(TriageClusterGroup.Name)]
public sealed class TriageLabelTests
{
    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageLabelTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(_tenant, "u-ada");
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    [Fact]
    public async Task Label_ByAPerson_IsKeptWithItsProvenance()
    {
        var decision = await Triage.Classify(Ticket("sn:1", "Access:0.8 denied"));

        Assert.True((await LabelAsync(Feedback("sn:1", "Hardware"))).IsTaken);

        var entry = Assert.Single((await ListAsync(0, 10)).Labels);
        Assert.Equal(("Hardware", TriageLabelSource.Feedback, "u-ada", "Access", decision.Version, TriageBand.Review), (entry.Label, entry.Source, entry.By, entry.DecidedLabel, entry.DecidedBy, entry.DecidedBand));
        Assert.Equal("Access:0.8 denied", entry.Ticket.ShortDescription);
        Assert.Equal("Hardware", (await Triage.GetDecision("sn:1"))?.FinalLabel);
    }

    [Fact]
    public async Task Label_SameAgain_CountsOnce()
    {
        await Triage.Classify(Ticket("sn:1", "Access"));

        for (var i = 0; i < 3; i++)
        {
            Assert.True((await LabelAsync(Feedback("sn:1", "Access"))).IsTaken);
        }

        await _cluster.LeaveAsync(_tenant);
        Assert.True((await LabelAsync(Feedback("sn:1", "Access"))).IsTaken);
        Assert.Single((await ListAsync(0, 10)).Labels);
    }

    [Fact]
    public async Task Label_SameEventAgain_CountsOnceAndAnotherEventCounts()
    {
        _cluster.SignInAsPlatform(_tenant);
        var label = new TriageLabel { TicketId = "sn:1", Label = "Mail", Source = TriageLabelSource.Reassignment, By = "sn-account", EventId = "e1", Ticket = Ticket(null, "outlook") };

        await Triage.Label([label, label, label with { EventId = "e2", Label = "Network" }, label with { EventId = "e3" }]);
        await Triage.Label([label]);

        Assert.Equal(["Mail", "Network", "Mail"], (await Triage.ListLabels(0, 10)).Labels.Select(entry => entry.Label));
    }

    [Fact]
    public async Task Label_PersonChangesTheirMind_TheLastOneHolds()
    {
        await Triage.Classify(Ticket("sn:1", "Access"));

        await LabelAsync(Feedback("sn:1", "Hardware"));
        await LabelAsync(Feedback("sn:1", "Storage"));
        await LabelAsync(Feedback("sn:1", "Hardware"));

        Assert.Equal("Hardware", (await Triage.GetDecision("sn:1"))?.FinalLabel);
        Assert.Equal(3, (await ListAsync(0, 10)).Labels.Count);
    }

    [Fact]
    public async Task Label_SomethingIsWrong_SaysWhatAndTakesTheRest()
    {
        _cluster.SignInAsAdmin(_tenant);
        await Triage.SetSettings(await Triage.GetSettings() with { Groups = [new TriageGroup { Name = "Mail" }] });
        _cluster.SignIn(_tenant, "u-ada");

        var results = await Triage.Label(
        [
            Feedback("sn:1", "Mail") with { Ticket = Ticket(null, "outlook") },
            Feedback("sn:2", "Mail"),
            Feedback("sn:3", "Mial") with { Ticket = Ticket(null, "outlook") },
            Feedback("sn:4", "Mail") with { Ticket = Ticket(null, "outlook"), Source = TriageLabelSource.Import },
            Feedback("", "Mail"),
            Feedback("sn:6", "Mail") with { Ticket = Ticket("sn:7", "outlook") },
            Feedback("sn:8", "Mail") with { Ticket = Ticket(null, "") },
            Feedback("sn:9", "out_of_scope") with { Ticket = Ticket(null, "win a prize") },
        ]);

        Assert.Equal([true, false, false, false, false, false, false, true], results.Select(result => result.IsTaken));
        Assert.Equal(["ticket", "label", "source", "ticketId", "ticket.id", "ticket.shortDescription"], results.Where(result => !result.IsTaken).Select(result => result.Problem!.Split(':')[0]));
        Assert.Equal(2, (await ListAsync(0, 10)).Labels.Count);
    }

    [Fact]
    public async Task Label_NameForAllGroups_IsNoLabel()
    {
        var results = await Triage.Label([Feedback("sn:1", "*") with { Ticket = Ticket(null, "outlook") }]);

        Assert.Equal("label: must not be *, which stands for all groups.", Assert.Single(results).Problem);
    }

    [Fact]
    public async Task Label_ByThePlatform_NeedsWhoSaidSo()
    {
        _cluster.SignInAsPlatform(_tenant);

        var result = Assert.Single(await Triage.Label([Feedback("sn:1", "Mail") with { Ticket = Ticket(null, "outlook") }]));

        Assert.StartsWith("by:", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Label_ByAPerson_IgnoresWhoTheySayTheyAre()
    {
        await LabelAsync(Feedback("sn:1", "Mail") with { Ticket = Ticket(null, "outlook"), By = "u-boss" });

        Assert.Equal("u-ada", Assert.Single((await ListAsync(0, 10)).Labels).By);
    }

    [Fact]
    public async Task ListLabels_Pages_NameEachLabelOnce()
    {
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Label([.. Enumerable.Range(0, 95).Select(i => new TriageLabel { TicketId = $"csv:{i}", Label = $"g{i % 5}", Source = TriageLabelSource.Import, By = "u-root", Ticket = Ticket(null, $"old ticket {i}") })]);

        var (seen, after) = (new List<string>(), 0L);
        TriageLabelPage page;
        do
        {
            page = await Triage.ListLabels(after, 20);
            seen.AddRange(page.Labels.Select(entry => entry.Ticket.Id!));
            after = page.ThroughSequence;
        }
        while (page.HasMore);

        Assert.Equal(Enumerable.Range(0, 95).Select(i => $"csv:{i}"), seen);
        Assert.Empty((await Triage.ListLabels(after, 20)).Labels);
        _cluster.SignIn(_tenant, "u-ada");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.ListLabels(0, 20))).Code);
    }

    [Fact]
    public async Task Report_LabelsAndDecisions_GiveTheFigures()
    {
        for (var i = 0; i < 6; i++)
        {
            await Triage.Classify(Ticket($"auto:{i}", "Access"));
        }

        for (var i = 0; i < 4; i++)
        {
            await Triage.Classify(Ticket($"review:{i}", "Hardware:0.8"));
            await Triage.Classify(Ticket($"human:{i}", "Storage:0.4"));
        }

        // Of the routed ones, four and two are spoken of; one and one belonged elsewhere. One person came back on what they said.
        await LabelAsync(Feedback("auto:0", "Storage"));
        await LabelAsync(Feedback("auto:0", "Access"));
        await LabelAsync(Feedback("auto:1", "Access"));
        await LabelAsync(Feedback("auto:2", "Access"));
        await LabelAsync(Feedback("auto:3", "Hardware"));
        await LabelAsync(Feedback("review:0", "Hardware"));
        await LabelAsync(Feedback("review:1", "Access"));
        await LabelAsync(Feedback("human:0", "Storage"));
        await LabelAsync(Feedback("human:1", "Access"));

        foreach (var isLater in new[] { false, true })
        {
            if (isLater)
            {
                await _cluster.LeaveAsync(_tenant);
            }

            _cluster.SignIn(_tenant, "u-eve", WellKnownRoles.Auditor);
            var report = await Triage.GetReport(1);
            _cluster.SignIn(_tenant, "u-ada");
            Assert.Equal((14, 6, 4, 6, 2), (report.All.Decided, report.All.AutoRouted, report.All.Reviewed, report.All.Said, report.All.Overridden));
            Assert.Equal(5 / 8d, report.All.Accuracy!.Value, 0.0001);
            Assert.Equal(1 / 4d, report.All.MisrouteRate!.Value, 0.0001);
            Assert.Equal(2 / 6d, report.All.OverrideRate!.Value, 0.0001);
            Assert.Equal((9L, 0.95, 0.70), (report.Labels, report.AutoRouteAt, report.ReviewAt));
            var storage = Assert.Single(report.Groups, group => group.Label == "Storage");
            Assert.Equal((4L, 0L, null, 0.5), (storage.Decided, storage.Said, storage.MisrouteRate, storage.Accuracy));
        }

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.GetReport(1))).Code);
    }

    [Fact]
    public async Task Report_LabelsWereRestoredFromAnOlderBackup_CountsThoseThatStand()
    {
        var journal = GrainKeys.TriageLabels(GrainKeys.Triage(_tenant));
        for (var i = 0; i < 3; i++)
        {
            await Triage.Classify(Ticket($"sn:{i}", "Access"));
            await LabelAsync(Feedback($"sn:{i}", "Hardware"));
        }

        await _cluster.LeaveAsync(_tenant);
        _cluster.Faults.RestoredThrough[journal] = 1;

        _cluster.SignInAsAdmin(_tenant);
        var report = await Triage.GetReport(1);
        Assert.Equal((3L, 1L, 1L), (report.All.Decided, report.All.Overridden, report.Labels));
    }

    [Fact]
    public async Task Report_OldDays_LeaveIt()
    {
        await Triage.Classify(Ticket("sn:1", "Access"));
        _cluster.SignInAsAdmin(_tenant);
        Assert.Equal(1, (await Triage.GetReport(90)).All.Decided);

        _cluster.Time.Advance(TimeSpan.FromDays(91));
        await Triage.Classify(Ticket("sn:2", "Access"));

        Assert.Equal(1, (await Triage.GetReport(90)).All.Decided);
        Assert.Equal("days", (await Assert.ThrowsAsync<StewardException>(() => Triage.GetReport(91))).Field);
    }

    private static TriageLabel Feedback(string id, string label) => new() { TicketId = id, Label = label, Source = TriageLabelSource.Feedback };

    private static TriageTicket Ticket(string? id, string title) => new() { Id = id, ShortDescription = title };

    private async Task<TriageLabelResult> LabelAsync(TriageLabel label) => Assert.Single(await Triage.Label([label]));

    private async Task<TriageLabelPage> ListAsync(long after, int limit)
    {
        _cluster.SignInAsPlatform(_tenant);
        return await Triage.ListLabels(after, limit);
    }
}
