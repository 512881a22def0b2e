using Steward.Approvals;
using Steward.Engines.Notifications;
using Steward.Grains.Tests.Hosting;

namespace Steward.Grains.Tests.Approvals;

/// <summary>What happens to requests by themselves, and what becomes of what cannot be done now.</summary>
[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalTimeTests
{
    private const string Sla = """
        version: 1
        rules:
          - name: licences
            when: request_type = 'licence'
            then:
              expires: 10h
              levels:
                - { name: Manager, approvers: [manager of requester], sla: { remindAfter: [1h, 2h], escalateAfter: 3h } }
        """;

    private readonly ApprovalCluster _cluster;
    private readonly string _tenant = "t-at" + Guid.NewGuid().ToString("n")[..8];

    public ApprovalTimeTests(ApprovalCluster cluster)
    {
        _cluster = cluster;
        cluster.SignInAsPlatform(_tenant);
    }

    [Fact]
    public async Task Time_RemindsThenEscalatesThenLapses_EachOnce()
    {
        await _cluster.PublishAsync(_tenant, Sla);
        var approval = await SubmittedAsync();

        await AfterAsync(approval, TimeSpan.FromMinutes(61));
        Assert.Equal([NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalReminder], Kinds(approval, "u-mia"));
        await _cluster.WatchdogAsync(_tenant);
        await AfterAsync(approval, TimeSpan.FromHours(1));
        Assert.Equal([NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalReminder, NoticeKinds.ApprovalReminder], Kinds(approval, "u-mia"));
        await AfterAsync(approval, TimeSpan.FromHours(1));
        Assert.Equal([NoticeKinds.ApprovalEscalated], Kinds(approval, "u-vera"));
        Assert.Equal("escalated", (await approval.Get())!.Status);
        await AfterAsync(approval, TimeSpan.FromHours(8));

        var view = (await approval.Get())!;
        Assert.Equal("expired", view.Status);
        Assert.Equal([NoticeKinds.ApprovalEscalated, NoticeKinds.ApprovalClosed], Kinds(approval, "u-vera"));
        Assert.Equal([NoticeKinds.ApprovalResult], Kinds(approval, "u-ada"));
        Assert.Null((await _cluster.Journals.GetHeadAsync(approval.GetPrimaryKeyString()))!.WakeAt);
    }

    [Fact]
    public async Task Decide_AfterEscalation_TakesEither()
    {
        await _cluster.PublishAsync(_tenant, Sla);
        var approval = await SubmittedAsync();
        await AfterAsync(approval, TimeSpan.FromHours(4));
        _cluster.SignIn(_tenant, "u-vera");

        Assert.Equal("approved", (await approval.Decide(ApprovalCluster.Deciding((await approval.Get())!, "approve"))).Status);
    }

    [Fact]
    public async Task Directory_Down_KeepsItSubmittedUntilPeopleAreFound()
    {
        await _cluster.PublishAsync(_tenant, Sla);
        _cluster.Company.IsDown = true;
        IApprovalGrain approval;
        try
        {
            approval = await _cluster.SubmitAsync(_tenant);
            await Conversing.UntilAsync(async () => (await approval.GetHistory()).Any(entry => entry.Type == "approval.people_unavailable"));
            await AfterAsync(approval, TimeSpan.FromMinutes(2));
            Assert.Equal("submitted", (await approval.Get())!.Status);
            Assert.True((await approval.GetHistory()).Count(entry => entry.Type == "approval.people_unavailable") >= 2);
        }
        finally
        {
            _cluster.Company.IsDown = false;
        }

        await AfterAsync(approval, TimeSpan.FromMinutes(10));
        await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending");
        Assert.Equal([NoticeKinds.ApprovalRequested], Kinds(approval, "u-mia"));
    }

    [Fact]
    public async Task Router_Down_TellsEverybodyLaterAndLosesNothing()
    {
        var approval = await SubmittedAsync(asked => asked with { PolicyApprovers = ["email:bob@acme.example"] });
        _cluster.Router.IsDown = true;
        try
        {
            _cluster.SignIn(_tenant, "u-bob");
            Assert.Equal("rejected", (await approval.Decide(ApprovalCluster.Deciding((await approval.Get())!, "reject"))).Status);
        }
        finally
        {
            _cluster.Router.IsDown = false;
        }

        await _cluster.QuietAsync(approval);
        Assert.Equal([NoticeKinds.ApprovalResult], Kinds(approval, "u-ada"));
        Assert.Equal([NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalClosed], Kinds(approval, "u-bob"));
    }

    [Fact]
    public async Task Loss_BetweenAnyTwoAppends_LosesNothingAndDecidesOnce()
    {
        for (var passes = 1; passes <= 7; passes++)
        {
            var id = $"a-lost{passes}-{Guid.NewGuid():n}";
            var key = Steward.Identity.GrainKeys.Approval(_tenant, id);
            var approval = _cluster.Grains.GetGrain<IApprovalGrain>(key);
            _cluster.Faults.LoseAfter(key, passes);
            await Record.ExceptionAsync(() => _cluster.SubmitAsync(_tenant, asked => asked with { PolicyApprovers = ["email:bob@acme.example"] }, id));

            // Where the journal cannot be written any more a decision is refused, not lost; then it is repeated.
            _cluster.SignIn(_tenant, "u-bob");
            await Record.ExceptionAsync(() => approval.Decide(ApprovalCluster.Deciding(new ApprovalView { ApprovalId = id, Status = "", Request = null!, SubjectHash = ApprovalCluster.HashOf(_cluster.Asking(_tenant)) }, "approve", "click")));
            _cluster.Faults.Lose(key, appends: 0);
            await _cluster.WatchdogAsync(_tenant);
            await _cluster.SubmitAsync(_tenant, asked => asked with { PolicyApprovers = ["email:bob@acme.example"] }, id);
            _cluster.SignIn(_tenant, "u-bob");
            ApprovalView? decided = null;
            await Conversing.UntilAsync(async () =>
                await Record.ExceptionAsync(async () => decided = await approval.Decide(ApprovalCluster.Deciding((await approval.Get())!, "approve", "click"))) is null);
            await _cluster.QuietAsync(approval);

            Assert.Equal("approved", decided!.Status);
            _cluster.SignInAsPlatform(_tenant);
            var history = await approval.GetHistory();
            Assert.Single(history, entry => entry.Type == "approval.submitted");
            Assert.Single(history, entry => entry.Type == "approval.voted");
            Assert.Single(history, entry => entry.Type == "approval.approved");
            Assert.Equal([NoticeKinds.ApprovalResult], Kinds(approval, "u-ada"));
            Assert.Contains(NoticeKinds.ApprovalClosed, Kinds(approval, "u-bob"));
        }
    }

    [Fact]
    public async Task Watchdog_ManyDueAtOnce_EndsThemAllAndHoldsNobodyUp()
    {
        var approvals = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => _cluster.SubmitAsync(_tenant, asked => asked with { ExpiresAt = _cluster.Time.GetUtcNow().AddHours(1) })));
        foreach (var approval in approvals)
        {
            await _cluster.QuietAsync(approval);
        }

        _cluster.Time.Advance(TimeSpan.FromHours(2));
        var woken = await _cluster.WatchdogAsync(_tenant);
        _cluster.SignInAsPlatform(_tenant);

        Assert.InRange(woken, 1, 300);
        await Conversing.UntilAsync(async () => (await Task.WhenAll(approvals.Select(async approval => (await approval.Get())!.Status))).All(status => status == "expired"));
    }

    private List<string> Kinds(IApprovalGrain approval, string userId) => [.. _cluster.Router.Of(approval, userId).Select(notice => notice.Kind)];

    private async Task<IApprovalGrain> SubmittedAsync(Func<SubmitApproval, SubmitApproval>? change = null)
    {
        var approval = await _cluster.SubmitAsync(_tenant, change);
        await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending");
        await _cluster.QuietAsync(approval);
        return approval;
    }

    private async Task AfterAsync(IApprovalGrain approval, TimeSpan time)
    {
        _cluster.Time.Advance(time);
        await _cluster.WatchdogAsync(_tenant);
        await _cluster.QuietAsync(approval);
    }
}
