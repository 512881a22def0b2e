using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

public sealed class OAuthClientTests : IAsyncLifetime
{
    private readonly ServiceProvider _services = Services();
    private OAuthServer _server = null!;

    private OAuthClient Client => _services.GetRequiredService<OAuthClient>();

    public async Task InitializeAsync() => _server = await OAuthServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Obtain_ClientCredentialsWithBasic_SendsEncodedPairAndScopes()
    {
        var grant = await Client.ObtainAsync(SignIn(
            AuthKind.OAuth2ClientCredentials, Spec() with { Scopes = ["a", "b/{clientId}"], ScopeSeparator = ",", TokenParameters = new Dictionary<string, string> { ["audience"] = "aud-{clientId}" } },
            ("clientId", "my client"), ("clientSecret", "s:e/c ret")));

        Assert.Equal(("at-1", true), (grant.AccessToken.Reveal(), grant.StatesLifetime));
        Assert.Equal(3600, (grant.ExpiresAt - grant.ObtainedAt).TotalSeconds);
        Assert.Equal("Basic " + Convert.ToBase64String("my%20client:s%3Ae%2Fc%20ret"u8), _server.Last.Authorization);
        Assert.Equal(("client_credentials", "a,b/my client", "aud-my client"), (_server.Last["grant_type"], _server.Last["scope"], _server.Last["audience"]));
        Assert.Equal("application/x-www-form-urlencoded", _server.Last.ContentType);
    }

