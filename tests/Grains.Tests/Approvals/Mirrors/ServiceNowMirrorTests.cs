using System.Text;
using System.Text.Json;
using Steward.Approvals;
using Steward.Connectors;
using Steward.EnterpriseSim;
using Steward.Identity;

namespace Steward.Grains.Tests.Approvals.Mirrors;

/// <summary>A record in ServiceNow goes along with an approval: closing either closes the other, and the approval decides every race.</summary>
[Collection(MirrorClusterGroup.Name)]
public sealed class ServiceNowMirrorTests(MirrorCluster cluster)
{
    private const string Instance = "servicenow-main";

    [Fact]
    public async Task Opened_MakesOneRecordAndAsksThePersonThere()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        var (approval, view) = await cluster.OpenAsync(tenant);

        var change = cluster.Changes(approval).Single();
        var (asked, row) = cluster.Rows(approval).Single();
        Assert.Equal(("Approval: Assign Salesforce to Ada", "requested", MirrorCluster.Jonas, "requested"), (change["short_description"], change["approval"], asked, row["state"]));
        Assert.Contains("She starts in sales.", change["description"], StringComparison.Ordinal);
        Assert.Contains("\"app\":\"Salesforce\"", change["description"], StringComparison.Ordinal);
        Assert.Equal((Instance, "servicenow_approval", change["number"], null), (view.Mirror!.Instance, view.Mirror.Kind, view.Mirror.Reference, view.Mirror.Error));
        Assert.Equal(change["number"], view.MirrorReference);
        cluster.SignInAsPlatform(tenant);
        Assert.Contains(await approval.GetHistory(), entry => entry.Type == "approval.mirrored" && entry.Reason == $"{change["number"]} was made in {Instance}.");
    }

    [Theory]
    [InlineData("approved", "approved")]
    [InlineData("rejected", "rejected")]
    public async Task DecidedThere_ByThePersonWhoIsAsked_DecidesHereAndClosesTheRecord(string there, string here)
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Jonas, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = there });
        await cluster.LookAsync(approval, Instance);
        var view = await cluster.ClosedAsync(approval);

        Assert.Equal(here, view.Status);
        var vote = Assert.Single(view.Levels[0].Votes);
        Assert.Equal(("u-" + MirrorCluster.Jonas, "mirror"), (vote.By, vote.Channel));
        Assert.Equal((there, there), (cluster.Changes(approval).Single()["approval"], cluster.Rows(approval)[MirrorCluster.Jonas]["state"]));
        Assert.Contains($"Steward: {(here == "approved" ? "Approved" : "Rejected")} by Jonas.weber, here.", cluster.Changes(approval).Single()["comments"], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task DecidedHere_ClosesTheRecordAndAsksNobodyThereAnyMore()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow, "any", MirrorCluster.Jonas, MirrorCluster.Nadia)));
        Assert.Equal(2, cluster.Rows(approval).Count);
        await cluster.DecideAsync(approval, MirrorCluster.Jonas, "reject");
        await cluster.ClosedAsync(approval);

        Assert.Equal(
            ("rejected", "rejected", "not_required"),
            (cluster.Changes(approval).Single()["approval"], cluster.Rows(approval)[MirrorCluster.Jonas]["state"], cluster.Rows(approval)[MirrorCluster.Nadia]["state"]));
    }

    [Fact]
    public async Task DecidedThere_BySomebodyElse_DoesNotCountAndIsPutBackWithTheReason()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Felix, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = "approved" });
        await cluster.LookAsync(approval, Instance);
        var view = await cluster.UntilAsync(approval, _ => cluster.Rows(approval)[MirrorCluster.Jonas]["state"] == "requested" && cluster.Rows(approval)[MirrorCluster.Jonas]["comments"].Length > 0);

        Assert.Equal("pending", view.Status);
        Assert.Contains("does not count. This approval asks jonas.weber@acme.example.", cluster.Rows(approval)[MirrorCluster.Jonas]["comments"], StringComparison.Ordinal);
        Assert.Empty(view.Levels[0].Votes);
    }

    [Fact]
    public async Task TwoOfTwo_OneThereAndOneHere_BothCount()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow, "all", MirrorCluster.Jonas, MirrorCluster.Nadia)));
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Jonas, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = "approved" });
        await cluster.LookAsync(approval, Instance);
        await cluster.UntilAsync(approval, seen => seen.Levels[0].Votes.Count == 1);
        Assert.Equal("approved", (await cluster.DecideAsync(approval, MirrorCluster.Nadia, "approve")).Status);
        await cluster.ClosedAsync(approval);

        Assert.Equal(["approved", "approved"], cluster.Rows(approval).Values.Select(row => row["state"]));
    }

    [Fact]
    public async Task BothAtOnce_TheApprovalDecidesAndTheLaterSideIsAnswered()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow, "any", MirrorCluster.Jonas, MirrorCluster.Nadia)));
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Nadia, Record = cluster.Rows(approval)[MirrorCluster.Nadia]["sys_id"], Decision = "approved" });
        await cluster.DecideAsync(approval, MirrorCluster.Jonas, "reject");
        var view = await cluster.ClosedAsync(approval);

        Assert.Equal("rejected", view.Status);
        Assert.Equal(("rejected", "not_required"), (cluster.Changes(approval).Single()["approval"], cluster.Rows(approval)[MirrorCluster.Nadia]["state"]));
        Assert.Contains("what nadia.haddad decided here does not count.", cluster.Rows(approval)[MirrorCluster.Nadia]["comments"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task DecidedThereAfterTheEnd_IsAnsweredAndSetToWhatStands()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        await cluster.DecideAsync(approval, MirrorCluster.Jonas, "reject");
        await cluster.ClosedAsync(approval);
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Jonas, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = "approved" });
        await cluster.LookAsync(approval, Instance);
        await cluster.UntilAsync(approval, _ => cluster.Rows(approval)[MirrorCluster.Jonas]["state"] == "rejected");
        var view = await cluster.ClosedAsync(approval);

        Assert.Equal("rejected", view.Status);
        Assert.Contains("a vote cannot be changed", cluster.Rows(approval)[MirrorCluster.Jonas]["comments"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventLost_ThePollSeesWhatWasDecidedThere()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        var (approval, _) = await cluster.OpenAsync(tenant);
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Jonas, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = "approved" });
        await cluster.WatchdogAsync(tenant);
        Assert.Equal("pending", (await cluster.UntilAsync(approval, _ => true)).Status);

        cluster.Time.Advance(TimeSpan.FromMinutes(6));
        await cluster.WatchdogAsync(tenant);
        Assert.Equal("approved", (await cluster.ClosedAsync(approval)).Status);
    }

    [Fact]
    public async Task Event_ThroughTheHook_IsTakenSettledAndBelievedOnlyAsAPlaceToLook()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        var (approval, _) = await cluster.OpenAsync(tenant);
        var hooks = cluster.Grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(tenant, Instance));

        cluster.SignInAsPlatform(tenant);
        var before = (await approval.GetHistory()).Count;

        // It says that it was approved, which it was not.
        Assert.Equal(202, (await hooks.Receive(Event(approval, "approved", "1"))).Status);
        cluster.SignInAsPlatform(tenant);
        await Hosting.Conversing.UntilAsync(async () => (await approval.GetHistory()).Count >= before + 2);
        await cluster.QuietAsync(approval);
        Assert.Equal("pending", (await cluster.UntilAsync(approval, _ => true)).Status);

        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Jonas, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = "approved" });
        cluster.SignInAsPlatform(tenant);
        await hooks.Receive(Event(approval, "approved", "2"));
        Assert.Equal("approved", (await cluster.ClosedAsync(approval)).Status);
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        Assert.Empty((await hooks.ListDeadLetters(0, 10)).Letters);
    }

    private static HookDelivery Event(IApprovalGrain approval, string state, string id) => new()
    {
        Method = "POST",
        Url = "https://steward.example/hooks/t-acme/servicenow-main",
        Query = [],
        Headers = new() { ["X-Webhook-Token"] = MirrorCluster.HookSecret, ["Content-Type"] = "application/json" },
        Body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { id, type = "sysapproval_approver.updated", state, correlation_id = "steward-" + GrainKeys.LastPart(approval.GetPrimaryKeyString()) })),
    };
}
