using Steward.Storage.Contents;
using Steward.Storage.Journals;
using Steward.Storage.PostgreSql;
using Steward.Storage.Sqlite;
using Steward.Storage.Vault;

namespace Steward.Storage;

/// <summary>The one database of this process: <see cref="Sqlite"/> or <see cref="PostgreSql"/> is set.</summary>
internal sealed class StorageBackend : IDisposable, IAsyncDisposable
{
    public StorageBackend(StewardStorageOptions options)
    {
        if (options.Provider == StorageProvider.PostgreSql)
        {
            PostgreSql = new PostgreSqlDatabase(options.ConnectionString!);
            Journals = new PostgreSqlJournalStore(PostgreSql);
            Contents = new PostgreSqlContentStore(PostgreSql);
            Vault = new PostgreSqlVaultStore(PostgreSql);
        }
        else
        {
            Sqlite = new SqliteDatabase(options.SqliteFile);
            Journals = new SqliteJournalStore(Sqlite);
            Contents = new SqliteContentStore(Sqlite);
            Vault = new SqliteVaultStore(Sqlite);
        }
    }

    public SqliteDatabase? Sqlite { get; }

    public PostgreSqlDatabase? PostgreSql { get; }

    public IJournalStore Journals { get; }

    public IContentStore Contents { get; }

    public IVaultStore Vault { get; }

    public StorageProvider Provider => PostgreSql is null ? StorageProvider.Sqlite : StorageProvider.PostgreSql;

    public string Location => PostgreSql?.Location ?? Sqlite!.Location;

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Writes what waits and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Journals is IAsyncDisposable journals)
        {
            await journals.DisposeAsync();
        }

        if (PostgreSql is not null)
        {
            await PostgreSql.DisposeAsync();
        }

        Sqlite?.Dispose();
    }
}
