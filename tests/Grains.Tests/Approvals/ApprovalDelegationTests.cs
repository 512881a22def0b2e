using Steward.Approvals;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.People;

namespace Steward.Grains.Tests.Approvals;

/// <summary>Delegations that come and go while somebody is asked, and addresses of which nobody knows whose they are.</summary>
[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalDelegationTests(ApprovalCluster cluster)
{
    private const string Manager = """
        version: 1
        rules: [{ name: licences, when: "request_type = 'licence'", then: { levels: [{ name: Manager, approvers: [manager of requester] }] } }]
        """;

    private const string Newcomer = """
        version: 1
        rules: [{ name: licences, when: "request_type = 'licence'", then: { levels: [{ name: Newcomer, approvers: ["email:newton@acme.example"] }] } }]
        """;

    private readonly string _tenant = "t-ad" + Guid.NewGuid().ToString("n")[..8];

    private IApprovalRulesGrain Rules => cluster.Grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(_tenant));

    [Fact]
    public async Task AddDelegation_WhileTheLevelIsOpen_ReachesIt()
    {
        var approval = await OpenAsync(Manager);
        await DelegateAsync("mia", "bob");

        await ToldAsync(approval, "u-bob", NoticeKinds.ApprovalRequested);
        cluster.SignIn(_tenant, "u-bob");
        var view = (await approval.Get())!;
        var after = await approval.Decide(ApprovalCluster.Deciding(view, "approve"));

        Assert.Equal("mia@acme.example", view.ActsFor);
        Assert.Equal(("approved", "mia@acme.example"), (after.Status, after.Levels.Single().Votes.Single().For));
        Assert.Single(cluster.Router.Of(approval, "u-mia"), notice => notice.Kind == NoticeKinds.ApprovalRequested);
    }

    [Fact]
    public async Task AddDelegation_DecidedBeforeAnybodyIsTold_CountsAtOnce()
    {
        var approval = await OpenAsync(Manager);
        await DelegateAsync("mia", "bob");
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        cluster.SignIn(_tenant, "u-bob");

        Assert.Equal("approved", (await approval.Decide(Approving())).Status);
    }

    [Fact]
    public async Task RemoveDelegation_WhileTheLevelIsOpen_StopsTheDelegate()
    {
        await DelegateAsync("mia", "bob");
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        var approval = await OpenAsync(Manager);
        await ToldAsync(approval, "u-bob", NoticeKinds.ApprovalRequested);
        cluster.SignIn(_tenant, "u-bob");
        Assert.True((await approval.Get())!.CanDecide);

        await Rules.RemoveDelegation("d-mia-bob");
        cluster.Time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => approval.Decide(Approving()))).Code);
        await ToldAsync(approval, "u-bob", NoticeKinds.ApprovalClosed);
        cluster.SignIn(_tenant, "u-mia");
        Assert.Equal("approved", (await approval.Decide(Approving())).Status);
    }

    [Fact]
    public async Task Delegation_OverWhileTheLevelIsOpen_StopsTheDelegate()
    {
        await DelegateAsync("mia", "bob", TimeSpan.FromHours(1));
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        var approval = await OpenAsync(Manager);
        cluster.SignIn(_tenant, "u-bob");
        await ApprovalCluster.UntilAsync(approval, seen => seen.CanDecide);

        cluster.Time.Advance(TimeSpan.FromHours(2));

        await Assert.ThrowsAsync<StewardException>(() => approval.Decide(Approving()));
        await cluster.WatchdogAsync(_tenant);
        await ToldAsync(approval, "u-bob", NoticeKinds.ApprovalClosed);
    }

    [Fact]
    public async Task RemoveDelegation_DirectoryDown_NobodyActsForAnotherUntilItAnswers()
    {
        await DelegateAsync("mia", "bob");
        await DelegateAsync("mia", "eve");
        cluster.Time.Advance(TimeSpan.FromSeconds(3));
        var approval = await OpenAsync(Manager);
        cluster.SignIn(_tenant, "u-bob");
        await ApprovalCluster.UntilAsync(approval, seen => seen.CanDecide);
        cluster.Company.IsDown = true;
        try
        {
            await Rules.RemoveDelegation("d-mia-bob");
            cluster.Time.Advance(TimeSpan.FromSeconds(3));

            Assert.True((await Assert.ThrowsAsync<StewardException>(() => approval.Decide(Approving()))).IsRetryable);
            cluster.SignIn(_tenant, "u-eve");
            Assert.True((await Assert.ThrowsAsync<StewardException>(() => approval.Decide(Approving()))).IsRetryable);
        }
        finally
        {
            cluster.Company.IsDown = false;
        }

        cluster.Time.Advance(TimeSpan.FromMinutes(2));
        await cluster.WatchdogAsync(_tenant);
        Assert.Equal("approved", (await approval.Decide(Approving())).Status);
    }

    [Fact]
    public async Task Decide_AddressOfSomebodyNew_IsTheirsWhoComesFirst()
    {
        var approval = await OpenAsync(Newcomer);
        cluster.SignIn(_tenant, "u-newton");

        Assert.True((await ApprovalCluster.UntilAsync(approval, _ => true)).CanDecide);
        Assert.Equal("approved", (await approval.Decide(Approving())).Status);
    }

    [Fact]
    public async Task Decide_TwoPeopleWithOneAddress_NeitherMay()
    {
        var approval = await OpenAsync(Newcomer);
        cluster.SignIn(_tenant, "u-newton");
        Assert.True((await approval.Get())!.CanDecide);
        cluster.SignInWithAddress(_tenant, "u-second", "newton@acme.example");

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => approval.Decide(Approving()))).Code);
        cluster.SignIn(_tenant, "u-newton");
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => approval.Decide(Approving()))).Code);
        Assert.Null(await approval.Get());
    }

    [Fact]
    public async Task Decide_TwoPeopleWithOneAddressAtOnce_OneVoteAtMostAndNoneLater()
    {
        var first = await OpenAsync(Newcomer);
        var answers = await Task.WhenAll(new[] { "u-newton", "u-second" }.Select(user => Task.Run(async () =>
        {
            cluster.SignInWithAddress(_tenant, user, "newton@acme.example");
            return await Record.ExceptionAsync(() => first.Decide(Approving()));
        })));
        cluster.SignInAsPlatform(_tenant);
        Assert.True((await first.Get())!.Levels.Single().Votes.Count <= 1);
        Assert.Contains(answers, answer => answer is StewardException);

        var second = await cluster.SubmitAsync(_tenant);
        foreach (var user in new[] { "u-newton", "u-second" })
        {
            cluster.SignInWithAddress(_tenant, user, "newton@acme.example");
            Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => second.Decide(Approving()))).Code);
        }
    }

    [Fact]
    public async Task AddDelegation_OfAnAddressThatTwoPeopleHave_IsForAdmins()
    {
        foreach (var user in new[] { "u-one", "u-two" })
        {
            cluster.SignInAsPlatform(_tenant);
            await cluster.Grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(_tenant, KnownAddress.PartOf("shared@acme.example"))).Saw("shared@acme.example", user);
        }

        cluster.SignInWithAddress(_tenant, "u-one", "shared@acme.example");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Rules.AddDelegation(Delegation("shared", "bob")))).Code);
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        Assert.Null((await Rules.AddDelegation(Delegation("shared", "bob"))).FromUserId);
    }

    [Fact]
    public async Task Delegation_OnceSomebodySurelyCame_IsTheirsAndNoAddressesAnyMore()
    {
        await DelegateAsync("mia", "newt");
        cluster.SignInAsPlatform(_tenant);
        await Rules.KnowAddress("newt@acme.example", "u-first");
        await Rules.KnowAddress("newt@acme.example", "u-second");

        var known = Assert.Single(await Rules.ListDelegations());
        Assert.Equal(("u-mia", "u-first"), (known.FromUserId, known.ToUserId));
        cluster.SignInWithAddress(_tenant, "u-second", "newt@acme.example");
        Assert.Empty(await Rules.ListDelegations());
    }

    [Fact]
    public async Task AddDelegation_WhileRulesAreTried_DoesNotWait()
    {
        await cluster.PublishAsync(_tenant, Manager);
        await cluster.QuietAsync(await cluster.SubmitAsync(_tenant));
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Company.Held = held.Task;
        try
        {
            cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
            var simulating = Rules.Simulate(new SimulateRules { Text = Manager.Replace("request_type = 'licence'", "requester.department = 'Sales'", StringComparison.Ordinal) });
            await Rules.AddDelegation(Delegation("mia", "bob")).WaitAsync(TimeSpan.FromSeconds(20));

            Assert.False(simulating.IsCompleted);
            held.SetResult();
            Assert.Equal(1, (await simulating).Tried);
        }
        finally
        {
            held.TrySetResult();
            cluster.Company.Held = Task.CompletedTask;
        }
    }

    private async Task<IApprovalGrain> OpenAsync(string rules)
    {
        await cluster.PublishAsync(_tenant, rules);
        var approval = await cluster.SubmitAsync(_tenant);
        cluster.SignInAsPlatform(_tenant);
        await ApprovalCluster.UntilAsync(approval, view => view.Levels.Count > 0);
        return approval;
    }

    private async Task DelegateAsync(string from, string to, TimeSpan? time = null)
    {
        cluster.SignIn(_tenant, "u-" + from);
        await Rules.AddDelegation(Delegation(from, to, time));
    }

    private DelegationView Delegation(string from, string to, TimeSpan? time = null)
    {
        var now = cluster.Time.GetUtcNow();
        return new() { DelegationId = $"d-{from}-{to}", From = from + "@acme.example", To = to + "@acme.example", Begins = now.AddMinutes(-1), Ends = now + (time ?? TimeSpan.FromDays(3)) };
    }

    private DecideApproval Approving() => new() { Decision = "approve", SubjectHash = ApprovalCluster.HashOf(cluster.Asking(_tenant)), Channel = "api" };

    private Task ToldAsync(IApprovalGrain approval, string user, string kind) =>
        Conversing.UntilAsync(() => Task.FromResult(cluster.Router.Of(approval, user).Any(notice => notice.Kind == kind)));
}
