using Microsoft.Extensions.DependencyInjection;
using Steward.EnterpriseSim.Vault;
using Steward.Engines.Security.Vault;
using Steward.LocalPostgreSql;
using Steward.Storage;

namespace Steward.Engines.Security.Tests.Vault;

/// <summary>A vault for one test class.</summary>
public abstract class VaultFixture : IAsyncLifetime
{
    private ServiceProvider? _container;

    public IServiceProvider Services => _container!;

    public ISecretVault Vault => Services.GetRequiredService<ISecretVault>();

    public IVaultHealth Health => Services.GetRequiredService<IVaultHealth>();

    public string Folder { get; } = Directory.CreateTempSubdirectory("steward-vault-").FullName;

    public async Task InitializeAsync()
    {
        var services = new ServiceCollection();
        await ConfigureAsync(services);
        _container = services.BuildServiceProvider();
        if (_container.GetService<StorageMigrator>() is { } migrator)
        {
            await migrator.MigrateAsync();
        }
    }

    public virtual async Task DisposeAsync()
    {
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    protected abstract Task ConfigureAsync(IServiceCollection services);

    /// <summary>A file that only its owner can read.</summary>
    public static void WriteSecret(string path, string content)
    {
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

public sealed class SqliteVaultFixture : VaultFixture
{
    public string KeyFile => Path.Combine(Folder, "vault.key");

    protected override Task ConfigureAsync(IServiceCollection services)
    {
        services.AddStewardStorage(options => options.SqliteFile = Path.Combine(Folder, "steward.db"));
        services.AddStewardVault(options => options.KeyFile = KeyFile);
        return Task.CompletedTask;
    }
}

public sealed class PostgreSqlVaultFixture : VaultFixture
{
    protected override async Task ConfigureAsync(IServiceCollection services)
    {
        var connection = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
        services.AddStewardStorage(options => (options.Provider, options.ConnectionString) = (StorageProvider.PostgreSql, connection));
        services.AddStewardVault(options => options.KeyFile = Path.Combine(Folder, "vault.key"));
    }
}

public abstract class HashiCorpVaultFixture : VaultFixture
{
    public VaultSimulator Server { get; private set; } = null!;

    protected abstract VaultSimOptions ServerOptions { get; }

    protected abstract void Configure(VaultOptions options);

    protected override async Task ConfigureAsync(IServiceCollection services)
    {
        Server = await VaultSimulator.StartAsync(ServerOptions);
        var file = Path.Combine(Folder, "secret-id");
        WriteSecret(file, Server.State.Options.SecretId + "\n");
        services.AddStewardVault(options =>
        {
            options.Kind = VaultKind.HashiCorp;
            options.Address = Server.Url;
            options.RoleId = Server.State.Options.RoleId;
            options.SecretIdFile = file;
            Configure(options);
        });
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>One mount for all: paths begin with the tenant.</summary>
public sealed class HashiCorpPathVaultFixture : HashiCorpVaultFixture
{
    protected override VaultSimOptions ServerOptions => new();

    protected override void Configure(VaultOptions options)
    {
    }
}

/// <summary>A mount for each tenant.</summary>
public sealed class HashiCorpMountVaultFixture : HashiCorpVaultFixture
{
    protected override VaultSimOptions ServerOptions => new() { Mounts = ["steward-*"] };

    protected override void Configure(VaultOptions options) => options.MountTemplate = "steward-{tenant}";
}

/// <summary>A namespace for each tenant.</summary>
public sealed class HashiCorpNamespaceVaultFixture : HashiCorpVaultFixture
{
    protected override VaultSimOptions ServerOptions => new() { Namespace = "tenants", Mounts = ["kv"] };

    protected override void Configure(VaultOptions options) => (options.Namespace, options.MountTemplate) = ("tenants/{tenant}", "kv");
}
