using System.Net;
using System.Net.Http.Headers;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Tenants;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

public class AuthenticationTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    public static TheoryData<string?> Unusable => new()
    {
        null,
        "",
        "Bearer",
        "Bearer ",
        "Basic YWRhOnNlY3JldA==",
        "Bearer nonsense",
        "Bearer sk-",
        "Bearer sk-acme.kabc.short",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LWFkYSIsInRlbmFudCI6InQtYWNtZSJ9.",
        "Bearer " + new string('a', 17_000),
    };

    public static TheoryData<string, string> Operations => new()
    {
        { "POST", "/v1/sessions" },
        { "GET", "/v1/sessions/s-1" },
        { "POST", "/v1/sessions/s-1/messages" },
        { "GET", "/v1/runs/r-1" },
        { "GET", "/v1/runs/r-1/events" },
        { "POST", "/v1/runs/r-1/cancel" },
        { "GET", "/v1/me" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Request_UnusableCredentials_Is401WithAChallenge(string? header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/me");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header);
        }

        using var response = await gateway.Anonymous.SendAsync(request);

        await AssertProblem(response, 401, "unauthenticated", "Authorization");
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Operation_WithoutCredentials_Is401AndReadsNothing(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
        {
            // Broken on purpose: who is not known is not told what is wrong with a body.
            request.Content = Json("{");
        }

        using var response = await gateway.Anonymous.SendAsync(request);

        await AssertProblem(response, 401, "unauthenticated", "Authorization");
    }

    [Fact]
    public async Task Request_TokenOfAnotherIssuer_Is401()
    {
        var file = Path.Combine(Path.GetTempPath(), $"steward-{Guid.NewGuid():N}.key");
        try
        {
            var issuer = new Engines.Security.Jwt.DevelopmentTokenIssuer(file, gateway.Time);
            var token = issuer.Issue(new EnvelopeIdentity { TenantId = "t-acme", UserId = "u-ada" });

            using var response = await Get(token);

            await AssertProblem(response, 401, "unauthenticated", "Authorization");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Request_ApiKey_ActsAsItsOwner()
    {
        var key = await AddKeyAsync("u-service");

        using var response = await Get(key.Text.Reveal());

        Assert.Equal("u-service", (await BodyOf(response)).GetProperty("userId").GetString());
    }

    [Fact]
    public async Task Request_ApiKeyOfAnUnknownIdTwice_IsLookedUpOnce()
    {
        var key = ApiKeys.Create("t-acme").Text.Reveal();
        var before = gateway.Cluster.KeyLookUps;

        using var first = await Get(key);
        using var second = await Get(key);

        await AssertProblem(first, 401, "unauthenticated", "Authorization");
        await AssertProblem(second, 401, "unauthenticated", "Authorization");
        Assert.Equal(before + 1, gateway.Cluster.KeyLookUps);
    }

    [Fact]
    public async Task Request_ApiKeyWithAnotherSecret_Is401()
    {
        var key = await AddKeyAsync("u-service2");
        // The id of one key with the secret of another, well formed in itself.
        gateway.Cluster.Keys[$"t-acme {key.KeyId}"] = gateway.Cluster.Keys[$"t-acme {key.KeyId}"] with { SecretHash = ApiKeys.Create("t-acme").Hash };

        using var response = await Get(key.Text.Reveal());

        await AssertProblem(response, 401, "unauthenticated", "Authorization");
    }

    [Fact]
    public async Task Request_ApiKeyThatNamesAnotherTenantsIdentity_Is401()
    {
        var key = await AddKeyAsync("u-service3");
        var record = gateway.Cluster.Keys[$"t-acme {key.KeyId}"];
        gateway.Cluster.Keys[$"t-acme {key.KeyId}"] = record with { Identity = record.Identity with { TenantId = "t-other" } };

        using var response = await Get(key.Text.Reveal());

        await AssertProblem(response, 401, "unauthenticated", "Authorization");
    }

    [Fact]
    public async Task Request_ApiKeyAfterItsEnd_Is401()
    {
        var key = await AddKeyAsync("u-service4", gateway.Time.GetUtcNow() + TimeSpan.FromSeconds(10));
        using var before = await Get(key.Text.Reveal());
        gateway.Time.Advance(TimeSpan.FromSeconds(10));

        using var after = await Get(key.Text.Reveal());

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        await AssertProblem(after, 401, "unauthenticated", "Authorization");
    }

    [Fact]
    public async Task Request_RevokedApiKey_IsNoticedWithinTheCacheTime()
    {
        var key = await AddKeyAsync("u-service5");
        using var before = await Get(key.Text.Reveal());
        await gateway.Cluster.RevokeApiKeyAsync("t-acme", key.KeyId);

        gateway.Time.Advance(TimeSpan.FromSeconds(31));
        using var after = await Get(key.Text.Reveal());

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task Request_ClusterAwayDuringTheLookUp_Is503AndNotRemembered()
    {
        var key = await AddKeyAsync("u-service6");
        gateway.Cluster.FailKeyLookUps = new StewardException(ErrorCodes.Unavailable, "away") { IsRetryable = true };
        using var during = await Get(key.Text.Reveal());
        gateway.Cluster.FailKeyLookUps = null;

        using var after = await Get(key.Text.Reveal());

        await AssertProblem(during, 503, "unavailable");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Request_ExpiredToken_Is401EvenIfItWasSeenBefore()
    {
        var token = gateway.Token("u-expiring");
        using var before = await Get(token);
        gateway.Time.Advance(TimeSpan.FromHours(9));

        using var after = await Get(token);

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        await AssertProblem(after, 401, "unauthenticated", "Authorization");
    }

    private async Task<CreatedApiKey> AddKeyAsync(string user, DateTimeOffset? expiresAt = null)
    {
        var key = ApiKeys.Create("t-acme");
        await gateway.Cluster.AddApiKeyAsync("t-acme", new ApiKeyRecord
        {
            KeyId = key.KeyId,
            SecretHash = key.Hash,
            Identity = new CallerIdentity { TenantId = "t-acme", UserId = user },
            CreatedAt = gateway.Time.GetUtcNow(),
            ExpiresAt = expiresAt,
        });
        return key;
    }

    private async Task<HttpResponseMessage> Get(string credential)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/me") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", credential) } };
        return await gateway.Anonymous.SendAsync(request);
    }
}