    [Fact]
    public async Task Obtain_PasswordWithBodyAndJson_SendsAllInTheBody()
    {
        await Client.ObtainAsync(SignIn(
            AuthKind.OAuth2Password, Spec() with { ClientAuth = ClientAuthentication.Body, JsonBody = true },
            ("clientId", "c"), ("clientSecret", "cs"), ("username", "u"), ("password", "p")));

        Assert.Equal("application/json", _server.Last.ContentType);
        Assert.Equal(("password", "u", "p", "c", "cs"), (_server.Last["grant_type"], _server.Last["username"], _server.Last["password"], _server.Last["client_id"], _server.Last["client_secret"]));
        Assert.Null(_server.Last.Authorization);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Obtain_JwtBearer_SendsAnAssertionThatVerifies(string algorithm)
    {
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = algorithm == "RS256" ? rsa.ExportPkcs8PrivateKeyPem() : ecdsa.ExportECPrivateKeyPem();

        await Client.ObtainAsync(SignIn(
            AuthKind.OAuth2JwtBearer,
            Spec() with { Assertion = new AssertionSpec { Algorithm = algorithm, Audience = "https://login.example.com", Claims = new Dictionary<string, string> { ["scope"] = "all" } } },
            ("clientId", "c"), ("subject", "ada@acme.com"), ("privateKey", pem.Replace("\n", "\\n", StringComparison.Ordinal)), ("keyId", "k1")));

        Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", _server.Last["grant_type"]);
        var (header, claims, signed, signature) = Jwt(_server.Last["assertion"]!);
        Assert.Equal((algorithm, "k1"), (header.GetProperty("alg").GetString(), header.GetProperty("kid").GetString()));
        Assert.Equal(("c", "ada@acme.com", "https://login.example.com", "all"), (Claim(claims, "iss"), Claim(claims, "sub"), Claim(claims, "aud"), Claim(claims, "scope")));
        Assert.Equal(180, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.True(algorithm == "RS256"
            ? rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : ecdsa.VerifyData(signed, signature, HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task Obtain_PrivateKeyJwt_ProvesTheClientByItsOwnAssertion()
    {
        using var rsa = RSA.Create(2048);
        await Client.ObtainAsync(SignIn(
            AuthKind.OAuth2ClientCredentials, Spec() with { ClientAuth = ClientAuthentication.PrivateKeyJwt }, ("clientId", "c"), ("privateKey", rsa.ExportRSAPrivateKeyPem())));

        Assert.Equal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", _server.Last["client_assertion_type"]);
        var (_, claims, signed, signature) = Jwt(_server.Last["client_assertion"]!);
        Assert.Equal(("c", "c", new Uri(_server.Url, "/token").AbsoluteUri), (Claim(claims, "iss"), Claim(claims, "sub"), Claim(claims, "aud")));
        Assert.True(rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Fact]
    public async Task Obtain_SamlBearer_EncodesXml()
    {
        await Client.ObtainAsync(SignIn(AuthKind.OAuth2SamlBearer, Spec() with { ClientAuth = ClientAuthentication.None }, ("clientId", "c"), ("assertion", " <saml:Assertion/> ")));

        Assert.Equal(("urn:ietf:params:oauth:grant-type:saml2-bearer", Base64Url.EncodeToString("<saml:Assertion/>"u8), "c"), (_server.Last["grant_type"], _server.Last["assertion"], _server.Last["client_id"]));
    }

    [Fact]
    public async Task AuthorizeAndExchange_WithPkce_BindsChallengeAndVerifier()
    {
        var signIn = SignIn(
            AuthKind.OAuth2Code,
            Spec() with { Scopes = ["read", "api://{clientId}/write"], ClientAuth = ClientAuthentication.Body, AuthorizeParameters = new Dictionary<string, string> { ["prompt"] = "consent" } },
            ("clientId", "c"), ("clientSecret", "cs"));
        var redirect = new Uri("https://steward.acme.com/connect/callback");

        var request = OAuthClient.Authorize(signIn, redirect);
        await Client.ExchangeAsync(signIn, new SecretText("the code"), request.CodeVerifier, redirect);

        var query = QueryHelpers.ParseQuery(request.Url.Query);
        Assert.Equal(("code", "c", redirect.AbsoluteUri, "read api://c/write", "consent", "S256"),
            (query["response_type"].ToString(), query["client_id"].ToString(), query["redirect_uri"].ToString(), query["scope"].ToString(), query["prompt"].ToString(), query["code_challenge_method"].ToString()));
        Assert.Equal(query["code_challenge"], Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(_server.Last["code_verifier"]!))));
        Assert.True(request.Matches(query["state"]));
        Assert.False(request.Matches(query["state"] + "x"));
        Assert.False(request.Matches(null));
        Assert.Equal(("authorization_code", "the code", redirect.AbsoluteUri), (_server.Last["grant_type"], _server.Last["code"], _server.Last["redirect_uri"]));
        Assert.NotEqual(OAuthClient.Authorize(signIn, redirect).State, request.State);
    }

    [Theory]
    [InlineData("""{"authed_user":{"access_token":"x"},"access_token":"bot"}""", "authed_user.access_token", "x", null)]
    [InlineData("""{"access_token":"x","expires_in":"7200"}""", "access_token", "x", 7200.0)]
    [InlineData("""{"access_token":"x","expires_in":0}""", "access_token", "x", null)]
    [InlineData("""{"access_token":"x","expires_in":-5}""", "access_token", "x", null)]
    [InlineData("""{"access_token":"x","expires_in":"soon"}""", "access_token", "x", null)]
    [InlineData("""{"access_token":"x","expires_in":1e300}""", "access_token", "x", 400.0 * 86_400)]
    public async Task Obtain_Answer_IsReadByItsPaths(string answer, string tokenPath, string token, double? seconds)
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, answer);

        var grant = await Client.ObtainAsync(SignIn(AuthKind.OAuth2ClientCredentials, Spec() with { TokenPath = tokenPath, ClientAuth = ClientAuthentication.None, DefaultTtl = TimeSpan.FromMinutes(7) }));

        Assert.Equal((token, seconds is not null, seconds ?? 420), (grant.AccessToken.Reveal(), grant.StatesLifetime, (grant.ExpiresAt - grant.ObtainedAt).TotalSeconds));
    }

    [Theory]
    [InlineData(LifetimeUnit.Milliseconds, "60000")]
    [InlineData(LifetimeUnit.Epoch, "now+60")]
    public async Task Obtain_LifetimeInOtherUnits_IsUnderstood(LifetimeUnit unit, string value)
    {
        var number = value == "now+60" ? DateTimeOffset.UtcNow.AddSeconds(60).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture) : value;
        _server.Answer = (_, http) => OAuthServer.Reply(http, $$"""{"access_token":"x","expires":{{number}}}""");

        var grant = await Client.ObtainAsync(SignIn(AuthKind.OAuth2ClientCredentials, Spec() with { ExpiresPath = "expires", ExpiresUnit = unit, ClientAuth = ClientAuthentication.None }));

        Assert.InRange((grant.ExpiresAt - grant.ObtainedAt).TotalSeconds, 50, 61);
    }

    [Theory]
    [InlineData(429, """{"error":"slow_down"}""", "rate_limited", true, false, false)]
    [InlineData(403, """{"message":"API rate limit exceeded for user"}""", "rate_limited", true, false, false)]
    [InlineData(403, """[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]""", "rate_limited", true, false, false)]
    [InlineData(400, """{"error":"invalid_grant","error_description":"login rate exceeded"}""", "rate_limited", true, false, false)]
    [InlineData(200, """{"ok":false,"error":"ratelimited"}""", "rate_limited", true, false, false)]
    [InlineData(500, "", "unavailable", true, false, true)]
    [InlineData(503, """{"error":"temporarily_unavailable"}""", "unavailable", true, false, true)]
    [InlineData(400, """{"error":"temporarily_unavailable"}""", "unavailable", true, false, false)]
    [InlineData(400, """{"error":"invalid_grant"}""", "unauthenticated", false, true, false)]
    [InlineData(200, """{"error":"bad_refresh_token"}""", "unauthenticated", false, true, false)]
    [InlineData(200, """{"ok":false,"error":"invalid_refresh_token"}""", "unauthenticated", false, true, false)]
    [InlineData(401, """{"error":"invalid_client"}""", "unauthenticated", false, false, false)]
    [InlineData(403, "forbidden", "unauthenticated", false, false, false)]
    [InlineData(302, "", "not_configured", false, false, false)]
    [InlineData(200, "<html>", "bad_response", true, false, true)]
    [InlineData(200, "{}", "bad_response", true, false, true)]
    public async Task Refresh_Failure_IsClassified(int status, string body, string code, bool isRetryable, bool isGrant, bool unknown)
    {
        _server.Answer = (_, http) =>
        {
            http.Response.Headers.Location = "https://elsewhere.example.com/";
            return OAuthServer.Reply(http, body, status);
        };

        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.RefreshAsync(SignIn(AuthKind.OAuth2Code, Spec() with { ClientAuth = ClientAuthentication.None }), new SecretText("rt")));

        Assert.Equal((code, isRetryable, isGrant, unknown), (failure.Code, failure.IsRetryable, failure.IsGrantRefused, failure.OutcomeUnknown));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Refresh_RetryAfter_IsGiven()
    {
        _server.Answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "17";
            return OAuthServer.Reply(http, "{}", 429);
        };

        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.RefreshAsync(SignIn(AuthKind.OAuth2Code, Spec() with { ClientAuth = ClientAuthentication.None }), new SecretText("rt")));

