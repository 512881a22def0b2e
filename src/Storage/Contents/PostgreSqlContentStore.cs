using Npgsql;
using NpgsqlTypes;
using Steward.Storage.Journals;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Contents;

/// <summary>Contents in PostgreSQL; written by the appends.</summary>
internal sealed class PostgreSqlContentStore(PostgreSqlDatabase database) : IContentStore
{
    private const string Select = "SELECT bytes FROM contents WHERE tenant = $1 AND hash = $2";

    /// <summary>Passes by what an append refers to at this moment, instead of waiting for it.</summary>
    private const string Delete =
        """
        DELETE FROM contents c USING (
            SELECT tenant, hash FROM contents WHERE tenant = $1 AND referred_at < $2 ORDER BY referred_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ) AS old
        WHERE c.tenant = old.tenant AND c.hash = old.hash
        """;

    /// <summary>In ascending order, as appends lock them.</summary>
    private const string DeleteNamed =
        """
        DELETE FROM contents c USING (
            SELECT tenant, hash FROM contents WHERE tenant = $1 AND hash = ANY ($2) ORDER BY tenant, hash FOR UPDATE
        ) AS named
        WHERE c.tenant = named.tenant AND c.hash = named.hash
        """;

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string tenantId, string hash, CancellationToken cancellationToken = default)
    {
        JournalArguments.TenantId(tenantId);
        JournalArguments.Hash(hash, nameof(hash));
        var bytes = await database.ReadAsync(
            (tenantId, hash),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(Select);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.tenantId, NpgsqlDbType = NpgsqlDbType.Text });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.hash, NpgsqlDbType = NpgsqlDbType.Text });
                return await command.ExecuteScalarAsync(cancellation) as byte[];
            },
            cancellationToken);
        return bytes is null ? default(ReadOnlyMemory<byte>?) : bytes.AsMemory();
    }

    /// <inheritdoc/>
    public async ValueTask<int> PurgeAsync(string tenantId, DateTimeOffset referredBefore, int limit, CancellationToken cancellationToken = default)
    {
        JournalArguments.TenantId(tenantId);
        JournalArguments.Limit(limit);
        return await database.WriteAsync(
            (tenantId, Before: referredBefore.ToUnixTimeMilliseconds() - JournalArguments.ReferencePrecision, limit),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(Delete);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.tenantId, NpgsqlDbType = NpgsqlDbType.Text });
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.Before, NpgsqlDbType = NpgsqlDbType.Bigint });
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.limit, NpgsqlDbType = NpgsqlDbType.Bigint });
                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<int> RemoveAsync(string tenantId, IReadOnlyList<string> hashes, CancellationToken cancellationToken = default)
    {
        JournalArguments.Hashes(tenantId, hashes);
        return await database.WriteAsync(
            (tenantId, Hashes: hashes.Distinct(StringComparer.Ordinal).ToArray()),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(DeleteNamed);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.tenantId, NpgsqlDbType = NpgsqlDbType.Text });
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = query.Hashes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);
    }
}
