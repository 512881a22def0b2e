using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Tests.Pipeline;

namespace Steward.Engines.Connectors.Tests;

/// <summary>Which instances a tenant's regions allow.</summary>
public sealed class InstanceResidencyTests
{
    private static readonly Dictionary<string, string> Hosts = new() { ["us"] = "https://api.sut.example", ["eu"] = "https://api.eu.sut.example" };
    private static readonly Dictionary<string, string> Paths = new() { ["amer"] = "https://sut.example/amer", ["emea"] = "https://sut.example/emea/" };

    [Theory]
    [InlineData(null, null, "templateId")] // Nothing of the vendor's is allowed.
    [InlineData("us", null, "region")]
    public void Check_VendorKeepsDataElsewhere_IsRefused(string? region, string? baseUrl, string field) => Assert.Equal(field, Check(Template(["us", "au"]), region, baseUrl, "eu")?.Field);

    [Theory]
    [InlineData(null, "region")]
    [InlineData("au", "region")]
    [InlineData("ca", "region")]
    [InlineData("eu", null)]
    [InlineData("EU", null)]
    public void Check_VendorKeepsDataHereAndThere_NeedsTheRegionToBeNamed(string? region, string? field) => Assert.Equal(field, Check(Template(["us", "eu"]), region, null, "eu", "ca")?.Field);

    [Theory]
    [InlineData(null, "region")]
    [InlineData("us", "region")]
    [InlineData("eu", null)]
    public void Check_NobodyKnowsWhereTheVendorKeepsData_NeedsTheRegionToBeNamed(string? region, string? field) => Assert.Equal(field, Check(Template([]), region, null, "eu")?.Field);

    [Theory]
    [InlineData(null, null, "baseUrl")] // The template's own address is that of us.
    [InlineData("us", null, "region")]
    [InlineData("eu", null, null)]
    [InlineData("eu", "https://api.sut.example/", "baseUrl")] // What is named does not make the host another one.
    [InlineData(null, "https://api.eu.sut.example", null)]
    [InlineData(null, "https://proxy.acme.example", "region")]
    [InlineData("eu", "https://proxy.acme.example", null)]
    public void Check_HostsByRegion_CountBeforeWhatIsNamed(string? region, string? baseUrl, string? field) => Assert.Equal(field, Check(Template(["us", "eu"], Hosts), region, baseUrl, "eu")?.Field);

    [Theory]
    [InlineData("amer", "region")]
    [InlineData("emea", null)]
    public void Check_RegionsOfOneHost_AreToldApartByTheirPaths(string region, string? field) => Assert.Equal(field, Check(Template(["us", "eu"], Paths), region, null, "emea")?.Field);

    [Fact]
    public void Check_VendorKeepsDataOnlyWhereItMay_NeedsNothing() => Assert.Null(Check(Template(["eu"]), null, null, "eu", "us"));

    [Fact]
    public void Check_NoRestriction_AllowsAll() => Assert.Null(Check(Template(["us"]), null, null));

    [Fact]
    public void Of_Instance_SaysWhereDataMayBe()
    {
        Assert.Equal(["us", "eu"], InstanceResidency.Of(Target(Template(["us", "eu"]), null, null)));
        Assert.Equal(["eu"], InstanceResidency.Of(Target(Template(["us", "eu"]), "eu", null)));
        Assert.Equal(["us"], InstanceResidency.Of(Target(Template(["us", "eu"], Hosts), "eu", "https://api.sut.example")));
    }

    /// <summary>Whatever the catalogue's templates say, a region outside of what is allowed is never let through.</summary>
    [Fact]
    public void Check_EveryTemplateOfTheCatalogue_RefusesARegionThatIsNotAllowed()
    {
        Assert.True(TemplateCatalog.Ids.Count >= 110);
        Assert.All(TemplateCatalog.Ids, id =>
        {
            var template = TemplateCatalog.Find(id)!.Template;
            Assert.NotNull(Check(template, null, null, "atlantis"));
            Assert.All(template.Connection.Regions.Keys, region => Assert.NotNull(Check(template, region, null, "atlantis")));
        });
    }

    [Theory]
    [InlineData("eu", true)]
    [InlineData("EU west", false)]
    public void Options_Residency_AreChecked(string region, bool isValid)
    {
        var options = new ConnectorsOptions { Tenants = { ["t-acme"] = new TenantConnectorsOptions { Residency = { region } } } };

        Assert.Equal(isValid, new ConnectorsOptionsValidator().Validate(null, options).Succeeded);
        Assert.Equal([region], options.ResidencyOf("t-acme"));
        Assert.Empty(options.ResidencyOf("t-other"));
    }

    private static InstanceFault? Check(ConnectorTemplate template, string? region, string? baseUrl, params string[] allowed) => InstanceResidency.Check(Target(template, region, baseUrl), allowed);

    private static ConnectorTemplate Template(IReadOnlyList<string> residency, IReadOnlyDictionary<string, string>? regions = null)
    {
        var template = Piped.Read(Pipeline.Templates.Things);
        return template with
        {
            Residency = residency,
            Connection = template.Connection with { BaseUrl = "https://api.sut.example", Regions = regions ?? new Dictionary<string, string>() },
        };
    }

    private static ResolvedInstance Target(ConnectorTemplate template, string? region, string? baseUrl) => new(
        new ConnectorInstance
        {
            TenantId = "t-acme", Name = "sut", Title = "Sut", TemplateId = template.Id, TemplateVersion = "1.0.0", TemplateHash = "", AuthId = template.Auth[0].Id, Region = region, BaseUrl = baseUrl,
        },
        template);
}
