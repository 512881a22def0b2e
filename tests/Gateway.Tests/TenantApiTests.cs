using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Identity;
using Steward.Tenants;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>The tenant's settings over HTTP.</summary>
public class TenantApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Tenant_WhatItDecidesItself_IsSetAndTheRestIsShown()
    {
        using var root = Admin();
        using var set = await root.PutAsync("/v1/tenant", Json("""{"doubleTexting":"roll_back","retentionDays":90}"""));
        var shown = await BodyOf(await root.GetAsync("/v1/tenant"));

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal((DoubleTexting.RollBack, 90), (gateway.Cluster.Tenant.Profile.DoubleTexting, gateway.Cluster.Tenant.Profile.RetentionDays));
        Assert.Equal(("roll_back", 90), (shown.GetProperty("doubleTexting").GetString(), shown.GetProperty("retentionDays").GetInt32()));
        Assert.Equal(("enterprise", 8, 400, 8), (shown.GetProperty("tier").GetString(), shown.GetProperty("weight").GetDouble(), shown.GetProperty("maxConcurrentRuns").GetInt32(), shown.GetProperty("maxBackgroundRuns").GetInt32()));

        using var cleared = await root.PutAsync("/v1/tenant", Json("{}"));
        Assert.Equal((DoubleTexting.Enqueue, null), (gateway.Cluster.Tenant.Profile.DoubleTexting, gateway.Cluster.Tenant.Profile.RetentionDays));
    }

    [Theory]
    [InlineData("""{"doubleTexting":"shout"}""", "doubleTexting")]
    [InlineData("""{"weight":1000}""", "weight")]
    [InlineData("""{"maxConcurrentRuns":1000}""", "maxConcurrentRuns")]
    public async Task Set_WhatIsNotTheTenantsToDecide_NamesTheField(string body, string field)
    {
        using var root = Admin();
        await AssertProblem(await root.PutAsync("/v1/tenant", Json(body)), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Tenant_OthersThanAdmins_AreRefused()
    {
        using var ada = gateway.As();
        await AssertProblem(await ada.GetAsync("/v1/tenant"), 403, "forbidden");
        await AssertProblem(await ada.PutAsync("/v1/tenant", Json("{}")), 403, "forbidden");
    }

    [Fact]
    public async Task Client_OverHttp_SaysTheSame()
    {
        await using var services = HttpClientTests.Connect(gateway.Address, token: gateway.Token("u-root", "t-acme", WellKnownRoles.Admin));
        var tenant = services.GetRequiredService<IStewardUserClient>().Tenant;

        var set = await tenant.SetAsync(new TenantPreferences { DoubleTexting = DoubleTexting.Interrupt, RetentionDays = 7 });
        Assert.Equal(set, await tenant.GetAsync());
        Assert.Equal((DoubleTexting.Interrupt, 7, 400), (set.DoubleTexting, set.RetentionDays, set.MaxConcurrentRuns));
    }

    private HttpClient Admin()
    {
        var client = gateway.As("u-root");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token("u-root", "t-acme", WellKnownRoles.Admin));
        return client;
    }
}
