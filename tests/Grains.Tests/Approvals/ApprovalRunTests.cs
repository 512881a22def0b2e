using System.Text.Json;
using Steward.Approvals;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Grains.Tests.Approvals;

/// <summary>Runs ask, approvals say what became of it.</summary>
[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalRunTests(ApprovalCluster cluster)
{
    private const string Manager = """
        version: 1
        rules:
          - name: desk
            when: request_type = 'desk'
            then: { validFor: 3h, levels: [ { name: Manager, approvers: [manager of requester] } ] }
        """;

    private readonly string _tenant = "t-ar" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Approve_ByWhomRulesName_LetsTheRunGoOnAndSeesTheRequestOnly()
    {
        await cluster.PublishAsync(_tenant, Manager);
        var (run, text, decision, approval) = await AskAsync();
        cluster.SignIn(_tenant, "u-mia");
        var view = await ApprovalCluster.UntilAsync(approval, seen => seen.CanDecide);

        Assert.Null(await run.GetStatus());
        Assert.Equal((decision.SubjectHash, "desk.pay", (await cluster.Journals.GetHeadAsync(run.GetPrimaryKeyString()))!.Journal), (view.SubjectHash, view.Request.Action, GrainKeys.Run(_tenant, view.Request.RunId!)));
        Assert.Contains(text, view.Request.Reason, StringComparison.Ordinal);
        var decided = await approval.Decide(ApprovalCluster.Deciding(view, "approve", channel: "slack") with { Comment = "Go on" });
        cluster.SignIn(_tenant, "u-ada");
        var events = await run.WatchToEndAsync();

        Assert.Equal(1, cluster.Desk.Effects[text]);
        var made = JsonElement.Parse(Assert.Single(events, happened => happened.Type == "decision.made").Data);
        Assert.Equal(("approve", "u-mia", "slack", "Go on"), (made.GetProperty("decision").GetString(), made.GetProperty("by").GetString(), made.GetProperty("channel").GetString(), made.GetProperty("comment").GetString()));
        Assert.Equal(decided.ValidUntil, made.GetProperty("validUntil").GetDateTimeOffset());
    }

    [Fact]
    public async Task Approve_WhileChangesAreFrozen_HoldsTheRunUntilTheEndHoweverOftenItAsks()
    {
        var now = cluster.Time.GetUtcNow().UtcDateTime;
        await cluster.PublishAsync(_tenant, $"""
            version: 1
            timeZone: UTC
            freezes:
              - name: Close
                from: {now.AddHours(-1):yyyy-MM-ddTHH:mm}
                until: {now.AddHours(2):yyyy-MM-ddTHH:mm}
                text: The books are closed.
            {Manager.Replace("version: 1", "", StringComparison.Ordinal)}
            """);
        var (run, text, _, approval) = await AskAsync();
        cluster.SignIn(_tenant, "u-mia");
        var view = await ApprovalCluster.UntilAsync(approval, seen => seen.CanDecide);
        await approval.Decide(ApprovalCluster.Deciding(view, "approve"));
        cluster.SignInAsPlatform(_tenant);
        var again = await approval.Submit(view.Request);
        await approval.Resume();
        await cluster.QuietAsync(approval);
        cluster.SignIn(_tenant, "u-ada");
        var waiting = (await run.GetStatus())!.Waiting;
        var used = await Assert.ThrowsAsync<StewardException>(() => approval.Consume(new ConsumeApproval { SubjectHash = view.SubjectHash, OperationId = "elsewhere" }));

        Assert.Equal("approved", again.Status);
        Assert.Single(waiting);
        Assert.False(cluster.Desk.Effects.ContainsKey(text));
        Assert.Equal(ErrorCodes.Conflict, used.Code);
        cluster.Time.Advance(TimeSpan.FromHours(3));
        await cluster.WatchdogAsync(_tenant);
        cluster.SignIn(_tenant, "u-ada");
        await run.WatchToEndAsync();
        Assert.Equal(1, cluster.Desk.Effects[text]);
    }

    [Fact]
    public async Task Decide_OverTheRun_IsJudgedByTheApproval()
    {
        await cluster.PublishAsync(_tenant, Manager);
        var (run, text, decision, approval) = await AskAsync();
        cluster.SignIn(_tenant, "u-boss", "approver");
        var refused = await Assert.ThrowsAsync<StewardException>(() => run.Decide(Steward.Grains.Tests.Runs.WaitingRunTests.Deciding(decision, "approve")));

        Assert.Equal(ErrorCodes.Forbidden, refused.Code);
        Assert.False(cluster.Desk.Effects.ContainsKey(text));
        cluster.SignInAsPlatform(_tenant);
        Assert.Equal("pending", (await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending")).Status);
    }

    [Fact]
    public async Task Reject_Lapse_Withdrawal_EndTheStepWithTheirReason()
    {
        foreach (var (how, code) in new[] { ("reject", "approval_rejected"), ("expire", "approval_expired"), ("cancel", "approval_rejected") })
        {
            cluster.SignIn(_tenant, "u-ada");
            var (run, text, _, approval) = await AskAsync();
            switch (how)
            {
                case "reject":
                    cluster.SignIn(_tenant, "u-boss", "approver");
                    await approval.Decide(ApprovalCluster.Deciding(await ApprovalCluster.UntilAsync(approval, seen => seen.CanDecide), "reject"));
                    break;
                case "expire":
                    await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending");
                    cluster.Time.Advance(TimeSpan.FromDays(8));
                    await cluster.WatchdogAsync(_tenant);
                    break;
                default:
                    await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending");
                    await approval.Cancel(new CancelApproval { Reason = "Not needed" });
                    break;
            }

            cluster.SignIn(_tenant, "u-ada");
            var events = await run.WatchToEndAsync();
            Assert.Equal(code, JsonElement.Parse(events.Last(happened => happened.Type == "step.failed").Data).GetProperty("code").GetString());
            Assert.Single(events, happened => happened.Type == "decision.made");
            Assert.False(cluster.Desk.Effects.ContainsKey(text));
        }
    }

    [Fact]
    public async Task Cancel_OfTheRun_WithdrawsItsRequest()
    {
        var (run, text, _, approval) = await AskAsync();
        cluster.SignIn(_tenant, "u-ada");
        await run.Cancel(new CancelRun());
        await run.WatchToEndAsync();
        var ended = await ApprovalCluster.UntilAsync(approval, seen => seen.EndedAt is not null);

        Assert.Equal(("cancelled", "The run has ended."), (ended.Status, ended.EndReason));
        Assert.False(cluster.Desk.Effects.ContainsKey(text));
    }

    [Fact]
    public async Task Ask_WhileAnotherStepStillWorks_ReachesItsApproversAtOnce()
    {
        await cluster.PublishAsync(_tenant, Manager);
        cluster.SignIn(_tenant, "u-ada");
        var session = await cluster.OpenAsync(Conversing.NewSession(_tenant));
        var (held, text) = ("hold " + Guid.NewGuid().ToString("n"), "pay " + Guid.NewGuid().ToString("n"));
        var submitted = await session.SayAsync($$"""do desk_pay {"text":"{{text}}"} and desk_hold {"text":"{{held}}"} ; say paid""");
        var run = cluster.Run(submitted, _tenant);
        string? approvalId = null;
        await Conversing.UntilAsync(async () => (approvalId = (await run.GetDecisions()).SingleOrDefault()?.Request.ApprovalId) is not null);
        var approval = cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, approvalId!));

        cluster.SignIn(_tenant, "u-mia");
        var view = await ApprovalCluster.UntilAsync(approval, seen => seen.CanDecide);
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Router.Of(approval, "u-mia").Count > 0));
        Assert.Equal("approved", (await approval.Decide(ApprovalCluster.Deciding(view, "approve"))).Status);
        Assert.False(cluster.Desk.Effects.ContainsKey(text));
        cluster.Desk.Release(held);

        cluster.SignIn(_tenant, "u-ada");
        var events = await run.WatchToEndAsync();
        Assert.Equal((1, 1), (cluster.Desk.Effects[text], cluster.Desk.Effects[held]));
        Assert.Single(events, happened => happened.Type == "decision.made");
        cluster.SignInAsPlatform(_tenant);
        Assert.Single(await approval.GetHistory(), entry => entry.Type == "approval.submitted");
    }

    [Fact]
    public async Task Loss_OfTheRunsAppends_SubmitsTheRequestAllTheSame()
    {
        cluster.SignIn(_tenant, "u-ada");
        var session = await cluster.OpenAsync(Conversing.NewSession(_tenant));
        var run = GrainKeys.Run(_tenant, Steward.Sessions.SessionGrain.RunIdFor(session.GetPrimaryKeyString(), "lost"));

        // Begin, ask: what says that everyone was told is lost again and again, and the run is taken up.
        cluster.Faults.LoseAfter(run, 4);
        await session.SayAsync($$"""do desk_pay {"text":"{{Guid.NewGuid():n}}"} ; say paid""", "lost");
        await Conversing.UntilAsync(async () => (await cluster.Journals.GetHeadAsync(run))?.Sequence >= 4);
        cluster.Faults.Lose(run, appends: 0);
        var grain = cluster.Grains.GetGrain<IRunGrain>(run);
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignInAsPlatform(_tenant);
            await grain.Resume();
            return (await grain.GetStatus())?.Waiting.SingleOrDefault()?.ApprovalId is { } id
                && await cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, id)).Get() is { Status: "pending" };
        });
    }

    [Fact]
    public async Task Settle_TwiceAndOtherwise_TakesTheFirst()
    {
        var (run, text, decision, _) = await AskAsync();
        cluster.SignInAsPlatform(_tenant);
        var settled = new ApprovalSettled { RequestId = decision.RequestId, ApprovalId = decision.ApprovalId!, Decision = "approve", By = "u-boss" };
        await Task.WhenAll(run.SettleApproval(settled), run.SettleApproval(settled));
        await run.SettleApproval(settled with { Decision = "reject" });
        await run.SettleApproval(settled with { ApprovalId = "a-other", Decision = "reject" });
        cluster.SignIn(_tenant, "u-ada");
        var refused = await Assert.ThrowsAsync<StewardException>(() => run.SettleApproval(settled));
        var events = await run.WatchToEndAsync();

        Assert.Equal(ErrorCodes.Forbidden, refused.Code);
        Assert.Single(events, happened => happened.Type == "decision.made");
        Assert.Equal(1, cluster.Desk.Effects[text]);
    }

    private async Task<(IRunGrain Run, string Text, PendingDecision Decision, IApprovalGrain Approval)> AskAsync()
    {
        cluster.SignIn(_tenant, "u-ada");
        var session = await cluster.OpenAsync(Conversing.NewSession(_tenant));
        var text = "pay " + Guid.NewGuid().ToString("n");
        var submitted = await session.SayAsync($$"""do desk_pay {"text":"{{text}}"} ; say paid""");
        var run = cluster.Run(submitted, _tenant);
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Contains(submitted.RunId!));
        var decision = (await run.GetStatus())!.Waiting.Single();
        return (run, text, decision, cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, decision.ApprovalId!)));
    }
}
