using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Approvals;
using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Machine;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Grains.Tests.Approvals;

[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalRulesGrainTests(ApprovalCluster cluster)
{
    private const string Rules = "version: 1\ndefault: { levels: [{ name: Admins, approvers: [role:admin] }] }\n";
    private const string Others = "version: 1\ndefault: { levels: [{ name: Help desk, approvers: [role:helpdesk] }] }\nrules:\n  - { name: dear, when: amount > 100 and currency = 'EUR', then: { levels: [{ name: Boss, approvers: [manager of requester] }] } }\n";

    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..12];

    private IApprovalRulesGrain Grain => cluster.Grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(_tenant));

    [Fact]
    public async Task Publish_TwoVersions_KeepsBothAndRollsBack()
    {
        Admin();
        var first = await Grain.Publish(new PublishRules { Text = Rules, ExpectedVersion = 0, Comment = "first" });
        var second = await Grain.Publish(new PublishRules { Text = Others, ExpectedVersion = 1 });
        var third = await Grain.RollBack(1);

        Assert.Equal((1, 2, 3, 1), (first.Version, second.Version, third.Version, third.RollsBackTo));
        Assert.Equal((Rules, "u-admin", "first"), (first.Text, first.By, first.Comment));
        Assert.Equal(Rules, (await Grain.GetRules())!.Text);
        Assert.Equal(Others, (await Grain.GetRules(2))!.Text);
        Assert.Null(await Grain.GetRules(9));
        Assert.Equal([3, 2, 1], (await Grain.ListVersions()).Select(version => version.Version));
        Assert.All(await Grain.ListVersions(), version => Assert.Empty(version.Text));
    }

    [Fact]
    public async Task Publish_AfterReactivation_StillKnowsEverything()
    {
        Admin();
        await Grain.Publish(new PublishRules { Text = Rules });
        await Grain.Publish(new PublishRules { Text = Others });
        cluster.Faults.Lose(GrainKeys.ApprovalRules(_tenant), 1);
        var lost = await Assert.ThrowsAsync<StewardException>(() => Grain.Publish(new PublishRules { Text = Rules }));
        await cluster.DeactivatedAsync(Grain);

        Assert.Equal(ErrorCodes.Unavailable, lost.Code);
        Assert.Equal((2, Others), ((await Grain.GetRules())!.Version, (await Grain.GetRules())!.Text));
        Assert.Equal(Rules, (await Grain.GetRules(1))!.Text);
    }

    [Fact]
    public async Task Publish_AnotherVersionHolds_IsAConflict()
    {
        Admin();
        await Grain.Publish(new PublishRules { Text = Rules, ExpectedVersion = 0 });

        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => Grain.Publish(new PublishRules { Text = Others, ExpectedVersion = 0 }))).Code);
        Assert.Equal(1, (await Grain.Publish(new PublishRules { Text = Rules, ExpectedVersion = 0 })).Version);
    }

    [Fact]
    public async Task Publish_Faulty_NamesLineAndKeepsNothing()
    {
        Admin();
        var refused = await Assert.ThrowsAsync<StewardException>(() => Grain.Publish(new PublishRules { Text = "version: 1\nrules:\n  - name: a\n    when: levle = 'x'\n    then: b" }));

        Assert.Equal((ErrorCodes.InvalidArgument, "text"), (refused.Code, refused.Field));
        Assert.Contains("Line 4: rule 'a': the condition, line 1, column 1: there is no field 'levle'", refused.Message, StringComparison.Ordinal);
        Assert.Null(await Grain.GetRules());
        Assert.Equal(4, (await Grain.Validate("version: 1\nrules:\n  - name: a\n    when: levle = 'x'\n    then: b")).Errors[0].Line);
        Assert.NotEmpty((await Grain.Validate("version: 1")).Warnings);
    }

    [Fact]
    public async Task Everything_ByOthers_IsRefused()
    {
        Admin();
        await Grain.Publish(new PublishRules { Text = Rules });
        cluster.SignIn(_tenant, "u-ada", "employee");

        foreach (var call in new Func<Task>[]
        {
            () => Grain.GetRules(), () => Grain.ListVersions(), () => Grain.Validate(Rules), () => Grain.Publish(new PublishRules { Text = Rules }), () => Grain.RollBack(1),
            () => Grain.Simulate(new SimulateRules { Text = Rules }), () => Grain.ReadCurrent(0, 0),
        })
        {
            Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(call)).Code);
        }
    }

    [Fact]
    public async Task Simulate_PastRequests_SaysWhatWouldDiffer()
    {
        var store = cluster.Silo.GetRequiredService<IApprovalStore>();
        for (var i = 0; i < 3; i++)
        {
            await store.PutAsync(Row($"a-{i}", i * 100));
        }

        Admin();
        await Grain.Publish(new PublishRules { Text = Rules });
        var simulation = await Grain.Simulate(new SimulateRules { Text = Others });
        var cut = await Grain.Simulate(new SimulateRules { Text = Others, Limit = 2 });

        Assert.Equal((3, 3, false), (simulation.Tried, simulation.Different, simulation.IsCut));
        Assert.Equal(new Dictionary<string, int> { [""] = 2, ["dear"] = 1 }, simulation.Matches);
        var dear = Assert.Single(simulation.Differences, difference => difference.RuleAfter is not null);
        Assert.Equal(("a-2", "Pay 200.", "Admins (role:admin)", "Boss (manager of requester)"), (dear.ApprovalId, dear.Summary, dear.ChainBefore, dear.ChainAfter));
        Assert.Equal((2, true), (cut.Tried, cut.IsCut));
        Assert.Equal(0, (await Grain.Simulate(new SimulateRules { Text = Others, Since = cluster.Time.GetUtcNow().AddDays(1) })).Tried);
    }

    [Fact]
    public async Task AddDelegation_OfOneself_IsSeenByThoseConcerned()
    {
        cluster.SignIn(_tenant, "u-ada", "employee");
        var added = await Grain.AddDelegation(Of("d1", " Ada@acme.example", "bo@acme.example"));
        var again = await Grain.AddDelegation(Of("d1", "ada@acme.example", "bo@acme.example"));

        Assert.Equal(("ada@acme.example", "u-ada"), (added.From, added.By));
        Assert.Equal(added with { Types = again.Types }, again);
        Assert.Single(await Grain.ListDelegations());
        cluster.SignIn(_tenant, "u-cem", "employee");
        Assert.Empty(await Grain.ListDelegations());
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Grain.RemoveDelegation("d1"))).Code);
        cluster.SignIn(_tenant, "u-bo", "employee");
        Assert.Single(await Grain.ListDelegations());
        await Grain.RemoveDelegation("d1");
        await Grain.RemoveDelegation("d1");
        Assert.Empty(await Grain.ListDelegations());
    }

    [Fact]
    public async Task AddDelegation_ForOthers_IsForAdmins()
    {
        cluster.SignIn(_tenant, "u-cem", "employee");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Grain.AddDelegation(Of("d1", "ada@acme.example", "cem@acme.example")))).Code);

        Admin();
        Assert.Equal("u-admin", (await Grain.AddDelegation(Of("d1", "ada@acme.example", "cem@acme.example"))).By);
    }

    [Fact]
    public async Task AddDelegation_Loop_IsRefusedWithTheWay()
    {
        Admin();
        await Grain.AddDelegation(Of("d1", "a@acme.example", "b@acme.example"));
        await Grain.AddDelegation(Of("d2", "b@acme.example", "c@acme.example"));
        var refused = await Assert.ThrowsAsync<StewardException>(() => Grain.AddDelegation(Of("d3", "c@acme.example", "A@acme.example")));

        Assert.Equal("to: makes a loop: c@acme.example → a@acme.example → b@acme.example → c@acme.example.", refused.Message);
        Assert.Equal(2, (await Grain.ListDelegations()).Count);
    }

    [Theory]
    [InlineData("D 1", "a@b.c", "c@b.c", 0, 1, "delegationId")]
    [InlineData("d1", "nobody", "c@b.c", 0, 1, "from")]
    [InlineData("d1", "a@b.c", "A@b.c", 0, 1, "to")]
    [InlineData("d1", "a@b.c", "c@b.c", 2, 1, "ends")]
    [InlineData("d1", "a@b.c", "c@b.c", -9, -1, "ends")]
    [InlineData("d1", "a@b.c", "c@b.c", 0, 400, "ends")]
    public async Task AddDelegation_Faulty_NamesTheField(string id, string from, string to, int begins, int ends, string field)
    {
        Admin();
        var now = cluster.Time.GetUtcNow();
        var delegation = new DelegationView { DelegationId = id, From = from, To = to, Begins = now.AddDays(begins), Ends = now.AddDays(ends) };

        Assert.Equal(field, (await Assert.ThrowsAsync<StewardException>(() => Grain.AddDelegation(delegation))).Field);
    }

    [Fact]
    public async Task RuleSets_AfterAChange_AreSecondsOldAtMost()
    {
        var sets = new ApprovalRuleSets(
            cluster.Silo.GetRequiredService<IGrainFactory>(), cluster.Silo.GetRequiredService<PlatformIdentity>(), cluster.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger<ApprovalRuleSets>.Instance);
        Assert.Equal(0, (await sets.GetAsync(_tenant)).Set.Version);
        Admin();
        await Grain.Publish(new PublishRules { Text = Rules });
        await Grain.AddDelegation(Of("d1", "a@b.c", "c@b.c"));

        await Conversing.UntilAsync(async () => await sets.GetAsync(_tenant) is { Set.Version: 1, Delegations.Count: 1 });
        var known = await sets.GetAsync(_tenant);
        Assert.Equal("Admins", known.Set.Default!.Levels[0].Name);

        await Grain.RemoveDelegation("d1");
        await Conversing.UntilAsync(async () => (await sets.GetAsync(_tenant)).Delegations.Count == 0);
        Assert.Same(known.Set, (await sets.GetAsync(_tenant)).Set);
    }

    [Fact]
    public async Task Routes_ByTheTenantsRules_NameVersionAndRule()
    {
        Admin();
        await Grain.Publish(new PublishRules { Text = Others });
        var routes = cluster.Silo.GetRequiredService<IApprovalRoutes>();
        var request = State("a-1", 500).Request;

        var verdict = await routes.RouteAsync(request, cluster.Time.GetUtcNow(), CancellationToken.None);

        Assert.Equal((1, "dear"), (verdict.Version, verdict.Rule));
    }

    private static DelegationView WithTime(DelegationView view, DateTimeOffset now) => view with { Begins = now, Ends = now.AddDays(3) };

    private DelegationView Of(string id, string from, string to) =>
        WithTime(new DelegationView { DelegationId = id, From = from, To = to, Begins = default, Ends = default }, new DateTimeOffset(cluster.Time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero));

    private void Admin() => cluster.SignIn(_tenant, "u-admin", WellKnownRoles.Admin);

    private ApprovalState State(string id, decimal amount) => new()
    {
        Version = 1,
        ChangedAt = cluster.Time.GetUtcNow(),
        ExpiresAt = cluster.Time.GetUtcNow().AddDays(1),
        Request = new ApprovalRequest
        {
            TenantId = _tenant,
            ApprovalId = id,
            Type = "pay",
            Action = "bank.pay",
            Arguments = JsonDocument.Parse("{}").RootElement,
            SubjectHash = "0",
            Summary = $"Pay {amount}.",
            Requester = new Requester { UserId = "u-ada", Email = "ada@acme.example" },
            Amount = amount,
            Currency = "EUR",
            RequestedAt = cluster.Time.GetUtcNow().AddMinutes((double)amount - 10_000),
        },
    };

    private ApprovalRow Row(string id, decimal amount)
    {
        var state = State(id, amount);
        return new ApprovalRow
        {
            TenantId = _tenant,
            ApprovalId = id,
            Version = 1,
            Status = "submitted",
            IsOver = false,
            Type = state.Request.Type,
            Action = state.Request.Action,
            Requester = "u-ada",
            RequestedAt = state.Request.RequestedAt,
            ChangedAt = state.ChangedAt,
            Document = Encoding.UTF8.GetString(ApprovalEvents.SerializeState(state)),
        };
    }
}
