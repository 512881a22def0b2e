using Steward.Approvals;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Client.Tests;

[Collection(ClusterCollection.Name)]
public class ApprovalClientTests(ClusterFixture cluster)
{
    private static readonly SubmitApproval Request = new()
    {
        Type = "db_access",
        Action = "db.grant",
        Arguments = """{"database":"orders"}""",
        Summary = "Let Ada read the orders",
        Requester = new CallerIdentity { TenantId = "t-other", UserId = "u-boss", Roles = ["admin"] },
        RequestedAt = DateTimeOffset.UnixEpoch,
        RunId = "r-1",
        RunRequestId = "d-1",
        PolicyApprovers = ["user:u-ada"],
    };

    private readonly IApprovalClient _ada = Of("u-ada", cluster);

    [Fact]
    public async Task Submit_WhateverItSays_IsInTheCallersNameAndHandedInByThePlatform()
    {
        var view = await _ada.SubmitAsync(Request, "op-name");

        var (by, command) = cluster.Script.Approvals["t-acme/" + view.ApprovalId];
        Assert.Equal("u-system system", by);
        Assert.Equal(("t-acme", "u-ada", "employee"), (command.Requester.TenantId, command.Requester.UserId, Assert.Single(command.Requester.Roles)));
        Assert.Equal((null, null), (command.RunId, command.RunRequestId));
        Assert.Empty(command.PolicyApprovers);
        Assert.True(command.RequestedAt > DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task Submit_SameOperation_IsTheSameRequestOfThisPersonOnly()
    {
        var first = await _ada.SubmitAsync(Request, "op-same");
        var again = await _ada.SubmitAsync(Request, "op-same");
        var others = await Of("u-bob", cluster).SubmitAsync(Request, "op-same");

        Assert.Equal(first.ApprovalId, again.ApprovalId);
        Assert.NotEqual(first.ApprovalId, others.ApprovalId);
        Assert.NotEqual(first.ApprovalId, (await _ada.SubmitAsync(Request)).ApprovalId);
        Assert.True(GrainKeys.IsValidPart(first.ApprovalId, 'a'), first.ApprovalId);
    }

    [Fact]
    public async Task Submit_AnswerIsLost_IsRepeatedAsTheSameRequest()
    {
        var id = (await _ada.SubmitAsync(Request, "op-lost")).ApprovalId;
        cluster.Script.FailNext("t-acme/" + id, "Submit", new TimeoutException(), new TimeoutException());

        Assert.Equal(id, (await _ada.SubmitAsync(Request, "op-lost")).ApprovalId);

        Assert.Equal(4, cluster.Script.Calls("t-acme/" + id, "Submit"));
    }

    [Fact]
    public async Task Decide_AnswerIsLost_IsRepeatedInTheCallersName()
    {
        var id = (await _ada.SubmitAsync(Request, "op-decide")).ApprovalId;
        cluster.Script.FailNext("t-acme/" + id, "Decide", new TimeoutException());

        var view = await Of("u-boss", cluster).DecideAsync(id, new DecideApproval { Decision = "approve", SubjectHash = "h" });

        Assert.Equal(("approve", "u-boss employee", 2), (view.Status, view.EndReason, cluster.Script.Calls("t-acme/" + id, "Decide")));
    }

    [Fact]
    public async Task Decide_Several_OneFailureLeavesTheOthers()
    {
        List<ApprovalDecision> votes = [];
        for (var i = 0; i < 40; i++)
        {
            votes.Add(new ApprovalDecision((await _ada.SubmitAsync(Request, $"op-many-{i}")).ApprovalId, new DecideApproval { Decision = "reject", SubjectHash = "h" }));
        }

        cluster.Script.FailNext("t-acme/" + votes[7].ApprovalId, "Decide", new StewardException(ErrorCodes.Conflict, "It is over."));

        var results = await _ada.DecideAsync(votes);

        Assert.Equal(votes.Select(vote => vote.ApprovalId), results.Select(result => result.ApprovalId));
        Assert.Equal(ErrorCodes.Conflict, Assert.Single(results, result => result.Error is not null).Error!.Code);
        Assert.Equal(39, results.Count(result => result.Approval?.Status == "reject"));
    }

    [Fact]
    public async Task Comment_AnswerIsLost_IsRepeatedUnderOneOperationId()
    {
        var id = (await _ada.SubmitAsync(Request, "op-comment")).ApprovalId;
        cluster.Script.FailNext("t-acme/" + id, "Comment", new TimeoutException());

        await _ada.CommentAsync(id, new CommentApproval { Text = "Why?", OperationId = "op-c" });

        Assert.Equal((2, 2), (cluster.Script.Calls("t-acme/" + id, "Comment"), cluster.Script.Calls("t-acme/" + id, "op-c")));
    }

    [Fact]
    public async Task Get_Unknown_IsNotFound() => Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => _ada.GetAsync("a-nowhere"))).Code);

    public static TheoryData<string, SubmitApproval> BadRequests => new()
    {
        { "type", Request with { Type = "DB" } },
        { "type", Request with { Type = new string('a', 65) } },
        { "action", Request with { Action = "" } },
        { "summary", Request with { Summary = " " } },
        { "summary", Request with { Summary = new string('a', 1001) } },
        { "reason", Request with { Reason = new string('a', 2001) } },
        { "arguments", Request with { Arguments = "[1]" } },
        { "arguments", Request with { Arguments = "{" } },
        { "arguments", Request with { Arguments = $$"""{"a":"{{new string('a', 64 * 1024)}}"}""" } },
        { "preview", Request with { Preview = "1" } },
        { "attributes", Request with { Attributes = "null" } },
        { "risk", Request with { Risk = "none" } },
        { "amount", Request with { Amount = -1, Currency = "EUR" } },
        { "currency", Request with { Amount = 1 } },
        { "currency", Request with { Currency = "EUR" } },
        { "currency", Request with { Amount = 1, Currency = "eur" } },
        { "environment", Request with { Environment = "" } },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Submit_OutOfBounds_IsRefusedByName(string field, SubmitApproval request) => await RefusedAsync(field, () => _ada.SubmitAsync(request));

    [Fact]
    public async Task Calls_OutOfBounds_AreRefusedByName()
    {
        var vote = new DecideApproval { Decision = "approve", SubjectHash = "h" };
        await RefusedAsync("approvalId", () => _ada.GetAsync("r-1"));
        await RefusedAsync("operationId", () => _ada.SubmitAsync(Request, "a b"));
        await RefusedAsync("decision", () => _ada.DecideAsync("a-1", vote with { Decision = "maybe" }));
        await RefusedAsync("subjectHash", () => _ada.DecideAsync("a-1", vote with { SubjectHash = "" }));
        await RefusedAsync("comment", () => _ada.DecideAsync("a-1", vote with { Comment = new string('a', 2001) }));
        await RefusedAsync("decisions", () => _ada.DecideAsync([]));
        await RefusedAsync("decisions", () => _ada.DecideAsync([new("a-1", vote), new("a-1", vote)]));
        await RefusedAsync("decisions", () => _ada.DecideAsync([.. Enumerable.Range(0, 101).Select(i => new ApprovalDecision($"a-{i}", vote))]));
        await RefusedAsync("to", () => _ada.DelegateAsync("a-1", new DelegateApproval { To = "bob" }));
        await RefusedAsync("text", () => _ada.CommentAsync("a-1", new CommentApproval { Text = " " }));
        await RefusedAsync("limit", () => _ada.ListAsync(new ListApprovals { Limit = 201 }));
        await RefusedAsync("from", () => _ada.ExportPageAsync(new ExportApprovals { From = DateTimeOffset.UnixEpoch, Until = DateTimeOffset.UnixEpoch }));
        await RefusedAsync("text", () => _ada.Rules.ValidateAsync(""));
        await RefusedAsync("delegationId", () => _ada.Rules.RemoveDelegationAsync("A_1"));
    }

    private static IApprovalClient Of(string user, ClusterFixture cluster) => cluster.Client.For(new CallerIdentity { TenantId = "t-acme", UserId = user, Roles = ["employee"] }).Approvals;

    private static async Task RefusedAsync(string field, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<StewardException>(call);
        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
    }
}
