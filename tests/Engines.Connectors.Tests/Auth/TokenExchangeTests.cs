using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>From a person's token of an identity provider to the one that a system takes.</summary>
public sealed class TokenExchangeTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("steward-exchange-").FullName;
    private SignInHost _host = null!;
    private OAuthServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await OAuthServer.StartAsync();
        _host = await SignInHost.StartAsync(_folder);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Exchange_TokenExchange_HandsTheTokenInAsSubject()
    {
        var grant = await ExchangeAsync(new ExchangeStep
        {
            Grant = ExchangeGrant.TokenExchange, TokenUrl = "{baseUrl}/exchange", Audience = "aud-{clientId}", Resource = "https://desk.example", Scopes = ["a", "b"], RequestedTokenType = "urn:x",
            Parameters = new Dictionary<string, string> { ["more"] = "{clientId}" },
        });

        var sent = _server.Last;
        Assert.Equal(("/exchange", "urn:ietf:params:oauth:grant-type:token-exchange"), (sent.Path, sent["grant_type"]));
        Assert.Equal(("of-the-person", "urn:ietf:params:oauth:token-type:access_token"), (sent["subject_token"], sent["subject_token_type"]));
        Assert.Equal(("aud-client", "https://desk.example", "a b", "urn:x", "client"), (sent["audience"], sent["resource"], sent["scope"], sent["requested_token_type"], sent["more"]));
        Assert.Equal("Basic " + Convert.ToBase64String("client:cs"u8), sent.Authorization);
        Assert.Equal(("at-1", null), (grant.AccessToken.Reveal(), grant.RefreshToken));
    }

    [Fact]
    public async Task Exchange_OnBehalfOf_HandsTheTokenInAsAssertion()
    {
        await ExchangeAsync(new ExchangeStep { Grant = ExchangeGrant.OnBehalfOf, ClientAuth = ClientAuthentication.Body, Scopes = ["User.Read"] });

        var sent = _server.Last;
        Assert.Equal(("/token", "urn:ietf:params:oauth:grant-type:jwt-bearer", "on_behalf_of"), (sent.Path, sent["grant_type"], sent["requested_token_use"]));
        Assert.Equal(("of-the-person", "User.Read", "client", "cs"), (sent["assertion"], sent["scope"], sent["client_id"], sent["client_secret"]));
        Assert.Null(sent.Authorization);
    }

    [Fact]
    public async Task Exchange_JwtBearer_HandsTheTokenInAsAssertionAndNothingMore()
    {
        var grant = await ExchangeAsync(new ExchangeStep { Grant = ExchangeGrant.JwtBearer, TokenUrl = "{baseUrl}/jwt", ClientAuth = ClientAuthentication.None, Scopes = ["api"] });

        var sent = _server.Last;
        Assert.Equal(("/jwt", "urn:ietf:params:oauth:grant-type:jwt-bearer"), (sent.Path, sent["grant_type"]));
        Assert.Equal(("of-the-person", "api", null), (sent["assertion"], sent["scope"], sent["requested_token_use"]));
        Assert.Null(sent.Authorization);
        Assert.Equal("at-1", grant.AccessToken.Reveal());
    }

    [Fact]
    public async Task Exchange_TwoSteps_TheSecondTakesWhatTheFirstGaveWithItsOwnClient()
    {
        _server.Answer = (request, http) => OAuthServer.Reply(http, request.Path == "/exchange"
            ? """{"access_token":"<Assertion/>","issued_token_type":"urn:ietf:params:oauth:token-type:saml2","token_type":"N_A","expires_in":60,"refresh_token":"never-kept"}"""
            : """{"access_token":"of-the-system","token_type":"Bearer","instance_url":"http://127.0.0.1:1/other"}""");

        var grant = await ExchangeAsync(
            new ExchangeStep { Grant = ExchangeGrant.TokenExchange, TokenUrl = "{baseUrl}/exchange" },
            new ExchangeStep { Grant = ExchangeGrant.Saml2Bearer, TokenUrl = "{baseUrl}/saml", ClientIdField = "otherId", ClientSecretField = "otherSecret", DefaultTtl = TimeSpan.FromMinutes(7), BaseUrlPath = "instance_url" });

        var sent = _server.Last;
        Assert.Equal(("/saml", "urn:ietf:params:oauth:grant-type:saml2-bearer"), (sent.Path, sent["grant_type"]));
        Assert.Equal("<Assertion/>", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(sent["assertion"])));
        Assert.Equal("Basic " + Convert.ToBase64String("other:os"u8), sent.Authorization);
        Assert.Equal(("of-the-system", TimeSpan.FromMinutes(7), "http://127.0.0.1:1/other"), (grant.AccessToken.Reveal(), grant.ExpiresAt - grant.ObtainedAt, grant.BaseUrl!.AbsoluteUri));
        Assert.Null(grant.RefreshToken);
    }

    [Fact]
    public async Task Exchange_Refused_AsksForASignInAndRepeatsNoToken()
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, """{"error":"invalid_grant","error_description":"of-the-person is over"}""", 400);

        var failure = await Assert.ThrowsAsync<OAuthException>(() => ExchangeAsync(new ExchangeStep { Grant = ExchangeGrant.OnBehalfOf }));

        Assert.True(failure.IsGrantRefused);
        Assert.DoesNotContain("of-the-person", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_TwoPeople_EachGetTheTokenThatTheirOwnWasExchangedFor()
    {
        _server.Answer = (request, http) => OAuthServer.Reply(http, request["grant_type"] == "refresh_token"
            ? $$"""{"access_token":"own-{{request["refresh_token"]}}","refresh_token":"{{request["refresh_token"]}}","expires_in":3600}"""
            : $$"""{"access_token":"system-{{request["subject_token"]}}","expires_in":3600}""");
        await _host.StoreSecretsAsync(("clientSecret", "cs"));
        await _host.StoreAsync("ada-token", "u-ada");
        await _host.StoreAsync("grace-token", "u-grace");
        var credentials = _host.Open(SignInHost.Target(_server.Url, AuthKind.OAuth2Code, Spec(new ExchangeStep { Grant = ExchangeGrant.TokenExchange })));

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => Task.Run(async () =>
        {
            var user = number % 2 == 0 ? "ada" : "grace";
            return (user, (await credentials.GetAsync($"u-{user}")).Credential!.Values["access_token"].Reveal());
        })));

        Assert.All(answers, answer => Assert.Equal($"system-own-{answer.user}-token", answer.Item2));
        Assert.Equal(4, _server.Requests.Count);
        Assert.Equal("unauthenticated", (await credentials.GetAsync("u-nobody")).Refusal);
    }

    private Task<TokenGrant> ExchangeAsync(params ExchangeStep[] steps)
    {
        var target = SignInHost.Target(_server.Url, AuthKind.OAuth2Code, Spec(steps), new Dictionary<string, string> { ["clientId"] = "client", ["otherId"] = "other" });
        var signIn = new SignIn(target, new Dictionary<string, SecretText> { ["clientSecret"] = new("cs"), ["otherSecret"] = new("os") }, allowPrivateAddresses: true);
        return _host.Client.ExchangeTokenAsync(signIn, new TokenGrant { AccessToken = new SecretText("of-the-person"), ObtainedAt = DateTimeOffset.UnixEpoch, ExpiresAt = DateTimeOffset.UnixEpoch, StatesLifetime = true });
    }

    private static OAuth2Spec Spec(params ExchangeStep[] steps) => new() { TokenUrl = "{baseUrl}/token", AuthorizeUrl = "{baseUrl}/authorize", Exchange = steps };
}
