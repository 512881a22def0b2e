using Steward.EnterpriseSim;
using Steward.Identity;

namespace Steward.Grains.Tests.Approvals.Mirrors;

/// <summary>An issue in Jira goes along with an approval, and is decided by moving it.</summary>
[Collection(MirrorClusterGroup.Name)]
public sealed class JiraMirrorTests(MirrorCluster cluster)
{
    private const string Instance = "jira-main";

    [Theory]
    [InlineData("Approved", "approved", "Approved by")]
    [InlineData("Declined", "rejected", "Rejected by")]
    public async Task MovedThere_ByWhoMayDecide_DecidesHere(string status, string here, string told)
    {
        var (approval, view) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira)));
        var issue = cluster.Issues(approval).Single();
        Assert.Equal(("Waiting for approval", view.Mirror!.Reference, $"{cluster.Company.Jira}browse/{view.Mirror.Reference}"), (MirrorCluster.StatusOf(issue), (string?)issue["key"], view.Mirror.Url));

        Move(approval, MirrorCluster.Jonas, status);
        await cluster.LookAsync(approval, Instance);
        var closed = await cluster.ClosedAsync(approval);

        Assert.Equal(here, closed.Status);
        Assert.Equal("u-" + MirrorCluster.Jonas, Assert.Single(closed.Levels[0].Votes).By);
        Assert.Equal(status, MirrorCluster.StatusOf(cluster.Issues(approval).Single()));
        Assert.Contains(told, Assert.Single(MirrorCluster.CommentsOf(cluster.Issues(approval).Single())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MovedThere_ByWhoMayNot_IsPutBackAndTold()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira)));
        Move(approval, MirrorCluster.Felix, "Approved");
        await cluster.LookAsync(approval, Instance);
        var view = await cluster.UntilAsync(approval, _ => MirrorCluster.StatusOf(cluster.Issues(approval).Single()) == "Waiting for approval");
        await cluster.QuietAsync(approval);

        Assert.Equal("pending", view.Status);
        Assert.Contains("does not count. You are not among those who are asked.", Assert.Single(MirrorCluster.CommentsOf(cluster.Issues(approval).Single())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MovedThere_ByWhoAsked_IsNotApprovedButMayBeWithdrawn()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira, "any", "ada.lovelace", MirrorCluster.Jonas)));
        Move(approval, "ada.lovelace", "Approved");
        await cluster.LookAsync(approval, Instance);
        await cluster.UntilAsync(approval, _ => MirrorCluster.StatusOf(cluster.Issues(approval).Single()) == "Waiting for approval");
        await cluster.QuietAsync(approval);
        Move(approval, "ada.lovelace", "Canceled");
        await cluster.LookAsync(approval, Instance);
        var view = await cluster.ClosedAsync(approval);

        Assert.Equal("cancelled", view.Status);
        Assert.Contains("You asked for this yourself", MirrorCluster.CommentsOf(cluster.Issues(approval).Single())[0], StringComparison.Ordinal);
        Assert.Equal("Canceled", MirrorCluster.StatusOf(cluster.Issues(approval).Single()));
    }

    [Fact]
    public async Task TwoOfTwo_FirstThere_CountsAndTheIssueWaitsForTheOther()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira, "all", MirrorCluster.Jonas, MirrorCluster.Nadia)));
        Move(approval, MirrorCluster.Jonas, "Approved");
        await cluster.LookAsync(approval, Instance);
        await cluster.UntilAsync(approval, seen => seen.Levels[0].Votes.Count == 1 && MirrorCluster.StatusOf(cluster.Issues(approval).Single()) == "Waiting for approval");
        await cluster.QuietAsync(approval);
        Assert.Contains("has 1 of 2 approvals", Assert.Single(MirrorCluster.CommentsOf(cluster.Issues(approval).Single())), StringComparison.Ordinal);

        Move(approval, MirrorCluster.Nadia, "Approved");
        await cluster.LookAsync(approval, Instance);
        Assert.Equal("approved", (await cluster.ClosedAsync(approval)).Status);
        Assert.Equal("Approved", MirrorCluster.StatusOf(cluster.Issues(approval).Single()));
    }

    [Fact]
    public async Task BothAtOnce_OnlyTheFirstDecisionCountsAndTheIssueSaysIt()
    {
        for (var i = 0; i < 3; i++)
        {
            var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira, "any", MirrorCluster.Jonas, MirrorCluster.Nadia)));
            Move(approval, MirrorCluster.Nadia, "Approved");
            await cluster.LookAsync(approval, Instance);
            await Record.ExceptionAsync(() => cluster.DecideAsync(approval, MirrorCluster.Jonas, "reject"));
            var view = await cluster.ClosedAsync(approval);
            await cluster.QuietAsync(approval);

            Assert.Equal(view.Status == "approved" ? "Approved" : "Declined", MirrorCluster.StatusOf(cluster.Issues(approval).Single()));
            Assert.Single(view.Levels[0].Votes);
            var comments = MirrorCluster.CommentsOf(cluster.Issues(approval).Single());
            Assert.Single(comments, comment => comment.StartsWith("Steward: " + (view.Status == "approved" ? "Approved" : "Rejected"), StringComparison.Ordinal));
            Assert.Equal(view.Status == "approved" ? 0 : 1, comments.Count(comment => comment.Contains("does not count", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Lapsed_TheIssueIsMovedToWhatTheRulesName()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira));
        var (approval, _) = await cluster.OpenAsync(tenant);
        cluster.Time.Advance(TimeSpan.FromDays(4));
        await cluster.WatchdogAsync(tenant);
        var view = await cluster.ClosedAsync(approval);

        Assert.Equal("expired", view.Status);
        Assert.Equal("Canceled", MirrorCluster.StatusOf(cluster.Issues(approval).Single()));
        Assert.StartsWith("Steward: Lapsed.", Assert.Single(MirrorCluster.CommentsOf(cluster.Issues(approval).Single())), StringComparison.Ordinal);
    }

    private void Move(Steward.Approvals.IApprovalGrain approval, string login, string status) =>
        cluster.Company.Decide(SimSystem.Jira, new SimDecision { User = login, Record = (string)cluster.Issues(approval).Single()["key"]!, Decision = status });
}
