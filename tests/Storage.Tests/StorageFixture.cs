using Microsoft.Extensions.DependencyInjection;
using Steward.Storage.Sqlite;
using Steward.LocalPostgreSql;

namespace Steward.Storage.Tests;

/// <summary>A migrated database of its own for one test class.</summary>
public abstract class StorageFixture : IAsyncLifetime
{
    private ServiceProvider? _container;

    public IServiceProvider Services => _container!;

    public IJournalStore Journals => Services.GetRequiredService<IJournalStore>();

    public IContentStore Contents => Services.GetRequiredService<IContentStore>();

    public async Task InitializeAsync()
    {
        var configure = await PrepareAsync();
        _container = Open(configure);
        await Services.GetRequiredService<StorageMigrator>().MigrateAsync();
    }

    public async Task DisposeAsync()
    {
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }

        Remove();
    }

    public static ServiceProvider Open(Action<StewardStorageOptions> configure, TimeProvider? clock = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        if (clock is not null)
        {
            services.AddSingleton(clock);
        }

        services.AddStewardStorage(configure);
        return services.BuildServiceProvider();
    }

    protected abstract Task<Action<StewardStorageOptions>> PrepareAsync();

    protected virtual void Remove()
    {
    }
}

public sealed class SqliteStorageFixture : StorageFixture
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("steward-storage-");

    internal SqliteDatabase Database => Services.GetRequiredService<StorageBackend>().Sqlite!;

    protected override Task<Action<StewardStorageOptions>> PrepareAsync() =>
        Task.FromResult<Action<StewardStorageOptions>>(options => options.SqliteFile = Path.Combine(_directory.FullName, "steward.db"));

    protected override void Remove() => _directory.Delete(recursive: true);
}

public sealed class PostgreSqlStorageFixture : StorageFixture
{
    public string ConnectionString { get; private set; } = "";

    protected override async Task<Action<StewardStorageOptions>> PrepareAsync()
    {
        var server = await PostgreSqlServer.SharedAsync();
        ConnectionString = await server.CreateDatabaseAsync();
        return options =>
        {
            options.Provider = StorageProvider.PostgreSql;
            options.ConnectionString = ConnectionString;
        };
    }
}

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("steward-storage-");

    public string File(string name) => Path.Combine(_directory.FullName, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
