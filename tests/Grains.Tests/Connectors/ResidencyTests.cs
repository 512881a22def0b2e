using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>An instance whose system keeps data where the tenant does not allow it is not created.</summary>
public sealed class ResidencyTests : IClassFixture<SystemCluster>
{
    private const string Tenant = "t-resident";

    private const string Template =
        """
        id: resident
        version: 1.0.0
        name: Resident
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: A system with a host for each region.
        connection: { baseUrl: "https://us.resident.example", regions: { us: "https://us.resident.example", eu: "https://eu.resident.example" } }
        residency: [us, eu]
        auth: [{ id: none, kind: none, title: No sign-in }]
        verify: { operation: things.get }
        operations:
          - { id: things.get, summary: Reads., path: /thing, effect: read }
        """;

    private readonly SystemCluster _cluster;

    public ResidencyTests(SystemCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        cluster.Resident.Residency.Clear();
    }

    [Fact]
    public async Task Create_OutsideOfWhatTheTenantAllows_IsRefusedAndNothingIsLeft()
    {
        _cluster.Resident.Residency.Add("eu");
        var connector = Connector("outside");

        var refused = await Assert.ThrowsAsync<StewardException>(() => connector.Create(new CreateConnector { TemplateText = Template, Region = "us" }));

        Assert.Equal((ErrorCodes.InvalidArgument, "region"), (refused.Code, refused.Field));
        Assert.Contains("eu", refused.Message, StringComparison.Ordinal);
        Assert.Null(await connector.GetInfo());
    }

    [Fact]
    public async Task Create_WhereTheTenantAllows_ShowsTheRegion()
    {
        _cluster.Resident.Residency.Add("eu");

        var info = await Connector("inside").Create(new CreateConnector { TemplateText = Template, Region = "eu" });

        Assert.Equal(("eu", null, "https://eu.resident.example/"), (Assert.Single(info.Residency), info.ResidencyFault, info.BaseUrl));
    }

    [Fact]
    public async Task Update_FromBeforeTheSetting_CanOnlyBeSwitchedOff()
    {
        var connector = Connector("before");
        Assert.Null((await connector.Create(new CreateConnector { TemplateText = Template })).ResidencyFault);
        _cluster.Resident.Residency.Add("eu");

        Assert.StartsWith("baseUrl must be one that this tenant allows", (await connector.GetInfo())!.ResidencyFault, StringComparison.Ordinal);
        Assert.Equal("baseUrl", (await Assert.ThrowsAsync<StewardException>(() => connector.Update(new UpdateConnector { Title = "Another" }))).Field);
        Assert.False((await connector.Update(new UpdateConnector { Enabled = false })).Enabled);
        Assert.Equal("baseUrl", (await Assert.ThrowsAsync<StewardException>(() => connector.Update(new UpdateConnector { Enabled = true }))).Field);
        await connector.Delete();
    }

    private IConnectorGrain Connector(string name) => _cluster.Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(Tenant, name));
}
