using Steward.Approvals;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Approvals;

[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalGrainTests(ApprovalCluster cluster)
{
    private const string ManagerThenOwners = """
        version: 1
        rules:
          - name: licences
            when: request_type = 'licence'
            then:
              validFor: 2h
              levels:
                - { name: Manager, approvers: [manager of requester] }
                - { name: Owners, approvers: ["group:owners"], quorum: all }
        """;

    private readonly string _tenant = "t-ap" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Submit_NoRules_AsksWhomThePolicyNamesAndLeavesMemory()
    {
        var approval = await cluster.SubmitAsync(_tenant, asked => asked with { PolicyApprovers = ["role:approver", "email:bob@acme.example"] });
        await cluster.QuietAsync(approval);
        await cluster.DeactivatedAsync(approval);

        cluster.SignIn(_tenant, "u-bob");
        var view = (await approval.Get())!;
        Assert.Equal(("pending", 0, true), (view.Status, view.Route!.RulesVersion, view.CanDecide));
        Assert.Equal(["bob@acme.example", null], view.Levels.Single().Approvers.Select(approver => approver.Email).OrderDescending());
        var notice = Assert.Single(cluster.Router.Of(approval));
        Assert.Equal((NoticeKinds.ApprovalRequested, "u-bob", true), (notice.Kind, notice.Recipient.UserId, notice.IsActionable));
        Assert.Equal("She starts in sales.", NoticeData.Read<ApprovalNoticeData>(notice.Data).Reason);
    }

    [Fact]
    public async Task Submit_AgainOrOtherwise_IsTheSameRequestOrAConflict()
    {
        var approval = await cluster.SubmitAsync(_tenant, id: "a-same");
        var again = await cluster.SubmitAsync(_tenant, id: "a-same");
        var other = await Assert.ThrowsAsync<StewardException>(() => cluster.SubmitAsync(_tenant, asked => asked with { Arguments = """{"app":"Jira"}""" }, "a-same"));

        cluster.SignInAsPlatform(_tenant);
        Assert.Equal(approval.GetPrimaryKeyString(), again.GetPrimaryKeyString());
        Assert.Equal(ErrorCodes.Conflict, other.Code);
        Assert.Single(await approval.GetHistory(), entry => entry.Type == "approval.submitted");
    }

    [Theory]
    [InlineData("Type", "Not a type")]
    [InlineData("Arguments", "[]")]
    [InlineData("Arguments", "{\"a\":1,\"a\":2}")]
    [InlineData("Summary", "")]
    [InlineData("Risk", "none")]
    [InlineData("Currency", "EUR")]
    public async Task Submit_Malformed_IsRefusedNamingTheField(string field, string value)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => cluster.SubmitAsync(_tenant, asked =>
        {
            typeof(SubmitApproval).GetProperty(field)!.SetValue(asked, value);
            return asked;
        }));

        Assert.Equal((ErrorCodes.InvalidArgument, field.ToLowerInvariant()), (error.Code, error.Field));
    }

    [Fact]
    public async Task Decide_ByEightAtOnce_CountsTheFirstForEver()
    {
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            cluster.SignIn(_tenant, $"u-boss{i}", "approver");
            return await Record.ExceptionAsync(() => approval.Decide(ApprovalCluster.Deciding(view, i % 2 == 0 ? "approve" : "reject", $"click-{i}", i % 2 == 0 ? "slack" : "teams")));
        })));

        Assert.Single(answers, answer => answer is null);
        Assert.All(answers.OfType<StewardException>(), late =>
        {
            Assert.Equal(ErrorCodes.Conflict, late.Code);
            Assert.StartsWith("It was already ", late.Message, StringComparison.Ordinal);
        });
        Assert.Equal(7, answers.OfType<StewardException>().Count());
        cluster.SignInAsPlatform(_tenant);
        Assert.Single(await approval.GetHistory(), entry => entry.Type == "approval.voted");
    }

    [Fact]
    public async Task Decide_TheSameClickFiveTimes_IsOneVoteAndFiveEqualAnswers()
    {
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);
        cluster.SignIn(_tenant, "u-boss", "approver");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => approval.Decide(ApprovalCluster.Deciding(view, "approve", "click", "slack"))));

        Assert.All(answers, answer => Assert.Equal("approved", answer.Status));
        Assert.Single(answers[^1].Levels.Single().Votes);
    }

    [Fact]
    public async Task Decide_BySomebodyElse_IsToldThatInTheirOwnWay()
    {
        await cluster.PublishAsync(_tenant, ManagerThenOwners);
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);

        cluster.SignIn(_tenant, "u-eve", "helpdesk");
        var stranger = await Assert.ThrowsAsync<StewardException>(() => approval.Decide(ApprovalCluster.Deciding(view, "approve")));
        Assert.Null(await approval.Get());
        cluster.SignIn(_tenant, "u-ada", WellKnownRoles.Admin);
        var requester = await Assert.ThrowsAsync<StewardException>(() => approval.Decide(ApprovalCluster.Deciding(view, "approve")));
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        var admin = await Assert.ThrowsAsync<StewardException>(() => approval.Decide(ApprovalCluster.Deciding(view, "approve")));
        cluster.SignIn(_tenant, "u-mia");
        var stale = await Assert.ThrowsAsync<StewardException>(() => approval.Decide(ApprovalCluster.Deciding(view, "approve") with { SubjectHash = "0123456789" }));

        Assert.Equal([ErrorCodes.NotFound, ErrorCodes.Forbidden, ErrorCodes.Forbidden, ErrorCodes.Conflict], new[] { stranger, requester, admin, stale }.Select(error => error.Code));
        Assert.Contains("asked for this yourself", requester.Message, StringComparison.Ordinal);
        Assert.Equal("subjectHash", stale.Field);
        Assert.Equal("pending", (await approval.Get())!.Status);
    }

    [Fact]
    public async Task Decide_LevelAfterLevel_AsksTheNextAndTellsEveryCopyAtTheEnd()
    {
        await cluster.PublishAsync(_tenant, ManagerThenOwners);
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);

        await DecideAsync(approval, view, "u-mia", "approve");
        await DecideAsync(approval, view, "u-olga", "approve");
        var last = await DecideAsync(approval, view, "u-otto", "approve");
        await cluster.QuietAsync(approval);

        Assert.Equal(("approved", "licences", 2), (last.Status, last.Route!.Rule, last.Levels.Count));
        Assert.Equal(last.EndedAt!.Value.AddHours(2), last.ValidUntil);
        Assert.Equal([NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalClosed, NoticeKinds.ApprovalClosed], cluster.Router.Of(approval, "u-mia").Select(notice => notice.Kind));
        Assert.Equal([NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalClosed], cluster.Router.Of(approval, "u-olga").Select(notice => notice.Kind));
        var result = Assert.Single(cluster.Router.Of(approval, "u-ada"));
        Assert.Equal((NoticeKinds.ApprovalResult, "approved"), (result.Kind, NoticeData.Read<ApprovalNoticeData>(result.Data).Status));
        Assert.Single(cluster.Router.Of(approval, "u-otto").Select(notice => notice.ThreadId).Distinct());
    }

    [Fact]
    public async Task Publish_WhileItWaits_ChangesNothingOfItsChain()
    {
        await cluster.PublishAsync(_tenant, ManagerThenOwners);
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);

        await cluster.PublishAsync(_tenant, ManagerThenOwners.Replace("manager of requester", "email:bob@acme.example", StringComparison.Ordinal).Replace("group:owners", "email:bob@acme.example", StringComparison.Ordinal));
        await DecideAsync(approval, view, "u-mia", "approve");
        cluster.SignIn(_tenant, "u-olga");
        var second = await ApprovalCluster.UntilAsync(approval, seen => seen.Levels.Count == 2);
        var later = await PendingAsync(await cluster.SubmitAsync(_tenant));

        Assert.Equal(1, second.Route!.RulesVersion);
        Assert.Equal(["Olga", "Otto"], second.Levels[1].Approvers.Select(approver => approver.Name), StringComparer.OrdinalIgnoreCase);
        Assert.Equal((2, "bob@acme.example"), (later.Route!.RulesVersion, later.Levels[0].Approvers.Single().Email));
    }

    [Fact]
    public async Task Delegate_ToSomebodyElse_WhoThenActsForThem()
    {
        await cluster.PublishAsync(_tenant, ManagerThenOwners);
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);
        cluster.SignIn(_tenant, "u-mia");

        var toRequester = await Assert.ThrowsAsync<StewardException>(() => approval.Delegate(new DelegateApproval { To = "ada@acme.example" }));
        await approval.Delegate(new DelegateApproval { To = "bob@acme.example", Reason = "Away" });
        await approval.Delegate(new DelegateApproval { To = "bob@acme.example" });
        var decided = await DecideAsync(approval, view, "u-bob", "approve");

        Assert.Equal((ErrorCodes.InvalidArgument, "to"), (toRequester.Code, toRequester.Field));
        Assert.Equal(("u-bob", "mia@acme.example"), (decided.Levels[0].Votes.Single().By, decided.Levels[0].Votes.Single().For));
        Assert.Single(await approval.GetHistory(), entry => entry.Type == "approval.delegated");
    }

    [Fact]
    public async Task Consume_OnceForWhatWasApproved_WhileItIsValid()
    {
        await cluster.PublishAsync(_tenant, ManagerThenOwners.Replace("- { name: Owners, approvers: [\"group:owners\"], quorum: all }", "", StringComparison.Ordinal));
        var approval = await cluster.SubmitAsync(_tenant);
        var unused = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);
        Task<bool> Use(IApprovalGrain what, string operation, string? hash = null) => what.Consume(new ConsumeApproval { SubjectHash = hash ?? view.SubjectHash, OperationId = operation });

        cluster.SignIn(_tenant, "u-ada");
        Assert.False(await Use(approval, "early"));
        await DecideAsync(approval, view, "u-mia", "approve");
        await DecideAsync(unused, await PendingAsync(unused), "u-mia", "approve");
        cluster.SignIn(_tenant, "u-mia");
        var stranger = await Assert.ThrowsAsync<StewardException>(() => Use(approval, "mia"));
        cluster.SignIn(_tenant, "u-ada");
        bool[] uses = [await Use(approval, "one", "0000000000"), await Use(approval, "one"), await Use(approval, "two"), await Use(approval, "one")];
        cluster.Time.Advance(TimeSpan.FromHours(3));

        Assert.Equal(ErrorCodes.Forbidden, stranger.Code);
        Assert.Equal([false, true, false, true], uses);
        Assert.False(await Use(unused, "late"));
    }

    [Fact]
    public async Task Comment_ByThoseConcerned_ReachesTheOthersOnce()
    {
        var approval = await cluster.SubmitAsync(_tenant, asked => asked with { PolicyApprovers = ["email:bob@acme.example"] });
        await PendingAsync(approval);
        cluster.SignIn(_tenant, "u-bob");

        await approval.Comment(new CommentApproval { Text = "Until when?", OperationId = "c-1" });
        var view = await approval.Comment(new CommentApproval { Text = "Until when?", OperationId = "c-1" });
        await cluster.QuietAsync(approval);

        Assert.Equal(("u-bob", "Until when?"), (view.Comments.Single().By, view.Comments.Single().Text));
        Assert.Equal("Until when?", NoticeData.Read<ApprovalNoticeData>(Assert.Single(cluster.Router.Of(approval, "u-ada")).Data).CommentText);
    }

    [Fact]
    public async Task Cancel_ByWhoeverAskedOrThePlatformOnly_EndsIt()
    {
        var approval = await cluster.SubmitAsync(_tenant);
        var view = await PendingAsync(approval);
        cluster.SignIn(_tenant, "u-boss", "approver");
        var approver = await Assert.ThrowsAsync<StewardException>(() => approval.Cancel(new CancelApproval()));
        cluster.SignIn(_tenant, "u-ada");
        var cancelled = await approval.Cancel(new CancelApproval { Reason = "Not needed" });
        cluster.SignIn(_tenant, "u-boss", "approver");
        var late = await Assert.ThrowsAsync<StewardException>(() => approval.Decide(ApprovalCluster.Deciding(view, "approve")));

        Assert.Equal(ErrorCodes.Forbidden, approver.Code);
        Assert.Equal(("cancelled", "Not needed"), (cancelled!.Status, cancelled.EndReason));
        Assert.Contains("withdrawn", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retire_LongAfterItsEnd_LeavesAReceiptAndNoText()
    {
        var approval = await cluster.SubmitAsync(_tenant);
        await DecideAsync(approval, await PendingAsync(approval), "u-boss", "approve", "approver");
        await cluster.QuietAsync(approval);
        cluster.SignInAsPlatform(_tenant);

        Assert.False(await approval.Retire(cluster.Time.GetUtcNow().AddDays(-1)));
        await Conversing.UntilAsync(() => approval.Retire(cluster.Time.GetUtcNow()));

        Assert.Null(await approval.Get());
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => cluster.SubmitAsync(_tenant, id: GrainKeys.LastPart(approval.GetPrimaryKeyString())))).Code);
        var left = Assert.Single(await cluster.Journals.ReadAsync(approval.GetPrimaryKeyString(), 0, 100));
        Assert.Equal("approval.retired", left.Type);
        Assert.DoesNotContain("Salesforce", System.Text.Encoding.UTF8.GetString(left.Payload.Span), StringComparison.Ordinal);
    }

    private async Task<ApprovalView> PendingAsync(IApprovalGrain approval)
    {
        cluster.SignInAsPlatform(_tenant);
        return await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending");
    }

    private async Task<ApprovalView> DecideAsync(IApprovalGrain approval, ApprovalView view, string user, string decision, params string[] roles)
    {
        cluster.SignIn(_tenant, user, roles);
        return await approval.Decide(ApprovalCluster.Deciding(view, decision));
    }
}
