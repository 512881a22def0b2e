using System.Collections.Concurrent;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Tests.Auth;

public sealed class InstanceCredentialsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("steward-credentials-").FullName;
    private readonly ChangeLog _changes = new();
    private OAuthServer _server = null!;
    private SignInHost _host = null!;
    private int _tokens;

    public async Task InitializeAsync()
    {
        _server = await OAuthServer.StartAsync();
        _host = await SignInHost.StartAsync(_folder, options => options.LongestPause = TimeSpan.FromSeconds(1));
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Get_NobodySignedIn_SaysSoWithoutAsking()
    {
        var credentials = Open(AuthKind.OAuth2Code);

        var answer = await credentials.GetAsync(null);

        Assert.Equal("unauthenticated", answer.Refusal);
        Assert.Empty(_server.Requests);
        Assert.Equal(CredentialState.Broken, credentials.StateOf(null));
    }

    [Fact]
    public async Task Accept_CodeOfAPerson_IsKeptForThatPersonOnly()
    {
        var credentials = Open(AuthKind.OAuth2Code);
        Rotate();
        var request = await credentials.AuthorizeAsync(new Uri("https://steward.acme.com/callback"));

        await Assert.ThrowsAsync<OAuthException>(() => credentials.AcceptAsync("u-ada", request, "another state", new SecretText("code")));
        Assert.Empty(_server.Requests);
        await credentials.AcceptAsync("u-ada", request, request.State, new SecretText("code"));

        Assert.Equal("at-2", (await credentials.GetAsync("u-ada")).Credential!.Values["access_token"].Reveal());
        Assert.Equal("rt-1", _server.Last["refresh_token"]);
        Assert.Equal("unauthenticated", (await credentials.GetAsync("u-bob")).Refusal);
        Assert.Equal("unauthenticated", (await credentials.GetAsync(null)).Refusal);
        Assert.Equal(["u-ada"], await _host.Vault.ListAsync(new VaultPath(SignInHost.Tenant, $"connectors/{SignInHost.Name}/users")));
    }

    [Fact]
    public async Task Get_RotatedToken_IsInTheVaultBeforeTheAccessTokenIsOut()
    {
        var credentials = Open(AuthKind.OAuth2Code);
        await _host.StoreAsync("rt-0");
        Rotate();

        var answer = await credentials.GetAsync(null);

        Assert.NotNull(answer.Credential);
        Assert.Equal("rt-1", (await Grant())!.Values["refresh_token"].Reveal());
        Assert.DoesNotContain("attempt_by", (await Grant())!.Values.Keys);
        Assert.Equal(["access_token"], answer.Credential.Values.Keys);
    }

    [Fact]
    public async Task Get_VaultFailsAfterTheRefresh_HandsOutNothingUntilItIsWritten()
    {
        await using var failing = await SignInHost.StartAsync(
            _folder, options => options.LongestPause = TimeSpan.FromSeconds(1), services => FailingVault.Add(services));
        var vault = (FailingVault)failing.Vault;
        await failing.StoreAsync("rt-0");
        Rotate();
        var credentials = failing.Open(SignInHost.Target(_server.Url, AuthKind.OAuth2Code), _changes);
        // The first write says who is about to use the token; the second one keeps the next.
        vault.FailWritesAfter = 1;

        var refused = await credentials.GetAsync(null);
        Assert.Null(refused.Credential);
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.Single(_server.Requests);
        vault.FailWritesAfter = null;

        var answer = await UntilGranted(() => credentials.GetAsync(null));

        Assert.Equal("at-1", answer.Credential!.Values["access_token"].Reveal());
        Assert.Single(_server.Requests);
        Assert.Equal("rt-1", (await failing.Vault.ReadAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, null)))!.Values["refresh_token"].Reveal());
        Assert.Equal([CredentialState.Expiring, CredentialState.Active], _changes.Changes.Select(change => change.To));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TryTake_EditedWhileARotatedTokenIsUnwritten_LosesItNot(bool changesWhatItSignsInWith)
    {
        await using var failing = await SignInHost.StartAsync(_folder, options => options.LongestPause = TimeSpan.FromSeconds(1), services => FailingVault.Add(services));
        var vault = (FailingVault)failing.Vault;
        await failing.StoreAsync("rt-0");
        Rotate();
        var target = SignInHost.Target(_server.Url, AuthKind.OAuth2Code);
        var credentials = failing.Open(target, _changes);
        vault.FailWritesAfter = 1;
        Assert.Null((await credentials.GetAsync(null)).Credential);

        var edited = target with { Instance = target.Instance with { Title = "Another", Revision = 2, Fields = new Dictionary<string, string> { ["clientId"] = changesWhatItSignsInWith ? "other" : "client" } } };
        Assert.True(credentials.TryTake(edited, allowPrivateAddresses: true));
        vault.FailWritesAfter = null;
        var answer = await UntilGranted(() => credentials.GetAsync(null));

        Assert.Equal("at-1", answer.Credential!.Values["access_token"].Reveal());
        Assert.Single(_server.Requests);
        Assert.Equal("rt-1", (await failing.Vault.ReadAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, null)))!.Values["refresh_token"].Reveal());
    }

    [Fact]
    public async Task TryTake_OnlyTheTitleChanged_KeepsTheToken()
    {
        await _host.StoreAsync("rt-0");
        Rotate();
        var target = SignInHost.Target(_server.Url, AuthKind.OAuth2Code);
        var credentials = _host.Open(target, _changes);
        await credentials.GetAsync(null);

        Assert.True(credentials.TryTake(target with { Instance = target.Instance with { Title = "Another" } }, allowPrivateAddresses: true));
        await credentials.GetAsync(null);

        Assert.Single(_server.Requests);
    }

    [Fact]
    public void TryTake_AnotherKindOfSignIn_SaysThatItMustBeMadeAnew() =>
        Assert.False(_host.Open(SignInHost.Target(_server.Url, AuthKind.OAuth2Code)).TryTake(SignInHost.Target(_server.Url, AuthKind.ApiKey), allowPrivateAddresses: true));

    [Fact]
    public async Task Get_AnswerLost_TriesTheSameTokenAgainSoon()
    {
        await _host.StoreAsync("rt-0");
        _server.Answer = (_, http) =>
        {
            http.Abort();
            return Task.CompletedTask;
        };
        var credentials = Open(AuthKind.OAuth2Code);

        var refused = await credentials.GetAsync(null);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(250));
        Rotate();
        await UntilGranted(() => credentials.GetAsync(null));

        Assert.All(_server.Requests, request => Assert.Equal("rt-0", request["refresh_token"]));
    }

    [Fact]
    public async Task Get_InvalidGrant_IsBrokenForGoodAndNotAskedAgain()
    {
        await _host.StoreAsync("rt-0");
        _server.Answer = (_, http) => OAuthServer.Reply(http, """{"error":"invalid_grant"}""", 400);
        var credentials = Open(AuthKind.OAuth2Code);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("unauthenticated", (await credentials.GetAsync(null)).Refusal);
            await Task.Delay(400);
        }

        Assert.Single(_server.Requests);
        var change = Assert.Single(_changes.Changes);
        Assert.Equal((CredentialState.Active, CredentialState.Broken, "unauthenticated"), (change.From, change.To, change.Code));
    }

    [Fact]
    public async Task Get_SignedInAgainAfterBroken_Works()
    {
        await _host.StoreAsync("rt-0");
        _server.Answer = (_, http) => OAuthServer.Reply(http, """{"error":"invalid_grant"}""", 400);
        var credentials = Open(AuthKind.OAuth2Code);
        await credentials.GetAsync(null);
        Rotate();
        var request = await credentials.AuthorizeAsync(new Uri("https://steward.acme.com/callback"));

        await credentials.AcceptAsync(null, request, request.State, new SecretText("code"));

        Assert.NotNull((await credentials.GetAsync(null)).Credential);
        Assert.Equal([CredentialState.Broken, CredentialState.Active], _changes.Changes.Select(change => change.To));
    }

    [Fact]
    public async Task Get_AnotherProcessRotated_TakesTheNewerToken()
    {
        await _host.StoreAsync("rt-0");
        _server.Answer = async (request, http) =>
        {
            if (request["refresh_token"] == "rt-0")
            {
                // Somebody else was faster, between this process's look into the vault and its use.
                await _host.StoreAsync("rt-elsewhere");
                await OAuthServer.Reply(http, """{"error":"invalid_grant"}""", 400);
                return;
            }

            await OAuthServer.Reply(http, """{"access_token":"at-9","refresh_token":"rt-9","expires_in":3600}""");
        };
        var credentials = Open(AuthKind.OAuth2Code);

        Assert.Equal("at-9", (await credentials.GetAsync(null)).Credential!.Values["access_token"].Reveal());

        Assert.Equal(["rt-0", "rt-elsewhere"], _server.Requests.Select(request => request["refresh_token"]));
        Assert.Equal("rt-9", (await Grant())!.Values["refresh_token"].Reveal());
    }

    [Fact]
    public async Task Get_SignedOutDuringTheRefresh_DoesNotBringTheSignInBack()
    {
        await _host.StoreAsync("rt-0");
        _server.Answer = async (_, http) =>
        {
            await _host.Vault.DeleteAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, null));
            await OAuthServer.Reply(http, """{"access_token":"at-9","refresh_token":"rt-9","expires_in":3600}""");
        };

        Assert.Equal("unauthenticated", (await Open(AuthKind.OAuth2Code).GetAsync(null)).Refusal);
        Assert.Null(await Grant());
    }

    [Fact]
    public async Task Get_EndpointFails_IsAskedLessAndLess()
    {
        await using var patient = await SignInHost.StartAsync(_folder);
        await patient.StoreSecretsAsync(("clientSecret", "cs"));
        _server.Answer = (_, http) => OAuthServer.Reply(http, "", 429);
        var credentials = patient.Open(SignInHost.Target(_server.Url, AuthKind.OAuth2ClientCredentials, new OAuth2Spec { TokenUrl = "{baseUrl}/token" }), _changes);
        var until = DateTimeOffset.UtcNow.AddSeconds(3);

        while (DateTimeOffset.UtcNow < until)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => credentials.GetAsync(null)));
            await Task.Delay(10);
        }

        Assert.InRange(_server.Requests.Count, 1, 6);
        Assert.Equal(CredentialState.Expiring, Assert.Single(_changes.Changes).To);
    }

    [Fact]
    public async Task Renew_SystemRefusesEverythingItGives_StopsAsking()
    {
        await _host.StoreSecretsAsync(("clientSecret", "cs"));
        Rotate();
        var credentials = Open(AuthKind.OAuth2ClientCredentials, new OAuth2Spec { TokenUrl = "{baseUrl}/token" });
        long? generation = (await credentials.GetAsync(null)).Credential!.Generation;

        for (var i = 0; i < 20 && generation is not null; i++)
        {
            generation = (await credentials.RenewAsync(null, generation.Value)).Credential?.Generation;
        }

        Assert.Null(generation);
        Assert.InRange(_server.Requests.Count, 2, 5);
    }

    [Fact]
    public async Task Get_TokenWithoutRefreshTokenAndEnd_HoldsUntilItIsRefused()
    {
        _server.Answer = (_, http) => OAuthServer.Reply(http, """{"access_token":"gho_1"}""");
        var credentials = Open(AuthKind.OAuth2Code);
        var request = await credentials.AuthorizeAsync(new Uri("https://steward.acme.com/callback"));
        await credentials.AcceptAsync(null, request, request.State, new SecretText("code"));

        var credential = (await credentials.GetAsync(null)).Credential!;
        var anew = (await Open(AuthKind.OAuth2Code).GetAsync(null)).Credential!;
        Assert.Equal(["gho_1", "gho_1"], [credential.Values["access_token"].Reveal(), anew.Values["access_token"].Reveal()]);

        Assert.Null((await credentials.RenewAsync(null, credential.Generation)).Credential);
        Assert.Equal(CredentialState.Broken, credentials.StateOf(null));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Get_ClientCredentialsForAPerson_IsRefused()
    {
        await _host.StoreSecretsAsync(("clientSecret", "cs"));

        Assert.Equal("not_configured", (await Open(AuthKind.OAuth2ClientCredentials, new OAuth2Spec { TokenUrl = "{baseUrl}/token" }).GetAsync("u-ada")).Refusal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Maintain_GrantOlderThanADay_IsRenewed()
    {
        await _host.Vault.WriteAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, "u-old"), Stored("rt-old", DateTimeOffset.UtcNow.AddDays(-2)));
        await _host.Vault.WriteAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, "u-new"), Stored("rt-new", DateTimeOffset.UtcNow.AddHours(-2)));
        Rotate();
        var credentials = Open(AuthKind.OAuth2Code);

        Assert.Equal(1, await credentials.MaintainAsync());
        Assert.Equal(0, await credentials.MaintainAsync());

        Assert.Equal("rt-old", Assert.Single(_server.Requests)["refresh_token"]);
    }

    [Fact]
    public async Task Delete_Instance_LeavesNothingInTheVault()
    {
        await _host.StoreSecretsAsync(("clientSecret", "cs"));
        await _host.StoreAsync("rt-0");
        await _host.StoreAsync("rt-ada", "u-ada");
        _server.Answer = (_, http) => OAuthServer.Reply(http, "", 200);

        await Open(AuthKind.OAuth2Code, SignInHost.Rotating() with { RevokeUrl = "{baseUrl}/revoke" }).DeleteAsync();

        Assert.Equal(["rt-0", "rt-ada"], _server.Requests.Select(request => request["token"]).Order());
        Assert.Empty(await _host.Vault.ListAsync(new VaultPath(SignInHost.Tenant, "connectors")));
    }

    [Fact]
    public async Task Get_ApiKey_IsReadForEachUseAndRefusedOnesAreNotUsedOnAndOn()
    {
        var credentials = Open(AuthKind.ApiKey, change: auth => auth with { Fields = [new FieldSpec { Name = "token", Title = "Token", Secret = true }] });
        Assert.Equal("not_configured", (await credentials.GetAsync(null)).Refusal);

        await _host.StoreSecretsAsync(("token", "k1"));
        var first = (await credentials.GetAsync(null)).Credential!;
        Assert.Null((await credentials.RenewAsync(null, first.Generation)).Credential);
        Assert.Equal("unauthenticated", (await credentials.GetAsync(null)).Refusal);
        await Task.Delay(5);
        await _host.StoreSecretsAsync(("token", "k2"));

        Assert.Equal("k2", (await credentials.GetAsync(null)).Credential!.Values["token"].Reveal());
        Assert.Equal([CredentialState.Broken, CredentialState.Active, CredentialState.Broken, CredentialState.Active], _changes.Changes.Select(change => change.To));
    }

    private InstanceCredentials Open(AuthKind kind, OAuth2Spec? oauth = null, Func<AuthSpec, AuthSpec>? change = null) =>
        _host.Open(SignInHost.Target(_server.Url, kind, oauth, change: change), _changes);

    private Task<VaultSecret?> Grant() => _host.Vault.ReadAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, null));

    /// <summary>Every answer brings the next access and refresh token.</summary>
    private void Rotate() => _server.Answer = (_, http) =>
    {
        var number = Interlocked.Increment(ref _tokens);
        return OAuthServer.Reply(http, $$"""{"access_token":"at-{{number}}","refresh_token":"rt-{{number}}","expires_in":3600}""");
    };

    private static async Task<CredentialAnswer> UntilGranted(Func<Task<CredentialAnswer>> ask)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await ask() is { Credential: not null } answer)
            {
                return answer;
            }

            await Task.Delay(25);
        }

        throw new TimeoutException("No credential came within five seconds.");
    }

    private static Dictionary<string, SecretText> Stored(string token, DateTimeOffset at) => new()
    {
        ["refresh_token"] = new(token),
        ["obtained_at"] = new(at.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture)),
    };
}
