using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Approvals;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Approvals.Mirrors;

/// <summary>What another system does not take never holds an approval up, and nothing is done there twice whenever a server is lost.</summary>
[Collection(MirrorClusterGroup.Name)]
public sealed class MirrorFailureTests(MirrorCluster cluster)
{
    [Theory]
    [InlineData(MirrorCluster.ServiceNow)]
    [InlineData(MirrorCluster.Jira)]
    public async Task Loss_BetweenAnyTwoAppends_MakesOneRecordAndClosesIt(string mirror)
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(mirror));
        for (var passes = 2; passes <= 12; passes++)
        {
            var id = $"a-lost{passes}-{Guid.NewGuid():n}";
            var key = GrainKeys.Approval(tenant, id);
            var approval = cluster.Grains.GetGrain<IApprovalGrain>(key);
            cluster.Faults.LoseAfter(key, passes);
            await Record.ExceptionAsync(() => cluster.SubmitAsync(tenant, id));
            await Record.ExceptionAsync(() => cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve"));

            // Long enough for whatever was sent to be sent, and its outcome to be lost.
            await Task.Delay(300);
            cluster.Faults.Lose(key, appends: 0);
            await Conversing.UntilAsync(async () => await Record.ExceptionAsync(() => cluster.SubmitAsync(tenant, id)) is null);
            await Conversing.UntilAsync(async () => await Record.ExceptionAsync(() => cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve")) is null);
            await Conversing.UntilAsync(async () =>
            {
                // What failed is tried again after its wait.
                cluster.Time.Advance(TimeSpan.FromMinutes(1));
                await cluster.WatchdogAsync(tenant);
                await Task.Delay(50);
                cluster.SignInAsPlatform(tenant);
                return (await approval.Get())!.Mirror is null or { Status: "closed", NextAt: null };
            });

            var view = await cluster.UntilAsync(approval, _ => true);
            Assert.Equal("approved", view.Status);
            Assert.True(cluster.Changes(approval).Count + cluster.Issues(approval).Count <= 1, $"After {passes} appends there are several records.");
            Assert.Equal(view.Mirror is not null && view.Mirror.Reference is not null ? 1 : 0, cluster.Changes(approval).Count + cluster.Issues(approval).Count);
            Assert.All(cluster.Changes(approval), change => Assert.Equal("approved", change["approval"]));
            Assert.All(cluster.Issues(approval), issue => Assert.Equal("Approved", MirrorCluster.StatusOf(issue)));
            Assert.All(cluster.Issues(approval), issue => Assert.Single(MirrorCluster.CommentsOf(issue)));
        }
    }

    [Theory]
    [InlineData(MirrorCluster.ServiceNow, SimSystem.ServiceNow, "createRecord")]
    [InlineData(MirrorCluster.Jira, SimSystem.Jira, "createIssue")]
    public async Task AnswerLost_IsLookedUpAndNotSentAgain(string mirror, SimSystem system, string operation)
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(mirror));
        cluster.Company.Inject(new SimFault { System = system, Kind = SimFaultKind.CutAfterCommit, Operation = operation, Count = 1 });
        var approval = await cluster.SubmitAsync(tenant);
        await cluster.UntilAsync(approval, seen => seen.Mirror?.Error is not null);
        cluster.Time.Advance(TimeSpan.FromSeconds(30));
        await cluster.WatchdogAsync(tenant);
        var view = await cluster.UntilAsync(approval, seen => seen.Mirror is { Status: "open", Error: null, NextAt: not null });

        Assert.Equal(1, cluster.Changes(approval).Count + cluster.Issues(approval).Count);
        Assert.NotNull(view.Mirror!.Reference);
    }

    [Fact]
    public async Task SystemDown_TheApprovalGoesOnAndTheMirrorFailsVisiblyInTheEnd()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow), withConnectors: false);
        var approval = await cluster.SubmitAsync(tenant);
        var first = await cluster.UntilAsync(approval, seen => seen.Mirror?.Error is not null);
        Assert.Equal(("pending", "creating", "There is no connector 'servicenow-main', or nothing of it is switched on."), (first.Status, first.Mirror!.Status, first.Mirror.Error));

        ApprovalView failed = first;
        await Conversing.UntilAsync(async () =>
        {
            cluster.Time.Advance(TimeSpan.FromHours(2));
            await cluster.WatchdogAsync(tenant);
            await Task.Delay(20);
            cluster.SignInAsPlatform(tenant);
            return (failed = (await approval.Get())!).Mirror!.Status == "failed";
        });
        Assert.Equal(("pending", null), (failed.Status, failed.Mirror!.NextAt));
        Assert.Contains("servicenow-main", failed.Mirror.Error, StringComparison.Ordinal);
        cluster.SignInAsPlatform(tenant);
        Assert.Contains(await approval.GetHistory(), entry => entry.Type == "approval.mirrored" && entry.Reason == failed.Mirror.Error);

        Assert.Equal("approved", (await cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve")).Status);
        await cluster.QuietAsync(approval);
    }

    [Fact]
    public async Task ConnectorComesLater_TheRecordIsMade()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow), withConnectors: false);
        var approval = await cluster.SubmitAsync(tenant);
        await cluster.UntilAsync(approval, seen => seen.Mirror?.Error is not null);
        await cluster.ConnectAsync(tenant);
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await cluster.WatchdogAsync(tenant);

        Assert.Equal("open", (await cluster.UntilAsync(approval, seen => seen.Mirror?.Status == "open")).Mirror!.Status);
        Assert.Single(cluster.Changes(approval));
    }

    [Fact]
    public async Task SlowSystem_NobodyWaitsForIt()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        cluster.Company.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = SimFaultKind.Slow, DelayMilliseconds = 5000, Operation = "createRecord", Count = 1 });
        var approval = await cluster.SubmitAsync(tenant);
        await cluster.UntilAsync(approval, seen => seen.Status == "pending");

        // The system has begun to answer: before that there would be nothing to close.
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Company.PendingFaults.All(fault => fault.Kind != SimFaultKind.Slow)));
        var decided = await cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve");
        Assert.Equal("approved", decided.Status);
        await Conversing.UntilAsync(() => Task.FromResult(cluster.ToldNotices.Of(approval, "u-ada.lovelace").Count > 0));
        Assert.DoesNotContain(cluster.Changes(approval), change => change["approval"] == "approved");

        // When it answers at last, the record is closed at once.
        await cluster.ClosedAsync(approval);
        Assert.Equal("approved", cluster.Changes(approval).Single()["approval"]);
    }

    [Fact]
    public async Task DecidedThereWhileNobodyIsAskedYet_CountsOnceTheLevelIsOpen()
    {
        const string Levels = "levels: [{ name: One, approvers: ['email:jonas.weber@acme.example'] }, { name: Two, approvers: ['email:nadia.haddad@acme.example'] }]";
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync($"version: 1\ndefault: {{ expires: 3d, {Levels}, {MirrorCluster.Jira} }}"));
        var tenant = GrainKeys.TenantOf(approval.GetPrimaryKeyString());
        cluster.Directories.IsDown = true;
        try
        {
            await cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve");
            cluster.SignInAsPlatform(tenant);
            await Conversing.UntilAsync(async () => (await approval.GetHistory()).Any(entry => entry.Type == "approval.people_unavailable"));
        }
        finally
        {
            cluster.Directories.IsDown = false;
        }

        // The second level opens when people are looked up again; who decides before that is not told to have no right.
        cluster.Company.Decide(SimSystem.Jira, new SimDecision { User = MirrorCluster.Nadia, Record = (string)cluster.Issues(approval).Single()["key"]!, Decision = "Approved" });
        await cluster.LookAsync(approval, "jira-main");
        var waiting = await cluster.UntilAsync(approval, seen => seen.Mirror?.Error is not null);
        Assert.Equal(("pending", "Whom to ask is being looked up. Try again in a moment."), (waiting.Status, waiting.Mirror!.Error));

        await Conversing.UntilAsync(async () =>
        {
            cluster.Time.Advance(TimeSpan.FromMinutes(1));
            await cluster.WatchdogAsync(tenant);
            await Task.Delay(50);
            cluster.SignInAsPlatform(tenant);
            return (await approval.Get())!.Status == "approved";
        });
        var closed = await cluster.ClosedAsync(approval);
        Assert.Equal([MirrorCluster.Jonas, MirrorCluster.Nadia], closed.Levels.Select(level => level.Votes.Single().By.Split('@')[0].Replace("u-", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task LookThatTakesTooLong_IsAFailureThatIsTriedAgain()
    {
        var options = cluster.Silo.GetRequiredService<IOptions<ApprovalOptions>>().Value;
        var usual = options.MirrorPatience;
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        var tenant = GrainKeys.TenantOf(approval.GetPrimaryKeyString());
        cluster.Company.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = SimFaultKind.Slow, DelayMilliseconds = 8000, Operation = "getRecord", Count = 1 });
        options.MirrorPatience = TimeSpan.FromSeconds(1.2);
        try
        {
            await cluster.LookAsync(approval, "servicenow-main");
            var failed = await cluster.UntilAsync(approval, seen => seen.Mirror?.Error is not null);
            Assert.Equal(("pending", "open", "It could not be brought in step within 0.02 minutes."), (failed.Status, failed.Mirror!.Status, failed.Mirror.Error));
            Assert.True(failed.Mirror.NextAt > cluster.Time.GetUtcNow());
        }
        finally
        {
            options.MirrorPatience = usual;
            cluster.Company.ClearFaults();
        }

        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await cluster.WatchdogAsync(tenant);
        await cluster.UntilAsync(approval, seen => seen.Mirror is { Status: "open", Error: null });
        Assert.Single(cluster.Changes(approval));
    }
}
