using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>A silo with the same journals in another process knows what the first one answered for, whatever was not saved besides them.</summary>
[Collection(TriageClusterGroup.Name)]
public sealed class TriageStoryTests(TriageCluster cluster)
{
    [Fact]
    public async Task Triage_AnotherSiloTakesOver_AllStandsAndNothingCountsTwice()
    {
        var tenant = TriageCluster.NewTenant();
        cluster.SignInAsAdmin(tenant);
        await cluster.Triage(tenant).SetSettings(new TriageSettings { AutoRouteAt = 0.5, ReviewAt = 0.4 });
        cluster.SignInAsPlatform(tenant);
        var head = await cluster.Triage(tenant).AddHead(new AddTriageHead { Bytes = TriageCluster.Head(("Mail", "outlook calendar inbox"), ("Network", "vpn wifi router")), Tickets = 72, ThroughSequence = 1 });
        await cluster.Triage(tenant).UseHead(new UseTriageHead { Version = head.Version, Reason = "first" });
        TriageTicket[] tickets = [.. Enumerable.Range(0, 30).Select(i => new TriageTicket { Id = $"sn:{i}", ShortDescription = i % 2 == 0 ? "outlook calendar" : "vpn router", Department = "Sales", OpenedAt = new DateTimeOffset(2026, 3, 1, 9, i, 0, TimeSpan.Zero) })];
        var before = await Task.WhenAll(tickets.Select(ticket => cluster.Triage(tenant).Classify(ticket)));
        TriageLabel[] labels = [.. tickets.Take(10).Select((ticket, i) => new TriageLabel { TicketId = ticket.Id!, Label = i < 8 ? before[i].Label : "Legal", Source = TriageLabelSource.Reassignment, By = "sn-bob", EventId = $"e{i}" })];
        await cluster.Triage(tenant).Label(labels);
        var (report, heads) = await ReportAsync(tenant);

        await cluster.RestartAsync();
        cluster.SignInAsPlatform(tenant);
        var after = await Task.WhenAll(tickets.Select(ticket => cluster.Triage(tenant).Classify(ticket)));
        Assert.All(await cluster.Triage(tenant).Label(labels), result => Assert.True(result.IsTaken));

        Assert.Equal(before.Select((decision, i) => TriageDecisionTests.Describe(decision with { FinalLabel = i < 10 ? labels[i].Label : null, IsSettled = i < 10, LabelInSystem = i < 10 ? labels[i].Label : null })), after.Select(TriageDecisionTests.Describe));
        Assert.Equal((report, heads), await ReportAsync(tenant));
        Assert.Equal(10, (await cluster.Triage(tenant).ListLabels(0, 100)).Labels.Count);
        Assert.Contains("\"Overridden\":2", heads, StringComparison.Ordinal);
    }

    private async Task<(string Report, string Heads)> ReportAsync(string tenant)
    {
        cluster.SignIn(tenant, "u-eve", WellKnownRoles.Auditor);
        return (System.Text.Json.JsonSerializer.Serialize(await cluster.Triage(tenant).GetReport(30)), System.Text.Json.JsonSerializer.Serialize(await cluster.Triage(tenant).GetHeads()));
    }
}
