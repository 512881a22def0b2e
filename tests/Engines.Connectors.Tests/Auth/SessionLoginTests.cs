using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>Systems whose login call gives a token of their own kind.</summary>
public sealed class SessionLoginTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("steward-").FullName;
    private FakeVendor _vendor = null!;
    private SignInHost _host = null!;
    private int _logins;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _host = await SignInHost.StartAsync(_folder);
        await _host.StoreSecretsAsync(("password", "p4ss"));
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _vendor.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Get_TokenInTheBody_IsFetchedOnceAndAnewWhenItIsRefused()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $"{{\"data\":{{\"token\":\"t-{++_logins}\",\"validFor\":600}}}}");
        var credentials = _host.Open(Target(new SessionSpec
        {
            LoginUrl = "{baseUrl}/api/login",
            Body = JsonElement.Parse("""{"user":"{username}","password":"{password}","domain":"{domain}"}"""),
            TokenPath = "data.token",
            ExpiresPath = "data.validFor",
        }));

        var many = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => credentials.GetAsync(null)));
        Assert.All(many, answer => Assert.Equal("t-1", answer.Credential!.Values["access_token"].Reveal()));
        Assert.Equal("t-2", (await credentials.RenewAsync(null, many[0].Credential!.Generation)).Credential!.Values["access_token"].Reveal());

        Assert.Equal(2, _vendor.Requests.Count);
        var login = _vendor.Requests[0];
        Assert.Equal(("POST", "/api/login", """{"user":"steward","password":"p4ss"}"""), (login.Method, login.Path, login.Body));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_TokenInAHeaderOrCookie_IsTaken(bool inHeader)
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers["X-Auth-Token"] = "from-header";
            http.Response.Headers.Append("Set-Cookie", "other=1; Path=/");
            http.Response.Headers.Append("Set-Cookie", "SID=from=cookie; Path=/; HttpOnly");
            return FakeVendor.Json(http, "{}", 201);
        };
        var credentials = _host.Open(Target(new SessionSpec
        {
            LoginUrl = "{baseUrl}/login",
            Basic = true,
            Headers = new Dictionary<string, string> { ["X-Tenant"] = "{username}" },
            TokenHeader = inHeader ? "X-Auth-Token" : null,
            TokenCookie = inHeader ? null : "SID",
        }));

        Assert.Equal(inHeader ? "from-header" : "from=cookie", (await credentials.GetAsync(null)).Credential!.Values["access_token"].Reveal());
        Assert.Equal("Basic " + Convert.ToBase64String("steward:p4ss"u8), _vendor.Requests[0].Authorization);
    }

    [Fact]
    public async Task Get_FormBody_IsAForm()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "\"the-token\"");
        var credentials = _host.Open(Target(new SessionSpec
        {
            LoginUrl = "{baseUrl}/login",
            BodyFormat = BodyFormat.Form,
            Body = JsonElement.Parse("""{"u":"{username}","p":"{password}&x"}"""),
            TokenPath = "",
        }));

        Assert.Equal("the-token", (await credentials.GetAsync(null)).Credential!.Values["access_token"].Reveal());
        Assert.Equal("u=steward&p=p4ss%26x", _vendor.Requests[0].Body);
    }

    [Theory]
    [InlineData(401, "{}", "unauthenticated")]
    [InlineData(200, "{\"error\":\"no\"}", "unauthenticated")]
    [InlineData(503, "", "unavailable")]
    public async Task Get_LoginFails_SaysSoWithoutThePassword(int status, string body, string code)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, body, status);
        var answer = await _host.Open(Target(new SessionSpec { LoginUrl = "{baseUrl}/login", Body = JsonElement.Parse("""{"p":"{password}"}"""), TokenPath = "token" })).GetAsync(null);

        Assert.Equal(code, answer.Refusal);
        Assert.DoesNotContain("p4ss", answer.Message, StringComparison.Ordinal);
    }

    private ResolvedInstance Target(SessionSpec session) => SignInHost.Target(_vendor.Url, AuthKind.Session, change: auth => auth with
    {
        OAuth2 = null,
        Session = session,
        Fields = [new FieldSpec { Name = "username", Title = "User", Default = "steward" }, new FieldSpec { Name = "password", Title = "Password", Secret = true }, new FieldSpec { Name = "domain", Title = "Domain", Required = false }],
        Apply = [new CredentialPlace { Header = "X-Auth-Token", Value = "{access_token}" }],
    });
}
