using Npgsql;
using NpgsqlTypes;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Vault;

/// <summary>The embedded vault's rows in PostgreSQL.</summary>
internal sealed class PostgreSqlVaultStore(PostgreSqlDatabase database) : IVaultStore
{
    private const string Columns = "SELECT tenant, path, version, created_at, key_id, wrapped_key, sealed FROM vault_secrets ";
    private const string SelectNewest = Columns + "WHERE tenant = $1 AND path = $2 ORDER BY version DESC LIMIT 1";
    private const string SelectVersion = Columns + "WHERE tenant = $1 AND path = $2 AND version = $3";
    private const string SelectOtherKeys = Columns + "WHERE key_id < $1 OR key_id > $1 LIMIT $2";
    private const string SelectHead = "SELECT coalesce(max(version), 0) FROM vault_secrets WHERE tenant = $1 AND path = $2";
    private const string SelectPaths = "SELECT DISTINCT path FROM vault_secrets WHERE tenant = $1 AND path >= $2 AND path < $3 AND path > $4 ORDER BY path LIMIT $5";
    private const string SelectKeys = "SELECT DISTINCT key_id FROM vault_secrets ORDER BY key_id";
    private const string Add = "SELECT steward_vault_add($1, $2, $3, $4, $5, $6, $7, $8)";
    private const string Remove = "SELECT steward_vault_remove($1, $2)";
    private const string Trim = "DELETE FROM vault_secrets WHERE tenant = $1 AND path = $2 AND version < $3";
    private const string Update = "UPDATE vault_secrets SET key_id = $4, wrapped_key = $5 WHERE tenant = $1 AND path = $2 AND version = $3 AND key_id = $6";

    /// <inheritdoc/>
    public async ValueTask<VaultRow?> ReadAsync(string tenantId, string path, int? version, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        var rows = await ReadAsync(
            version is null ? SelectNewest : SelectVersion,
            parameters =>
            {
                parameters.Add(Text(tenantId));
                parameters.Add(Text(path));
                if (version is { } number)
                {
                    parameters.Add(Integer(number));
                }
            },
            ReadRow,
            cancellationToken);
        return rows.FirstOrDefault();
    }

    /// <inheritdoc/>
    public async ValueTask<int> GetVersionAsync(string tenantId, string path, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        var found = await ReadAsync(
            SelectHead,
            parameters =>
            {
                parameters.Add(Text(tenantId));
                parameters.Add(Text(path));
            },
            static row => row.GetInt32(0),
            cancellationToken);
        return found[0];
    }

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(VaultRow row, CancellationToken cancellationToken = default)
    {
        VaultArguments.Row(row);
        return database.WriteAsync(
            row,
            static async (database, row, cancellation) =>
            {
                await using var command = database.Command(Add);
                command.Parameters.Add(Text(row.TenantId));
                command.Parameters.Add(Text(row.Path));
                command.Parameters.Add(Integer(row.Version));
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = row.CreatedAt.ToUnixTimeMilliseconds(), NpgsqlDbType = NpgsqlDbType.Bigint });
                command.Parameters.Add(Text(row.KeyId));
                command.Parameters.Add(Bytes(row.WrappedKey));
                command.Parameters.Add(Bytes(row.Sealed));
                command.Parameters.Add(Integer(IVaultStore.KeptVersions));
                return await command.ExecuteScalarAsync(cancellation) is true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(string tenantId, string path, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        return database.WriteAsync(
            (tenantId, path),
            static async (database, place, cancellation) =>
            {
                await using var command = database.Command(Remove);
                command.Parameters.Add(Text(place.tenantId));
                command.Parameters.Add(Text(place.path));
                return (int)(await command.ExecuteScalarAsync(cancellation))!;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveEarlierAsync(string tenantId, string path, int version, CancellationToken cancellationToken = default)
    {
        VaultArguments.Place(tenantId, path);
        return database.WriteAsync(
            (tenantId, path, version),
            static async (database, place, cancellation) =>
            {
                await using var command = database.Command(Trim);
                command.Parameters.Add(Text(place.tenantId));
                command.Parameters.Add(Text(place.path));
                command.Parameters.Add(Integer(place.version));
                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ListAsync(string tenantId, string prefix, string? afterPath, int limit, CancellationToken cancellationToken = default)
    {
        VaultArguments.List(tenantId, prefix, afterPath, limit);
        return await ReadAsync(
            SelectPaths,
            parameters =>
            {
                parameters.Add(Text(tenantId));
                parameters.Add(Text(prefix));
                parameters.Add(Text(VaultArguments.EndOf(prefix)));
                parameters.Add(Text(afterPath ?? ""));
                parameters.Add(Integer(limit));
            },
            static row => row.GetString(0),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ListKeysAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(SelectKeys, static _ => { }, static row => row.GetString(0), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<VaultRow>> ListOtherKeysAsync(string keyId, int limit, CancellationToken cancellationToken = default)
    {
        VaultArguments.Text(keyId, nameof(keyId));
        VaultArguments.Limit(limit);
        return await ReadAsync(
            SelectOtherKeys,
            parameters =>
            {
                parameters.Add(Text(keyId));
                parameters.Add(Integer(limit));
            },
            ReadRow,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RewrapAsync(VaultRow row, string oldKeyId, CancellationToken cancellationToken = default)
    {
        VaultArguments.Row(row);
        VaultArguments.Text(oldKeyId, nameof(oldKeyId));
        return database.WriteAsync(
            (row, oldKeyId),
            static async (database, change, cancellation) =>
            {
                await using var command = database.Command(Update);
                command.Parameters.Add(Text(change.row.TenantId));
                command.Parameters.Add(Text(change.row.Path));
                command.Parameters.Add(Integer(change.row.Version));
                command.Parameters.Add(Text(change.row.KeyId));
                command.Parameters.Add(Bytes(change.row.WrappedKey));
                command.Parameters.Add(Text(change.oldKeyId));
                return await command.ExecuteNonQueryAsync(cancellation) == 1;
            },
            cancellationToken);
    }

    private ValueTask<List<TResult>> ReadAsync<TResult>(
        string sql, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, TResult> read, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (sql, bind, read),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(query.sql);
                query.bind(command.Parameters);
                await using var row = await command.ExecuteReaderAsync(cancellation);
                List<TResult> found = [];
                while (await row.ReadAsync(cancellation))
                {
                    found.Add(query.read(row));
                }

                return found;
            },
            cancellationToken);

    private static VaultRow ReadRow(NpgsqlDataReader row) => new()
    {
        TenantId = row.GetString(0),
        Path = row.GetString(1),
        Version = row.GetInt32(2),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        KeyId = row.GetString(4),
        WrappedKey = row.GetFieldValue<byte[]>(5),
        Sealed = row.GetFieldValue<byte[]>(6),
    };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<int> Integer(int value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    private static NpgsqlParameter<byte[]> Bytes(byte[] value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };
}
