using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Storage;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>An owner of an instance's credentials with an embedded vault on SQLite.</summary>
internal sealed class SignInHost : IAsyncDisposable
{
    public const string Tenant = "t-acme";
    public const string Name = "sim";

    private readonly ServiceProvider _services;

    private SignInHost(ServiceProvider services) => _services = services;

    public ISecretVault Vault => _services.GetRequiredService<ISecretVault>();

    public OAuthClient Client => _services.GetRequiredService<OAuthClient>();

    public IServiceProvider Services => _services;

    public static async Task<SignInHost> StartAsync(string folder, Action<CredentialOptions>? configure = null, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        more?.Invoke(services);
        services.AddStewardStorage(options => options.SqliteFile = Path.Combine(folder, "steward.db"));
        services.AddStewardVault(options => options.KeyFile = Path.Combine(folder, "vault.key"));
        services.AddStewardCredentials(configure);
        var provider = services.BuildServiceProvider();
        if (provider.GetRequiredService<ISecretVault>() is EmbeddedVault)
        {
            await provider.GetRequiredService<StorageMigrator>().MigrateAsync();
        }

        return new SignInHost(provider);
    }

    /// <summary>The credentials of an instance that signs in at a server on loopback.</summary>
    public InstanceCredentials Open(ResolvedInstance target, ICredentialObserver? observer = null) =>
        _services.GetRequiredService<InstanceCredentialsFactory>().Create(target, allowPrivateAddresses: true, observer ?? new ChangeLog());

    /// <summary>Keeps a sign-in in the vault as a person's would be.</summary>
    public Task<int> StoreAsync(string refreshToken, string? userId = null) => Vault.WriteAsync(
        InstanceCredentials.GrantOf(Tenant, Name, userId), new Dictionary<string, SecretText> { ["refresh_token"] = new(refreshToken) });

    public Task<int> StoreSecretsAsync(params (string Name, string Value)[] secrets) => Vault.WriteAsync(
        InstanceCredentials.SecretsOf(Tenant, Name), secrets.ToDictionary(secret => secret.Name, secret => new SecretText(secret.Value)));

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    public static ResolvedInstance Target(Uri server, AuthKind kind, OAuth2Spec? oauth = null, IReadOnlyDictionary<string, string>? fields = null, Func<AuthSpec, AuthSpec>? change = null)
    {
        var auth = new AuthSpec
        {
            Id = "main",
            Kind = kind,
            PerUser = true,
            OAuth2 = oauth ?? Rotating(),
            Fields =
            [
                new() { Name = "clientId", Title = "Client id", Required = false },
                new() { Name = "clientSecret", Title = "Client secret", Secret = true, Required = false },
            ],
        };
        return new ResolvedInstance(
            new ConnectorInstance
            {
                TenantId = Tenant,
                Name = Name,
                Title = "Simulated",
                TemplateId = "sim",
                TemplateVersion = "1.0.0",
                TemplateHash = "none",
                AuthId = "main",
                BaseUrl = server.AbsoluteUri,
                Fields = fields ?? new Dictionary<string, string> { ["clientId"] = "client" },
            },
            new ConnectorTemplate
            {
                Id = "sim",
                Version = "1.0.0",
                Name = "Simulated",
                Vendor = "Steward",
                Categories = ["data"],
                Docs = new Uri("https://example.com"),
                Description = "A token endpoint.",
                Connection = new ConnectionSpec { BaseUrl = "https://example.com" },
                Auth = [change is null ? auth : change(auth)],
                Verify = new VerificationSpec { Operation = "none" },
                Operations = [],
            });
    }

    public static OAuth2Spec Rotating() => new()
    {
        TokenUrl = "{baseUrl}/token",
        AuthorizeUrl = "{baseUrl}/authorize",
        RotatesRefreshToken = true,
        ClientAuth = ClientAuthentication.None,
    };
}

/// <summary>The changes of state so far.</summary>
internal sealed class ChangeLog : ICredentialObserver
{
    private readonly Lock _gate = new();
    private readonly List<CredentialStateChange> _changes = [];

    public IReadOnlyList<CredentialStateChange> Changes
    {
        get
        {
            lock (_gate)
            {
                return [.. _changes];
            }
        }
    }

    public void Changed(CredentialStateChange change)
    {
        lock (_gate)
        {
            _changes.Add(change);
        }
    }
}
