using System.Text.Json;
using Steward.Engines.Approvals.People;
using Steward.EnterpriseSim;
using Steward.Identity;
using Steward.People;

namespace Steward.Grains.Tests.People;

/// <summary>The directory that a tenant's Okta gives, over HTTP.</summary>
public sealed class ConnectorDirectoryTests(DirectoryCluster cluster) : IClassFixture<DirectoryCluster>
{
    private const string Jonas = "jonas.weber@acme.example";

    [Fact]
    public async Task Find_Employee_IsWhoOktaKnows()
    {
        var person = await cluster.Acme.FindAsync("Ada.Lovelace@ACME.example", default);

        Assert.Equal(("ada.lovelace@acme.example", "Ada Lovelace", true), (person!.Email, person.Name, person.IsActive));
    }

    [Theory]
    [InlineData("nobody@acme.example")]
    [InlineData("no address")]
    [InlineData("x\" or status eq \"ACTIVE@acme.example")]
    public async Task Find_NobodyOfOkta_IsNull(string email) => Assert.Null(await cluster.Acme.FindAsync(email, default));

    [Fact]
    public async Task Find_SomebodyWhoLeft_IsNotActive()
    {
        var gone = cluster.Company.Company.People.First(person => person.Status == "DEPROVISIONED");

        Assert.False((await cluster.Acme.FindAsync(gone.Email, default))!.IsActive);
    }

    [Fact]
    public async Task FindManager_ToTheTop_IsAsTheCompanyIs()
    {
        var company = cluster.Company.Company;
        var at = company.People.Single(person => person.Email == Jonas);
        for (; company.ManagerOf(at) is { } manager; at = manager)
        {
            Assert.Equal(manager.Email, (await cluster.Acme.FindManagerAsync(at.Email, default))!.Email);
        }

        Assert.Null(await cluster.Acme.FindManagerAsync(at.Email, default));
    }

    [Fact]
    public async Task FindGroup_ByItsName_IsItsPeople()
    {
        var group = cluster.Company.State.OktaGroupsOf("jonas.weber")[^1];

        Assert.Contains(Jonas, (await cluster.Acme.FindGroupAsync(group, default))!.Select(person => person.Email));
        Assert.Null(await cluster.Acme.FindGroupAsync(group[..^1], default));
        Assert.Equal(cluster.Company.State.OktaGroupsOf("jonas.weber"), await cluster.Acme.FindGroupsOfAsync(Jonas, default));
    }

    [Fact]
    public async Task Find_ManyAtOnce_AsksOnce()
    {
        const string email = "sofia.rossi.unknown@acme.example";
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cluster.Acme.FindAsync(email, default).AsTask()));

        Assert.Single(cluster.Company.Calls, call => Uri.UnescapeDataString(call.Path).Contains(email, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Find_OktaDown_IsUnavailableAndAskedAgain()
    {
        var email = cluster.Company.Company.People[^1].Email;
        cluster.Company.Inject(new SimFault { Kind = SimFaultKind.ServerError, Operation = "listUsers", Count = 1000 });
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => cluster.Acme.FindAsync(email, default).AsTask());

        cluster.Company.ClearFaults();

        Assert.NotNull(await cluster.Acme.FindAsync(email, default));
    }

    [Fact]
    public async Task FindUser_SignedIn_IsThePersonOfTheAddress()
    {
        var ada = new CallerIdentity { TenantId = "t-bare", UserId = "u-1815", Email = "Ada@acme.example", Name = "Ada" };
        await SawAsync(ada);

        Assert.Equal("ada@acme.example", (await cluster.WithoutSystems.FindUserAsync("u-1815", default))!.Email);
        Assert.Equal("u-1815", (await cluster.WithoutSystems.FindAsync("ada@acme.example", default))!.UserId);
        Assert.Null(await cluster.WithoutSystems.FindUserAsync("u-ada", default));
    }

    [Fact]
    public async Task Find_TwoPeopleWithOneAddress_IsNeitherOfTheirIds()
    {
        await SawAsync(new() { TenantId = "t-bare", UserId = "u-first", Email = "shared@acme.example" });
        await SawAsync(new() { TenantId = "t-bare", UserId = "u-second", Email = "shared@acme.example" });

        var shared = (await cluster.WithoutSystems.FindAsync("shared@acme.example", default))!;
        Assert.Equal((null, true), (shared.UserId, shared.IsAddressShared));
        Assert.Null(await cluster.WithoutSystems.FindUserAsync("u-first", default));
        Assert.Null(await cluster.WithoutSystems.FindUserAsync("u-second", default));
    }

    [Theory]
    [InlineData("""{"status":"disabled"}""", false)]
    [InlineData("""{"status":"alwaysEnabled"}""", true)]
    [InlineData("""{"status":"scheduled","from":"2026-11-20T08:00:00.0000000","fromZone":"UTC","until":"2026-11-30T08:00:00.0000000","untilZone":"W. Europe Standard Time"}""", true)]
    [InlineData("""{"status":"scheduled","from":"2026-11-24T08:00:00.0000000","fromZone":"UTC","until":"2026-11-30T08:00:00.0000000","untilZone":"UTC"}""", false)]
    [InlineData("""{"status":"scheduled","from":"nonsense","until":7}""", false)]
    [InlineData("[]", false)]
    public void ReadAbsences_AnswersOfMailboxes_SayWhetherSomebodyIsAway(string answer, bool isAway)
    {
        using var document = JsonDocument.Parse(answer);

        Assert.Equal(isAway, MailboxAbsences.Read(document.RootElement).Any(absence => absence.Covers(DateTimeOffset.Parse("2026-11-23T10:00:00Z", null))));
    }

    private async Task SawAsync(CallerIdentity person)
    {
        cluster.AssumePlatform(person.TenantId);
        await cluster.Grains.GetGrain<IPersonGrain>(GrainKeys.Person(person.TenantId, person.UserId)).Saw(person);
        var address = KnownAddress.Of(person.Email)!;
        await cluster.Grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(person.TenantId, KnownAddress.PartOf(address))).Saw(address, person.UserId);
    }
}
