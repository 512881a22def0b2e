using Steward.Storage.Sqlite;

namespace Steward.Storage.Vault;

/// <summary>The embedded vault's rows in the SQLite file.</summary>
internal sealed class SqliteVaultStore(SqliteDatabase database) : IVaultStore
{
    private const string Columns = "SELECT tenant, path, version, created_at, key_id, wrapped_key, sealed FROM vault_secrets ";
    private const string SelectNewest = Columns + "WHERE tenant = ?1 AND path = ?2 ORDER BY version DESC LIMIT 1";
    private const string SelectVersion = Columns + "WHERE tenant = ?1 AND path = ?2 AND version = ?3";
    private const string SelectOtherKeys = Columns + "WHERE key_id < ?1 OR key_id > ?1 LIMIT ?2";
    private const string SelectHead = "SELECT coalesce(max(version), 0) FROM vault_secrets WHERE tenant = ?1 AND path = ?2";
    private const string SelectPaths = "SELECT DISTINCT path FROM vault_secrets WHERE tenant = ?1 AND path >= ?2 AND path < ?3 AND path > ?4 ORDER BY path LIMIT ?5";
    private const string SelectKeys = "SELECT DISTINCT key_id FROM vault_secrets ORDER BY key_id";
    private const string Insert = "INSERT INTO vault_secrets (tenant, path, version, created_at, key_id, wrapped_key, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    private const string Trim = "DELETE FROM vault_secrets WHERE tenant = ?1 AND path = ?2 AND version <= ?3";
    private const string Delete = "DELETE FROM vault_secrets WHERE tenant = ?1 AND path = ?2";
    private const string Update = "UPDATE vault_secrets SET key_id = ?4, wrapped_key = ?5 WHERE tenant = ?1 AND path = ?2 AND version = ?3 AND key_id = ?6";

    /// <inheritdoc/>
    public ValueTask<VaultRow?> ReadAsync(string tenantId, string path, int? version, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, path, version), static (session, wanted) =>
        {
            var select = session.Prepare(wanted.version is null ? SelectNewest : SelectVersion).Bind(1, wanted.tenantId).Bind(2, wanted.path);
            if (wanted.version is { } number)
            {
                select.Bind(3, number);
            }

            return Rows(select).FirstOrDefault();
        }));
    }

    /// <inheritdoc/>
    public ValueTask<int> GetVersionAsync(string tenantId, string path, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, path), static (session, wanted) => Head(session, wanted.tenantId, wanted.path)));
    }

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(VaultRow row, CancellationToken cancellationToken = default)
    {
        VaultArguments.Row(row);
        return database.WriteAsync(
            session =>
            {
                if (Head(session, row.TenantId, row.Path) != row.Version - 1)
                {
                    return false;
                }

                session.Prepare(Insert).Bind(1, row.TenantId).Bind(2, row.Path).Bind(3, row.Version).Bind(4, row.CreatedAt.ToUnixTimeMilliseconds())
                    .Bind(5, row.KeyId).Bind(6, row.WrappedKey.AsSpan()).Bind(7, row.Sealed.AsSpan()).Run();
                session.Prepare(Trim).Bind(1, row.TenantId).Bind(2, row.Path).Bind(3, row.Version - IVaultStore.KeptVersions).Run();
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(string tenantId, string path, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        return database.WriteAsync(
            session =>
            {
                session.Prepare(Delete).Bind(1, tenantId).Bind(2, path).Run();
                return session.Changes;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveEarlierAsync(string tenantId, string path, int version, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        return database.WriteAsync(
            session =>
            {
                session.Prepare(Trim).Bind(1, tenantId).Bind(2, path).Bind(3, version - 1).Run();
                return session.Changes;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAsync(string tenantId, string prefix, string? afterPath, int limit, CancellationToken cancellationToken = default)
    {
        VaultArguments.List(tenantId, prefix, afterPath, limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((tenantId, prefix, afterPath, limit), static (session, query) => Texts(
            session.Prepare(SelectPaths).Bind(1, query.tenantId).Bind(2, query.prefix).Bind(3, VaultArguments.EndOf(query.prefix))
                .Bind(4, query.afterPath ?? "").Bind(5, query.limit))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListKeysAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read(0, static (session, _) => Texts(session.Prepare(SelectKeys))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<VaultRow>> ListOtherKeysAsync(string keyId, int limit, CancellationToken cancellationToken = default)
    {
        VaultArguments.Text(keyId, nameof(keyId));
        VaultArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((keyId, limit), static (session, query) => Rows(session.Prepare(SelectOtherKeys).Bind(1, query.keyId).Bind(2, query.limit))));
    }

    /// <inheritdoc/>
    public ValueTask<bool> RewrapAsync(VaultRow row, string oldKeyId, CancellationToken cancellationToken = default)
    {
        VaultArguments.Row(row);
        VaultArguments.Text(oldKeyId, nameof(oldKeyId));
        return database.WriteAsync(
            session =>
            {
                session.Prepare(Update).Bind(1, row.TenantId).Bind(2, row.Path).Bind(3, row.Version).Bind(4, row.KeyId).Bind(5, row.WrappedKey.AsSpan()).Bind(6, oldKeyId).Run();
                return session.Changes == 1;
            },
            cancellationToken);
    }

    private static int Head(SqliteSession session, string tenantId, string path)
    {
        var select = session.Prepare(SelectHead).Bind(1, tenantId).Bind(2, path);
        select.Step();
        var version = (int)select.Int64(0);
        select.Reset();
        return version;
    }

    private static List<VaultRow> Rows(SqliteStatement select)
    {
        List<VaultRow> rows = [];
        while (select.Step())
        {
            rows.Add(new VaultRow
            {
                TenantId = select.Text(0),
                Path = select.Text(1),
                Version = (int)select.Int64(2),
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(select.Int64(3)),
                KeyId = select.Text(4),
                WrappedKey = select.Blob(5),
                Sealed = select.Blob(6),
            });
        }

        select.Reset();
        return rows;
    }

    private static List<string> Texts(SqliteStatement select)
    {
        List<string> texts = [];
        while (select.Step())
        {
            texts.Add(select.Text(0));
        }

        select.Reset();
        return texts;
    }
}
