using Steward.Storage.Approvals;
using Steward.Storage.Contents;
using Steward.Storage.Journals;
using Steward.Storage.Notifications;
using Steward.Storage.PostgreSql;
using Steward.Storage.Sqlite;
using Steward.Storage.Vault;
using Steward.Storage.Vectors;

namespace Steward.Storage;

/// <summary>The one database of this process: <see cref="Sqlite"/> or <see cref="PostgreSql"/> is set.</summary>
internal sealed class StorageBackend : IDisposable, IAsyncDisposable
{
    public StorageBackend(StewardStorageOptions options, TimeProvider clock)
    {
        if (options.Provider == StorageProvider.PostgreSql)
        {
            PostgreSql = new PostgreSqlDatabase(options.ConnectionString!);
            Journals = new PostgreSqlJournalStore(PostgreSql);
            Contents = new PostgreSqlContentStore(PostgreSql);
            Vault = new PostgreSqlVaultStore(PostgreSql);
            Approvals = new PostgreSqlApprovalStore(PostgreSql);
            Notifications = new PostgreSqlNotificationStore(PostgreSql);
            Vectors = new PostgreSqlVectorStore(PostgreSql, clock);
        }
        else
        {
            Sqlite = new SqliteDatabase(options.SqliteFile);
            Journals = new SqliteJournalStore(Sqlite);
            Contents = new SqliteContentStore(Sqlite);
            Vault = new SqliteVaultStore(Sqlite);
            Approvals = new SqliteApprovalStore(Sqlite);
            Notifications = new SqliteNotificationStore(Sqlite);
            Vectors = new SqliteVectorStore(Sqlite);
        }
    }

    public SqliteDatabase? Sqlite { get; }

    public PostgreSqlDatabase? PostgreSql { get; }

    public IJournalStore Journals { get; }

    public IContentStore Contents { get; }

    public IVaultStore Vault { get; }

    public IApprovalStore Approvals { get; }

    public INotificationStore Notifications { get; }

    public IVectorStore Vectors { get; }

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

        if (Vectors is IAsyncDisposable vectors)
        {
            await vectors.DisposeAsync();
        }

        if (PostgreSql is not null)
        {
            await PostgreSql.DisposeAsync();
        }

        Sqlite?.Dispose();
    }
}
