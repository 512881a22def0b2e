using Microsoft.Extensions.Configuration;
using Orleans.Hosting;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Tenants;

namespace Steward.Grains.Tests.Tenants;

/// <summary>A silo whose operator has decided something for one tenant.</summary>
public sealed class OperatedCluster : GrainCluster
{
    protected override void Configure(ISiloBuilder silo) => ((ConfigurationManager)silo.Configuration).AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Steward:Tenants:t-operated:Weight"] = "6",
        ["Steward:Tenants:t-operated:MaxConcurrentRuns"] = "400",
        ["Steward:Tenants:t-operated:MaxBackgroundRuns"] = "20",
    });
}

public sealed class TenantGrainTests(OperatedCluster cluster) : IClassFixture<OperatedCluster>
{
    [Fact]
    public async Task Prefer_ByAnAdmin_ChangesOnlyWhatTheTenantDecides()
    {
        var tenant = Tenant("t-prefer");
        var before = new TenantProfile { Name = "Prefer", Tier = "free", Weight = 2, MaxConcurrentRuns = 5, MaxBackgroundRuns = 3, MaxWaitingMessages = 4 };
        await tenant.Configure(before);

        var after = await tenant.Prefer(new TenantPreferences { DoubleTexting = DoubleTexting.Reject, RetentionDays = 30 });

        Assert.Equal(before with { DoubleTexting = DoubleTexting.Reject, RetentionDays = 30 }, after);
        Assert.Equal((after, after), (await tenant.GetSettings(), await tenant.GetProfile()));
    }

    [Fact]
    public async Task Settings_OthersThanAdmins_AreRefused()
    {
        var tenant = Tenant("t-closed");
        await tenant.Configure(new TenantProfile { Name = "Closed" });
        cluster.SignIn("t-closed", "u-ada");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => tenant.GetSettings())).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => tenant.Prefer(new TenantPreferences { RetentionDays = 1 }))).Code);
        Assert.Null((await tenant.GetProfile())!.RetentionDays);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40_000)]
    public async Task Prefer_Nonsense_NamesTheField(int days)
    {
        var tenant = Tenant("t-nonsense");
        await tenant.Configure(new TenantProfile { Name = "Nonsense" });

        Assert.Equal("retentionDays", (await Assert.ThrowsAsync<StewardException>(() => tenant.Prefer(new TenantPreferences { RetentionDays = days }))).Field);
    }

    [Fact]
    public async Task Prefer_NoSuchTenant_IsNotFound() =>
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Tenant("t-nobody").Prefer(new TenantPreferences()))).Code);

    [Fact]
    public async Task Profile_WhatTheOperatorConfigured_GoesBeforeIt()
    {
        var tenant = Tenant("t-operated");
        Assert.Null(await tenant.GetProfile());
        await tenant.Configure(new TenantProfile { Name = "Operated", Weight = 1, MaxBackgroundRuns = 2, MaxWaitingMessages = 9 });

        var profile = (await tenant.GetProfile())!;
        Assert.Equal((6, 400, 20, 9), (profile.SharingWeight, profile.MaxConcurrentRuns, profile.MaxBackgroundRuns, profile.MaxWaitingMessages));

        // An admin of the tenant changes nothing about it.
        Assert.Equal((6, 400), (await tenant.Prefer(new TenantPreferences { RetentionDays = 5 })) is { } set ? (set.SharingWeight, set.MaxConcurrentRuns) : default);
    }

    [Theory]
    [InlineData("t-acme", 0, "weight")]
    [InlineData("acme", 1, "acme")]
    public void Options_Nonsense_StopTheStartAndAreNamed(string tenant, double weight, string mentions)
    {
        var options = new OperatedTenants { Tenants = { [tenant] = new OperatedTenant { Weight = weight } } };
        var result = new OperatedTenantsValidator().Validate(null, options);

        Assert.True(result.Failed);
        Assert.Contains(mentions, result.FailureMessage, StringComparison.Ordinal);
    }

    private ITenantGrain Tenant(string id)
    {
        cluster.SignIn(id, "u-root", WellKnownRoles.Admin);
        return cluster.Grains.GetGrain<ITenantGrain>(id);
    }
}
