using Steward.Approvals;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Approvals;

[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalListTests
{
    private const string Rules = """
        version: 1
        rules:
          - name: groups
            when: request_type = 'group'
            then: { levels: [ { name: Owners, approvers: ["group:owners"] } ] }
          - name: roles
            when: request_type = 'role'
            then: { levels: [ { name: Approvers, approvers: ["role:approver"] } ] }
          - name: people
            when: request_type = 'person'
            then: { levels: [ { name: Manager, approvers: [manager of requester] } ] }
        """;

    private readonly ApprovalCluster _cluster;
    private readonly string _tenant = "t-al" + Guid.NewGuid().ToString("n")[..8];

    public ApprovalListTests(ApprovalCluster cluster)
    {
        _cluster = cluster;
        cluster.SignInAsPlatform(_tenant);
    }

    private IApprovalListsGrain Lists => _cluster.Grains.GetGrain<IApprovalListsGrain>(GrainKeys.ApprovalLists(_tenant));

    [Fact]
    public async Task List_EachView_ShowsWhatIsTheCallers()
    {
        await _cluster.PublishAsync(_tenant, Rules);
        var person = await AskAsync("person");
        var group = await AskAsync("group");
        var role = await AskAsync("role");
        _cluster.SignIn(_tenant, "u-mia");
        await _cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, person)).Delegate(new DelegateApproval { To = "bob@acme.example" });
        await Conversing.UntilAsync(async () =>
        {
            _cluster.SignIn(_tenant, "u-bob");
            return (await ListAsync("delegated")).SequenceEqual([person]);
        });

        _cluster.SignIn(_tenant, "u-bob");
        Assert.Empty(await ListAsync("mine"));
        _cluster.SignIn(_tenant, "u-mia");
        Assert.Equal([person], await ListAsync("mine"));
        Assert.Empty(await ListAsync("groups"));
        _cluster.SignIn(_tenant, "u-olga");
        Assert.Empty(await ListAsync("mine"));
        Assert.Equal([group], await ListAsync("groups"));
        _cluster.SignIn(_tenant, "u-boss", "approver");
        Assert.Equal([role], await ListAsync("groups"));
        _cluster.SignIn(_tenant, "u-ada");
        Assert.Equal(new[] { person, group, role }.Order(), (await ListAsync("requested")).Order());
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => ListAsync("all"))).Code);
        _cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        Assert.Equal(3, (await ListAsync("all")).Count);
        Assert.Equal([group], (await Lists.List(new ListApprovals { View = "all", Type = "group" })).Approvals.Select(approval => approval.ApprovalId));
    }

    [Fact]
    public async Task List_Decided_MovesFromOneViewToTheOther()
    {
        await _cluster.PublishAsync(_tenant, Rules);
        var person = await AskAsync("person");
        _cluster.SignIn(_tenant, "u-mia");
        var approval = _cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, person));
        await approval.Decide(ApprovalCluster.Deciding((await approval.Get())!, "reject"));
        await Conversing.UntilAsync(async () => (await ListAsync("decided")).SequenceEqual([person]));

        Assert.Empty(await ListAsync("mine"));
        var summary = (await Lists.List(new ListApprovals { View = "decided" })).Approvals.Single();
        Assert.Equal(("rejected", "u-mia", "Ada", "medium"), (summary.Status, summary.DecidedBy.Single(), summary.RequesterName, summary.Risk));

        // Whoever is asked for the like sees it.
        var next = await AskAsync("person");
        _cluster.SignIn(_tenant, "u-mia");
        Assert.Equal([person], (await _cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, next)).Get())!.Similar.Select(similar => similar.ApprovalId));
        _cluster.SignIn(_tenant, "u-ada");
        Assert.Empty((await _cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, next)).Get())!.Similar);
    }

    [Fact]
    public async Task List_PageByPage_ShowsEachOnceMostUrgentFirst()
    {
        await _cluster.PublishAsync(_tenant, Rules);
        var ids = new List<string>();
        foreach (var hours in new[] { 3, 1, 2, 5, 4 })
        {
            ids.Add(await AskAsync("person", asked => asked with { ExpiresAt = _cluster.Time.GetUtcNow().AddHours(hours) }));
        }

        _cluster.SignIn(_tenant, "u-mia");
        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await Lists.List(new ListApprovals { Limit = 2, After = next });
            seen.AddRange(page.Approvals.Select(approval => approval.ApprovalId));
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal([ids[1], ids[2], ids[0], ids[4], ids[3]], seen);
        Assert.Equal("after", (await Assert.ThrowsAsync<StewardException>(() => Lists.List(new ListApprovals { After = "nonsense" }))).Field);
    }

    [Fact]
    public async Task Export_ForAdmins_HasEveryTransitionWithItsActor()
    {
        await _cluster.PublishAsync(_tenant, Rules);
        var from = _cluster.Time.GetUtcNow();
        var person = await AskAsync("person");
        _cluster.SignIn(_tenant, "u-mia");
        var approval = _cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, person));
        await approval.Decide(ApprovalCluster.Deciding((await approval.Get())!, "approve", channel: "teams") with { Comment = "Fine" });
        await Conversing.UntilAsync(async () => (await ListAsync("decided")).Count == 1);
        var refused = await Assert.ThrowsAsync<StewardException>(() => Lists.Export(new ExportApprovals { From = from, Until = from.AddDays(1) }));
        _cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);

        var audit = Assert.Single((await Lists.Export(new ExportApprovals { From = from, Until = from.AddDays(1) })).Approvals);

        Assert.Equal(ErrorCodes.Forbidden, refused.Code);
        Assert.Equal("approved", audit.Approval.Status);
        Assert.Equal(["approval.submitted", "approval.routed", "approval.level_opened"], audit.History.Take(3).Select(entry => entry.Type));
        var vote = Assert.Single(audit.History, entry => entry.Type == "approval.voted");
        Assert.Equal(("u-mia", "teams", "approve: Fine"), (vote.Actor, vote.Channel, vote.Reason));
    }

    private async Task<string> AskAsync(string type, Func<SubmitApproval, SubmitApproval>? change = null)
    {
        var approval = await _cluster.SubmitAsync(_tenant, asked => (change?.Invoke(asked) ?? asked) with { Type = type });
        await ApprovalCluster.UntilAsync(approval, seen => seen.Status == "pending");
        await _cluster.QuietAsync(approval);
        return GrainKeys.LastPart(approval.GetPrimaryKeyString());
    }

    private async Task<List<string>> ListAsync(string view) => [.. (await Lists.List(new ListApprovals { View = view })).Approvals.Select(approval => approval.ApprovalId)];
}
