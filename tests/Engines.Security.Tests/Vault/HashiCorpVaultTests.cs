using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.EnterpriseSim.Vault;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Security.Tests.Vault;

public sealed class HashiCorpVaultTests : IAsyncLifetime
{
    private static readonly VaultPath Okta = new("t-acme", "connectors/okta");

    private readonly string _folder = Directory.CreateTempSubdirectory("steward-vault-").FullName;
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UtcNow);
    private VaultSimulator _server = null!;
    private ServiceProvider _services = null!;

    private ISecretVault Vault => _services.GetRequiredService<ISecretVault>();

    private VaultState State => _server.State;

    public async Task InitializeAsync() => await StartAsync(new VaultSimOptions { Denied = ["forbidden"] });

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task AnyCall_ManyAtOnce_SignInOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Vault.ReadAsync(Okta))));

        Assert.Equal(1, State.Logins);
    }

    [Fact]
    public async Task AnyCall_LeaseNearItsEnd_RenewsAndAtTheLongestLifeSignsInAgain()
    {
        await Write("s3cret");
        for (var minutes = 0; minutes < 5 * 60; minutes += 5)
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            Assert.NotNull(await Vault.ReadAsync(Okta));
        }

        // Tokens of 20 minutes, renewed at two thirds, for four hours at most.
        Assert.Equal(2, State.Logins);
        Assert.InRange(State.Renewals, 10, 25);
        Assert.DoesNotContain(State.Calls, call => call.Status == 403);
    }

    [Fact]
    public async Task AnyCall_TokenEndedWhileIdle_SignsInAgain()
    {
        await Write("s3cret");
        _time.Advance(TimeSpan.FromHours(2));

        Assert.NotNull(await Vault.ReadAsync(Okta));
        Assert.Equal(2, State.Logins);
    }

    [Fact]
    public async Task AnyCall_TokenTakenBack_SignsInAgainOnce()
    {
        await Write("s3cret");
        State.RevokeTokens();

        Assert.NotNull(await Vault.ReadAsync(Okta));
        Assert.Equal(2, State.Logins);
    }

    [Fact]
    public async Task AnyCall_PolicyForbids_SaysSoAfterOneMoreLogin()
    {
        await RestartAsync(options => options.MountTemplate = "forbidden");

        var denied = await Assert.ThrowsAsync<VaultException>(() => Vault.ReadAsync(Okta));

        Assert.Equal((VaultCodes.Denied, false), (denied.Code, denied.IsRetryable));
        Assert.Equal(2, State.Logins);
    }

    [Fact]
    public async Task AnyCall_NoSuchMount_IsNotTakenForNoSecret()
    {
        await RestartAsync(options => options.MountTemplate = "nothing");

        Assert.Contains("no such mount", (await Assert.ThrowsAsync<VaultException>(() => Vault.ReadAsync(Okta))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VaultException>(() => Write("s3cret"));
    }

    [Fact]
    public async Task AnyCall_Sealed_SaysSoAndWorksAgainWhenUnsealed()
    {
        await Write("s3cret");
        State.Sealed = true;

        Assert.Equal((VaultCodes.Sealed, true), await FailureOf(() => Vault.ReadAsync(Okta)));
        Assert.Equal((VaultCodes.Sealed, true), await FailureOf(() => Write("other")));
        var report = await _services.GetRequiredService<IVaultHealth>().CheckAsync();
        Assert.Equal((VaultKind.HashiCorp, false, VaultCodes.Sealed), (report.Kind, report.Answers, report.Code));
        State.Sealed = false;

        Assert.Equal("s3cret", (await Vault.ReadAsync(Okta))!.Values["v0"].Reveal());
    }

    [Theory]
    [InlineData(412)]
    [InlineData(429)]
    public async Task AnyCall_RefusedWithoutActing_IsSentAgain(int status)
    {
        await Vault.ReadAsync(Okta);
        State.Inject(new VaultFault(status, Count: 2));
        Assert.Equal(1, await Write("one"));
        State.Inject(new VaultFault(status, Count: 2));
        Assert.NotNull(await Vault.ReadAsync(Okta));

        State.Inject(new VaultFault(status, Count: 10));
        Assert.True((await FailureOf(() => Vault.ReadAsync(Okta))).IsRetryable);
    }

    [Fact]
    public async Task AnyCall_TooManyRequestsForLong_IsRateLimited()
    {
        await Vault.ReadAsync(Okta);
        State.Inject(new VaultFault(429, Count: 10, RetryAfter: "1"));

        Assert.Equal((VaultCodes.RateLimited, true), await FailureOf(() => Write("one")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(502)]
    public async Task Write_AnswerLostAfterActing_IsRecognisedAsItsOwn(int status)
    {
        Assert.Equal(1, await Vault.WriteAsync(Okta, SecretVaultTests.Values("one"), 0));
        State.Inject(new VaultFault(status, AfterActing: true, Method: "POST"));

        Assert.Equal(2, await Vault.WriteAsync(Okta, SecretVaultTests.Values("two"), 1));

        Assert.Equal((2, "two"), await Newest());
    }

    [Fact]
    public async Task Write_LostAndAnotherWasFaster_IsAConflict()
    {
        await Vault.WriteAsync(Okta, SecretVaultTests.Values("one"), 0);
        State.Inject(new VaultFault(500, Method: "POST"));
        var writing = Vault.WriteAsync(Okta, SecretVaultTests.Values("mine"), 1);
        await using var other = Client(_ => { });
        await other.GetRequiredService<ISecretVault>().WriteAsync(Okta, SecretVaultTests.Values("theirs"));

        // Either this one came first after all, or it must say that it did not.
        try
        {
            await writing;
        }
        catch (VaultConflictException)
        {
            Assert.Equal((2, "theirs"), await Newest());
            return;
        }

        Assert.Equal((3, "theirs"), await Newest());
    }

    [Fact]
    public async Task Write_LostWithoutCheckAndSet_IsNotSentAgain()
    {
        await Vault.ReadAsync(Okta);
        State.Inject(new VaultFault(0, AfterActing: true, Method: "POST"));

        Assert.Equal((VaultCodes.Unavailable, true), await FailureOf(() => Write("one")));

        Assert.Equal((1, "one"), await Newest());
    }

    [Fact]
    public async Task Write_CheckAndSetDemanded_IsRefusedAsMisconfigured()
    {
        await DisposeServerAsync();
        await StartAsync(new VaultSimOptions { CasRequired = true });

        Assert.False((await FailureOf(() => Write("one"))).IsRetryable);
        Assert.Equal(1, await Vault.WriteAsync(Okta, SecretVaultTests.Values("one"), 0));
    }

    [Fact]
    public async Task Read_DeletedByHand_IsNone()
    {
        await Write("one");
        using var http = new HttpClient { BaseAddress = _server.Url };
        http.DefaultRequestHeaders.Add("X-Vault-Token", State.Tokens[0]);
        (await http.DeleteAsync("/v1/secret/data/t-acme/connectors/okta")).EnsureSuccessStatusCode();

        Assert.Null(await Vault.ReadAsync(Okta));
    }

    [Fact]
    public async Task Login_SecretIdReplacedInItsFile_IsReadAnew()
    {
        await Write("one");
        State.Options.SecretId = "a-new-secret-id";
        VaultFixture.WriteSecret(Path.Combine(_folder, "secret-id"), "a-new-secret-id");
        State.RevokeTokens();

        Assert.NotNull(await Vault.ReadAsync(Okta));
    }

    [Fact]
    public async Task Login_WrongSecretId_SaysSoWithoutIt()
    {
        await RestartAsync(_ => { }, secretId: "wrong-secret-id");

        var denied = await Assert.ThrowsAsync<VaultException>(() => Vault.ReadAsync(Okta));

        Assert.Equal((VaultCodes.Denied, false), (denied.Code, denied.IsRetryable));
        Assert.DoesNotContain("wrong-secret-id", denied.ToString(), StringComparison.Ordinal);
        Assert.Equal(VaultCodes.Denied, (await _services.GetRequiredService<IVaultHealth>().CheckAsync()).Code);
    }

    [Fact]
    public async Task Login_SecretIdFileOpenToOthers_IsRefused()
    {
        File.SetUnixFileMode(Path.Combine(_folder, "secret-id"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Equal((VaultCodes.Denied, false), await FailureOf(() => Vault.ReadAsync(Okta)));
    }

    [Fact]
    public async Task AnyCall_NobodyListens_IsUnavailable()
    {
        await RestartAsync(options => options.Address = new Uri("http://127.0.0.1:9"));

        Assert.Equal((VaultCodes.Unavailable, true), await FailureOf(() => Vault.ReadAsync(Okta)));
        Assert.Equal(VaultCodes.Unavailable, (await _services.GetRequiredService<IVaultHealth>().CheckAsync()).Code);
    }

    [Fact]
    public async Task AnyCall_TenantsNamespace_IsInTheHeader()
    {
        await DisposeServerAsync();
        await StartAsync(new VaultSimOptions { Namespace = "tenants", Mounts = ["kv"] }, options => (options.Namespace, options.MountTemplate) = ("tenants/{tenant}", "kv"));

        await Write("one");

        Assert.Equal(
            ["tenants POST /v1/auth/approle/login", "tenants/t-acme POST /v1/kv/data/connectors/okta"],
            State.Calls.Select(call => $"{call.Namespace} {call.Method} {call.Path}"));
    }

    [Theory]
    [InlineData("Address", "http://vault.acme.com")]
    [InlineData("Address", "https://vault.acme.com/v1")]
    [InlineData("Address", "https://user@vault.acme.com")]
    [InlineData("MountTemplate", "a/../b")]
    [InlineData("MountTemplate", "{tenant}/{tenant}")]
    [InlineData("Namespace", "a b")]
    [InlineData("AppRoleMount", "{tenant}")]
    [InlineData("RoleId", "")]
    [InlineData("SecretIdFile", "")]
    public void Options_Wrong_AreRefusedWithTheSettingsName(string setting, string value)
    {
        var options = new VaultOptions { Kind = VaultKind.HashiCorp, Address = new Uri("https://vault.acme.com:8200"), RoleId = "r", SecretIdFile = "f" };
        switch (setting)
        {
            case "Address": options.Address = new Uri(value); break;
            case "MountTemplate": options.MountTemplate = value; break;
            case "Namespace": options.Namespace = value; break;
            case "AppRoleMount": options.AppRoleMount = value; break;
            case "RoleId": options.RoleId = value; break;
            default: options.SecretIdFile = value; break;
        }

        using var services = new ServiceCollection().AddStewardVault(configured =>
        {
            (configured.Kind, configured.Address, configured.MountTemplate, configured.Namespace) = (options.Kind, options.Address, options.MountTemplate, options.Namespace);
            (configured.AppRoleMount, configured.RoleId, configured.SecretIdFile) = (options.AppRoleMount, options.RoleId, options.SecretIdFile);
        }).BuildServiceProvider();

        var invalid = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<ISecretVault>());
        Assert.Contains($"Steward:Vault:{setting}", invalid.Message, StringComparison.Ordinal);
    }

    private async Task StartAsync(VaultSimOptions options, Action<VaultOptions>? configure = null)
    {
        _server = await VaultSimulator.StartAsync(options, _time);
        VaultFixture.WriteSecret(Path.Combine(_folder, "secret-id"), options.SecretId);
        _services = Client(configure ?? (_ => { }));
    }

    private async Task DisposeServerAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task RestartAsync(Action<VaultOptions> configure, string? secretId = null)
    {
        await _services.DisposeAsync();
        VaultFixture.WriteSecret(Path.Combine(_folder, "secret-id"), secretId ?? State.Options.SecretId);
        _services = Client(configure);
    }

    private ServiceProvider Client(Action<VaultOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddStewardVault(options =>
        {
            options.Kind = VaultKind.HashiCorp;
            options.Address = _server.Url;
            options.RoleId = State.Options.RoleId;
            options.SecretIdFile = Path.Combine(_folder, "secret-id");
            configure(options);
        });
        return services.BuildServiceProvider();
    }

    private Task<int> Write(string value) => Vault.WriteAsync(Okta, SecretVaultTests.Values(value));

    private async Task<(int Version, string Value)> Newest()
    {
        var secret = (await Vault.ReadAsync(Okta))!;
        return (secret.Version, secret.Values["v0"].Reveal());
    }

    private static async Task<(string Code, bool IsRetryable)> FailureOf(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VaultException>(call);
        return (failure.Code, failure.IsRetryable);
    }
}
