using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models;

namespace Steward.Grains.Tests.Models;

/// <summary>What a tenant's settings of models keep when they are replaced.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class ModelSettingsGrainTests
{
    private readonly string _tenant = "t-set" + Guid.NewGuid().ToString("n")[..8];
    private readonly IModelSettingsGrain _settings;

    public ModelSettingsGrainTests(TimedCluster cluster)
    {
        cluster.SignIn(_tenant, "u-ada", WellKnownRoles.Admin);
        _settings = cluster.Grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings(_tenant));
    }

    // A caller of an earlier release does not know of providers: what it writes must not open those that are shut.
    [Fact]
    public async Task Set_WithoutProviders_KeepsThoseThatStandAndAnEmptyListOpensAll()
    {
        Assert.Equal([], (await _settings.Get()).Providers);
        var shut = await _settings.Set(new ModelSettings { Providers = ["eu-one"] });
        var kept = await _settings.Set(new ModelSettings { Revision = shut.Revision, Models = ["*"] });

        Assert.Equal(["eu-one"], kept.Providers);
        Assert.Equal(["*"], kept.Models);
        Assert.Equal(["eu-one"], (await _settings.Get()).Providers);
        Assert.Equal([], (await _settings.Set(kept with { Providers = [] })).Providers);
    }

    [Fact]
    public async Task Set_NeverSetProviders_AreEmptyAndNotNull() => Assert.Equal([], (await _settings.Set(new ModelSettings())).Providers);

    // A cap that no request ever falls under would be taken for one that holds.
    [Fact]
    public async Task Set_CapOfAnIntentThatThereIsNot_IsRefusedWithThoseThatThereAre()
    {
        var set = await _settings.Set(new ModelSettings { CostCaps = new Dictionary<string, decimal> { ["Hardware"] = 0.02m, ["*"] = 0.5m } });
        var refused = await Assert.ThrowsAsync<StewardException>(() => _settings.Set(set with { CostCaps = new Dictionary<string, decimal> { ["Hardwar"] = 0.02m } }));

        Assert.Equal(("costCaps", true), (refused.Field, refused.Message.Contains("Access, Hardware", StringComparison.Ordinal)));
        Assert.Equal(0.02m, (await _settings.Get()).CostCaps["Hardware"]);
    }

    [Fact]
    public async Task Set_UnfitProvider_IsRefusedByName() =>
        Assert.Equal("providers", (await Assert.ThrowsAsync<StewardException>(() => _settings.Set(new ModelSettings { Providers = ["EU One"] }))).Field);
}
