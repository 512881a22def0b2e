using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
using Steward.Approvals;
using Steward.Engines.Notifications;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;
using Steward.People;

namespace Steward.Grains.Tests.People;

/// <summary>Who is known to hold the roles that they come with.</summary>
public sealed class KnownHoldersTests(DirectoryCluster cluster) : IClassFixture<DirectoryCluster>
{
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n");

    [Fact]
    public async Task FindRole_WhoeverCame_HoldsTheirRolesUntilTheyComeWithoutThem()
    {
        Saw("u-fay", "finance", "Über Buchhaltung");
        await UntilHoldersAsync("finance", "u-fay");
        await UntilHoldersAsync("Über Buchhaltung", "u-fay");
        Assert.Null(await cluster.Of(_tenant).FindRoleAsync("owner", default));

        Saw("u-fay", "Über Buchhaltung");

        await UntilHoldersAsync("finance");
        await UntilHoldersAsync("Über Buchhaltung", "u-fay");
    }

    [Fact]
    public async Task Saw_ManyRoles_NotesFiftyAndBeingAnAdmin()
    {
        Saw("u-all", [.. Enumerable.Range(0, 80).Select(number => $"role-{number:d2}"), WellKnownRoles.Admin]);

        await UntilHoldersAsync(WellKnownRoles.Admin, "u-all");
        await UntilHoldersAsync("role-48", "u-all");
        Assert.Null(await cluster.Of(_tenant).FindRoleAsync("role-49", default));
    }

    [Fact]
    public async Task Saw_MoreThanAreKept_IsCrowdedAndNobodyIsNamed()
    {
        var role = Role("everyone");
        for (var person = 0; person < KnownHoldersGrain.Most; person++)
        {
            await role.Saw(Person($"u-{person}"), holds: true);
        }

        Assert.Equal(KnownHoldersGrain.Most, (await cluster.Of(_tenant).FindRoleAsync("everyone", default))!.Count);

        cluster.AssumePlatform(_tenant);
        await role.Saw(Person("u-more"), holds: true);
        await role.Saw(Person("u-1"), holds: false);

        var listed = await role.List();
        Assert.True(listed.IsCrowded);
        Assert.DoesNotContain("u-more", listed.People.Select(person => person.UserId));
        Assert.Null(await cluster.Of(_tenant).FindRoleAsync("everyone", default));
    }

    [Fact]
    public async Task SawAll_ManyAtOnce_CostOneWrite()
    {
        var role = Role("company");
        await role.SawAll([.. Enumerable.Range(0, 150).Select(number => new HolderSeen { Person = Person($"u-{number}"), Holds = true })]);
        var before = await ETagAsync();

        await role.SawAll([new HolderSeen { Person = Person("u-3"), Holds = false }, .. Enumerable.Range(150, 100).Select(number => new HolderSeen { Person = Person($"u-{number}"), Holds = true }), new HolderSeen { Person = Person("u-4"), Holds = false }]);

        // Those that have none are numbered; the same ones again cost nothing.
        var after = await ETagAsync();
        await role.SawAll([.. Enumerable.Range(10, 20).Select(number => new HolderSeen { Person = Person($"u-{number}"), Holds = true })]);
        Assert.NotEqual(before, after);
        Assert.Equal(after, await ETagAsync());
        var listed = await role.List();
        Assert.True(listed.IsCrowded);
        Assert.Equal(KnownHoldersGrain.Most - 1, listed.People.Count);
        Assert.DoesNotContain("u-3", listed.People.Select(person => person.UserId));

        async Task<string?> ETagAsync()
        {
            var read = new GrainState<KnownHoldersState>(new KnownHoldersState());
            await cluster.Silo.GetRequiredKeyedService<IGrainStorage>(StorageNames.GrainState).ReadStateAsync("holders", role.GetGrainId(), read);
            return read.ETag;
        }
    }

    [Fact]
    public async Task Saw_AWholeCompanyComesAtOnce_AllAreNoted()
    {
        string[] users = [.. Enumerable.Range(0, 120).Select(number => $"u-{number:d3}")];
        Parallel.ForEach(users, user => Saw(user, "staff", "everyone"));

        await UntilHoldersAsync("staff", users);
        await UntilHoldersAsync("everyone", users);
        Parallel.ForEach(users.Skip(20), user => Saw(user, "everyone"));
        await UntilHoldersAsync("staff", users[..20]);
    }

    [Fact]
    public async Task List_LongAfterTheLastVisit_IsForgotten()
    {
        var role = Role("interns");
        await role.Saw(Person("u-old"), holds: true);
        cluster.Time.Advance(TimeSpan.FromDays(60));
        await role.Saw(Person("u-new"), holds: true);
        cluster.Time.Advance(TimeSpan.FromDays(31));

        Assert.Equal(["u-new"], (await role.List()).People.Select(person => person.UserId));
    }

