using Npgsql;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Migrations;

/// <summary>Brings a schema in PostgreSQL up to date. Each step is a transaction that takes an advisory lock before it looks at the version.</summary>
internal static class PostgreSqlMigrations
{
    /// <summary>The oldest server that the statements are tested with, as <c>server_version_num</c>.</summary>
    private const int OldestServer = 150_000;

    /// <summary>Any number that other software in the same database is unlikely to use: "steward" in ASCII.</summary>
    private const long LockKey = 0x73_74_65_77_61_72_64;

    /// <summary>Applies what is missing and returns the steps that this call applied.</summary>
    public static async Task<IReadOnlyList<Migration>> ApplyAsync(PostgreSqlDatabase database, MigrationSet set, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            await CheckServerAsync(connection, database.Location, cancellationToken);
            var applied = new List<Migration>();
            while (await NextAsync(connection, database.Location, set, clock, cancellationToken) is { } step)
            {
                applied.Add(step);
            }

            return applied;
        }
        catch (Exception exception) when (PostgreSqlDatabase.IsStorageError(exception))
        {
            throw database.Translate(exception, outcomeUnknown: false);
        }
    }

    private static async Task CheckServerAsync(NpgsqlConnection connection, string location, CancellationToken cancellationToken)
    {
        await using var query = new NpgsqlCommand("SELECT current_setting('server_version_num')::integer, current_setting('server_version')", connection);
        await using var row = await query.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        if (row.GetInt32(0) < OldestServer)
        {
            throw new StorageException($"The PostgreSQL server of {location} has version {row.GetString(1)}; Steward needs 15 or newer.");
        }
    }

    private static async Task<Migration?> NextAsync(NpgsqlConnection connection, string location, MigrationSet set, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Another process that migrates at the same time waits here, then sees the version that this one left.
        await using (var protect = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction))
        {
            protect.CommandTimeout = 0;
            protect.Parameters.AddWithValue(LockKey);
            await protect.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var create = new NpgsqlCommand(
            """
            DO $$ BEGIN
                -- Not IF NOT EXISTS: that asks for the right to create tables even when there is nothing to create.
                IF to_regclass('schema_version') IS NULL THEN
                    CREATE TABLE schema_version (
                        component  text        NOT NULL,
                        version    integer     NOT NULL,
                        name       text        NOT NULL,
                        applied_at timestamptz NOT NULL,
                        PRIMARY KEY (component, version)
                    );
                END IF;
            END $$
            """, connection, transaction))
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        int version;
        await using (var select = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM schema_version WHERE component = $1", connection, transaction))
        {
            select.Parameters.AddWithValue(set.Component);
            version = (int)(await select.ExecuteScalarAsync(cancellationToken))!;
        }

        if (set.After(version, location) is not { } step)
        {
            await transaction.CommitAsync(cancellationToken);
            return null;
        }

        await using (var apply = new NpgsqlCommand(step.Sql, connection, transaction))
        {
            apply.CommandTimeout = 0;
            await apply.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var record = new NpgsqlCommand("INSERT INTO schema_version (component, version, name, applied_at) VALUES ($1, $2, $3, $4)", connection, transaction))
        {
            record.Parameters.AddWithValue(set.Component);
            record.Parameters.AddWithValue(step.Version);
            record.Parameters.AddWithValue(step.Name);
            record.Parameters.AddWithValue(clock.GetUtcNow());
            await record.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return step;
    }
}