        Assert.Equal(TimeSpan.FromSeconds(17), failure.RetryAfter);
    }

    [Fact]
    public async Task Obtain_AnswerBeyond64KB_IsRefused()
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, $$"""{"access_token":"{{new string('x', 70_000)}}"}""");

        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.ObtainAsync(SignIn(AuthKind.OAuth2ClientCredentials, Spec() with { ClientAuth = ClientAuthentication.None })));

        Assert.Contains("more than 64 KB", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Obtain_NobodyListens_IsRetryableAndCertainlyDidNothing()
    {
        var free = new Uri("http://127.0.0.1:9/");
        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.ObtainAsync(new SignIn(
            SignInHost.Target(free, AuthKind.OAuth2ClientCredentials, Spec() with { ClientAuth = ClientAuthentication.None }), new Dictionary<string, SecretText>(), allowPrivateAddresses: true)));

        Assert.Equal(("unavailable", true, false), (failure.Code, failure.IsRetryable, failure.OutcomeUnknown));
    }

    [Fact]
    public async Task Revoke_Token_IsSentWithItsHint()
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, "");

        Assert.True(await Client.RevokeAsync(SignIn(AuthKind.OAuth2Code, Spec() with { RevokeUrl = "{baseUrl}/revoke" }, ("clientId", "c"), ("clientSecret", "cs")), new SecretText("rt"), isRefreshToken: true));
        Assert.False(await Client.RevokeAsync(SignIn(AuthKind.OAuth2Code, Spec()), new SecretText("rt"), isRefreshToken: true));

        Assert.Equal(("/revoke", "rt", "refresh_token"), (_server.Last.Path, _server.Last["token"], _server.Last["token_type_hint"]));
        Assert.StartsWith("Basic ", _server.Last.Authorization, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/v1.0", true, "http://127.0.0.1:9/acme/token")]
    [InlineData("http://127.0.0.1:9/v1.0", false, "https://login.okta.com/acme/token")]
    [InlineData("https://127.0.0.1:9/v1.0", true, "https://login.okta.com/acme/token")]
    [InlineData("http://10.0.0.1/v1.0", true, "https://login.okta.com/acme/token")]
    public void Resolve_OfAnInstanceOnThisMachine_StaysHereWhereTheOperatorAllowsIt(string baseUrl, bool allowPrivate, string expected)
    {
        var target = SignInHost.Target(_server.Url, AuthKind.OAuth2Code, Spec(), new Dictionary<string, string> { ["domain"] = "acme" });
        var here = new SignIn(target with { Instance = target.Instance with { BaseUrl = baseUrl } }, new Dictionary<string, SecretText>(), allowPrivate);

        Assert.Equal(expected, TokenAddress.Resolve("https://login.okta.com/{domain}/token", here).ToString());
    }

    [Theory]
    [InlineData("https://{domain}.okta.com/token", "acme", true)]
    [InlineData("https://{domain}.okta.com/token", "evil.com/x?", false)]
    [InlineData("https://{domain}.okta.com/token", "evil.com#", false)]
    [InlineData("https://{domain}.okta.com/token", "user@evil.com:443/", false)]
    [InlineData("https://{domain}.okta.com/token", "evil.com\\", false)]
    [InlineData("https://login.okta.com.{domain}/token", "evil.com", true)]
    [InlineData("https://{domain}/token", "acme.example.com", true)]
    [InlineData("https://{domain}/token", "acme.example.com/tenant", true)]
    [InlineData("https://{domain}/token", "me:pw@acme.example.com", false)]
    [InlineData("{domain}/token", "https://evil.com", false)]
    [InlineData("http://{domain}/token", "acme.example.com", false)]
    [InlineData("https://oauth2.googleapis.com/token", "x", true)]
    [InlineData("https://login.microsoftonline.com/{domain}/oauth2/v2.0/token", "acme.example.com", true)]
    [InlineData("{baseUrl}/token", "x", true)]
    [InlineData("{baseUrl}.evil.com/token", "x", false)]
    [InlineData("{baseUrl}@evil.com/token", "x", false)]
    [InlineData("https://{missing}/token", "x", false)]
    public void Resolve_Address_StaysOnTheTemplatesHost(string template, string domain, bool isAllowed)
    {
        var signIn = SignIn(AuthKind.OAuth2Code, Spec(), ("domain", domain));

        if (isAllowed)
        {
            Assert.NotNull(TokenAddress.Resolve(template, signIn));
        }
        else
        {
            Assert.Equal("not_configured", Assert.Throws<OAuthException>(() => TokenAddress.Resolve(template, signIn)).Code);
        }
    }

    [Fact]
    public async Task Obtain_PrivateAddressNotAllowed_IsRefused()
    {
        var target = SignInHost.Target(new Uri("https://127.0.0.1:9/"), AuthKind.OAuth2ClientCredentials, Spec() with { ClientAuth = ClientAuthentication.None });
        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.ObtainAsync(new SignIn(target, new Dictionary<string, SecretText>(), allowPrivateAddresses: false)));
        Assert.Contains("AllowPrivateAddresses", failure.Message, StringComparison.Ordinal);

        var plain = SignInHost.Target(_server.Url, AuthKind.OAuth2ClientCredentials, Spec() with { ClientAuth = ClientAuthentication.None });
        await Assert.ThrowsAsync<OAuthException>(() => Client.ObtainAsync(new SignIn(plain, new Dictionary<string, SecretText>(), allowPrivateAddresses: false)));
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("https://user@api.example.com")]
    [InlineData("nonsense")]
    [InlineData("http://api.example.com")]
    public async Task Obtain_AddressOfTheInterfaceThatIsNone_IsRefused(string address)
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, $$"""{"access_token":"x","instance_url":"{{address}}"}""");

        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.ObtainAsync(SignIn(AuthKind.OAuth2ClientCredentials, Spec() with { BaseUrlPath = "instance_url", ClientAuth = ClientAuthentication.None })));

        Assert.Equal("bad_response", failure.Code);
    }

    [Fact]
    public async Task Obtain_AddressOfTheInterface_IsGiven()
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, """{"access_token":"x","instance_url":"https://acme.my.salesforce.com"}""");

        var grant = await Client.ObtainAsync(SignIn(AuthKind.OAuth2ClientCredentials, Spec() with { BaseUrlPath = "instance_url", ClientAuth = ClientAuthentication.None }));

        Assert.Equal(new Uri("https://acme.my.salesforce.com"), grant.BaseUrl);
    }

    [Theory]
    [InlineData("no pem at all, and secret")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----")]
    public async Task Obtain_BrokenKey_SaysSoWithoutIt(string pem)
    {
        var failure = await Assert.ThrowsAsync<OAuthException>(() => Client.ObtainAsync(SignIn(AuthKind.OAuth2JwtBearer, Spec(), ("clientId", "c"), ("subject", "s"), ("privateKey", pem))));

        Assert.Equal("not_configured", failure.Code);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    private SignIn SignIn(AuthKind kind, OAuth2Spec spec, params (string Name, string Value)[] values)
    {
        string[] secret = ["clientSecret", "password", "privateKey", "assertion"];
        var target = SignInHost.Target(_server.Url, kind, spec, values.Where(value => !secret.Contains(value.Name)).ToDictionary(value => value.Name, value => value.Value));
        return new SignIn(target, values.Where(value => secret.Contains(value.Name)).ToDictionary(value => value.Name, value => new SecretText(value.Value)), allowPrivateAddresses: true);
    }

    private static OAuth2Spec Spec() => new() { TokenUrl = "{baseUrl}/token", AuthorizeUrl = "{baseUrl}/authorize" };

    private static string? Claim(JsonElement claims, string name) => claims.GetProperty(name).GetString();

    private static (JsonElement Header, JsonElement Claims, byte[] Signed, byte[] Signature) Jwt(string token)
    {
        var parts = token.Split('.');
        return (Part(parts[0]), Part(parts[1]), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]));

        static JsonElement Part(string text) => JsonDocument.Parse(Base64Url.DecodeFromChars(text)).RootElement;
    }

    private static ServiceProvider Services()
    {
        var services = new ServiceCollection();
        services.AddStewardCredentials(options => options.RequestTimeout = TimeSpan.FromSeconds(5));
        return services.BuildServiceProvider();
    }
}