    [Fact]
    public async Task List_AdminsThatAnEarlierReleaseNoted_AreTakenOverOnce()
    {
        var root = Person("u-root", WellKnownRoles.Admin);
        var storage = cluster.Silo.GetRequiredKeyedService<IGrainStorage>(StorageNames.GrainState);
        var old = new KnownAdminsState { Admins = { ["u-root"] = new() { Person = root, At = cluster.Time.GetUtcNow() }, ["u-gone"] = new() { Person = Person("u-gone"), At = cluster.Time.GetUtcNow() } } };
        await storage.WriteStateAsync(KnownAdminsState.StateName, KnownAdminsState.IdOf(_tenant), new GrainState<KnownAdminsState>(old));
        var admins = Role(WellKnownRoles.Admin);

        // The name of the grain that wrote it is that of its class, without Grain and in small letters.
        Assert.Equal(nameof(KnownHoldersGrain)[..^"Grain".Length].ToLowerInvariant(), admins.GetGrainId().Type.ToString());
        Assert.Equal(["u-gone", "u-root"], (await admins.List()).People.Select(person => person.UserId).Order(StringComparer.Ordinal));
        Assert.Empty((await Role("finance").List()).People);

        await admins.Saw(Person("u-gone"), holds: false);

        var left = Assert.Single((await Role(WellKnownRoles.Admin).List()).People);
        Assert.Equal(("u-root", root.Email, root.Name), (left.UserId, left.Email, left.Name));
    }

    [Fact]
    public async Task List_BySomebody_IsForThePlatformOnly()
    {
        var role = Role("finance");
        cluster.SignIn(_tenant, "u-eve", WellKnownRoles.Admin);

        Assert.Equal(Errors.ErrorCodes.Forbidden, (await Assert.ThrowsAsync<Errors.StewardException>(() => role.List())).Code);
        Assert.Equal(Errors.ErrorCodes.Forbidden, (await Assert.ThrowsAsync<Errors.StewardException>(() => role.Saw(Person("u-eve"), holds: true))).Code);
    }

    [Theory]
    [InlineData("finance", "finance")]
    [InlineData("Finance", "FINANCE")]
    [InlineData("a/b", "a b")]
    [InlineData("-", ".")]
    public void KnownHolders_RolesThatDiffer_HaveValidKeysThatDiffer(string one, string other)
    {
        var (first, second) = (GrainKeys.KnownHolders("t-acme", one), GrainKeys.KnownHolders("t-acme", other));

        Assert.Equal(one == other, first == second);
        Assert.True(GrainKeys.IsValidPart(GrainKeys.LastPart(first), 'i'));
        Assert.True(GrainKeys.IsValidPart(GrainKeys.LastPart(second), 'i'));
        Assert.NotEqual(first, GrainKeys.KnownHolders("t-acme", GrainKeys.LastPart(first)["i-role-".Length..] + "x"));
    }

    [Fact]
    public async Task Approval_LevelOfARole_TellsThoseWhoHoldIt()
    {
        Saw("u-fay", "finance");
        Saw("u-finn", "finance");
        Saw("u-sam", "sales");
        await UntilHoldersAsync("finance", "u-fay", "u-finn");
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(_tenant)).Publish(new PublishRules
        {
            Text = "version: 1\nrules: []\ndefault:\n  levels:\n    - { name: Finance, approvers: [\"role:finance\"] }\n",
        });
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        cluster.AssumePlatform(_tenant);
        var approval = cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(_tenant, "a-1"));
        await approval.Submit(new SubmitApproval
        {
            Type = "payment",
            Action = "bank.pay",
            Arguments = """{"amount":5}""",
            Summary = "Pay 5",
            Requester = Person("u-sam"),
            RequestedAt = cluster.Time.GetUtcNow(),
        });

        await Conversing.UntilAsync(() => Task.FromResult(Told().Count == 2));
        Assert.Equal(["u-fay", "u-finn"], Told());

        List<string> Told() =>
        [
            .. cluster.ToldNotices.Told.Where(notice => notice.TenantId == _tenant && notice.Kind == NoticeKinds.ApprovalRequested)
                .Select(notice => notice.Recipient.UserId).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
    }

    private IKnownHoldersGrain Role(string role)
    {
        cluster.AssumePlatform(_tenant);
        return cluster.Grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(_tenant, role));
    }

    private CallerIdentity Person(string user, params string[] roles) => new() { TenantId = _tenant, UserId = user, Email = $"{user[2..]}@acme.example", Name = user, Roles = roles };

    private void Saw(string user, params string[] roles) => cluster.Silo.GetRequiredService<KnownPeople>().Saw(Person(user, roles));

    private Task UntilHoldersAsync(string role, params string[] users) => Conversing.UntilAsync(async () =>
        ((await cluster.Of(_tenant).FindRoleAsync(role, default))?.Select(person => person.UserId!) ?? []).Order(StringComparer.Ordinal).SequenceEqual(users));
}
