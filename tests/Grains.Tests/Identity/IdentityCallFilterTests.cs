using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Grains.Tests.Identity;

[Collection(GrainClusterGroup.Name)]
public class IdentityCallFilterTests(GrainCluster cluster)
{
    [Fact]
    public async Task Call_WithoutIdentity_IsRefused()
    {
        RequestContext.Clear();

        var error = await Assert.ThrowsAsync<StewardException>(() => cluster.OpenAsync());

        Assert.Equal(ErrorCodes.Unauthenticated, error.Code);
    }

    [Theory]
    [InlineData("not an envelope")]
    [InlineData("v1.a.b.c")]
    public async Task Call_WithNonsense_IsRefused(string envelope)
    {
        RequestContext.Set(IdentityContext.Key, envelope);

        Assert.Equal(ErrorCodes.Unauthenticated, (await Assert.ThrowsAsync<StewardException>(() => cluster.OpenAsync())).Code);
    }

    [Fact]
    public async Task Call_SignedWithAnotherKey_IsRefused()
    {
        var stranger = new IdentityEnvelopeSigner(ClusterKeyRing.Parse([Convert.ToBase64String(new byte[32])], "stranger"), TimeProvider.System);
        RequestContext.Set(IdentityContext.Key, stranger.Sign(new EnvelopeIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = [WellKnownRoles.System] }));

        Assert.Equal(ErrorCodes.Unauthenticated, (await Assert.ThrowsAsync<StewardException>(() => cluster.OpenAsync())).Code);
    }

    [Theory]
    [InlineData("t-other", "u-ada")]
    [InlineData("t-acme", "u-eve")]
    [InlineData("t-acm", "u-ada")]
    public async Task Call_OfAnotherTenantOrUser_LooksAsIfThereWereNothing(string tenant, string user)
    {
        cluster.SignIn("t-acme", "u-ada");
        var key = Conversing.NewSession();
        var session = await cluster.OpenAsync(key);

        cluster.SignIn(tenant, user, WellKnownRoles.Admin);

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => session.GetInfo())).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => session.ReadTranscript(0, 10))).Code);
    }

    [Fact]
    public async Task Configure_ByAnEmployee_IsForbiddenAndByAnAdminDone()
    {
        var tenant = cluster.Grains.GetGrain<ITenantGrain>("t-configured");
        cluster.SignIn("t-configured", "u-ada");
        var error = await Assert.ThrowsAsync<StewardException>(() => tenant.Configure(new TenantProfile { Name = "Mine" }));

        cluster.SignIn("t-configured", "u-root", WellKnownRoles.Admin);
        await tenant.Configure(new TenantProfile { Name = "Configured" });

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
        Assert.Equal("Configured", (await tenant.GetProfile())!.Name);
    }

    [Fact]
    public async Task ApiKey_ThatGrantsThePlatformRole_IsRefused()
    {
        var tenant = cluster.Grains.GetGrain<ITenantGrain>("t-keys");
        cluster.SignIn("t-keys", "u-root", WellKnownRoles.Admin);
        await tenant.Configure(new TenantProfile { Name = "Keys" });

        var error = await Assert.ThrowsAsync<StewardException>(() => tenant.AddApiKey(new ApiKeyRecord
        {
            KeyId = "k1",
            SecretHash = new byte[32],
            CreatedAt = DateTimeOffset.UnixEpoch,
            Identity = new CallerIdentity { TenantId = "t-keys", UserId = "u-bot", Roles = [WellKnownRoles.System] },
        }));

        Assert.Equal("identity", error.Field);
    }

    [Fact]
    public async Task ApiKey_Revoked_IsGone()
    {
        var tenant = cluster.Grains.GetGrain<ITenantGrain>("t-revoke");
        cluster.SignIn("t-revoke", "u-root", WellKnownRoles.Admin, WellKnownRoles.System);
        await tenant.Configure(new TenantProfile { Name = "Revoke" });
        var key = new ApiKeyRecord
        {
            KeyId = "k1",
            SecretHash = new byte[32],
            CreatedAt = DateTimeOffset.UnixEpoch,
            Identity = new CallerIdentity { TenantId = "t-revoke", UserId = "u-bot" },
        };
        await tenant.AddApiKey(key);
        Assert.NotNull(await tenant.FindApiKey("k1"));

        Assert.True(await tenant.RevokeApiKey("k1"));

        Assert.Null(await tenant.FindApiKey("k1"));
        Assert.False(await tenant.RevokeApiKey("k1"));
    }
}
