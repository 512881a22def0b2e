using Npgsql;
using NpgsqlTypes;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.GrainState;

/// <summary>Grain states in PostgreSQL.</summary>
internal sealed class PostgreSqlGrainStateStore(PostgreSqlDatabase database) : IGrainStateStore
{
    private const string Select = "SELECT version, payload FROM grain_states WHERE storage = $1 AND state_name = $2 AND grain_id = $3";

    private const string Insert =
        """
        INSERT INTO grain_states (storage, state_name, grain_id, version, payload, modified_at) VALUES ($1, $2, $3, 1, $4, $5)
        ON CONFLICT DO NOTHING RETURNING version
        """;

    private const string Update =
        """
        UPDATE grain_states SET version = version + 1, payload = $4, modified_at = $5
        WHERE storage = $1 AND state_name = $2 AND grain_id = $3 AND version = $6
        RETURNING version
        """;

    /// <inheritdoc/>
    public ValueTask<StoredState?> ReadAsync(StateKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(key, static (database, wanted, cancellation) => SelectAsync(database, wanted, cancellation), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StateChange> WriteAsync(StateKey key, long? expected, byte[]? payload, DateTimeOffset at, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (key, expected, payload, at),
            static async (database, write, cancellation) =>
            {
                await using (var command = database.Command(write.expected is null ? Insert : Update))
                {
                    AddKey(command, write.key);
                    command.Parameters.Add(new NpgsqlParameter { Value = (object?)write.payload ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
                    command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = write.at.ToUnixTimeMilliseconds() });
                    if (write.expected is { } version)
                    {
                        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = version });
                    }

                    if (await command.ExecuteScalarAsync(cancellation) is long written)
                    {
                        return new StateChange(Done: true, written);
                    }
                }

                return new StateChange(Done: false, (await SelectAsync(database, write.key, cancellation))?.Version);
            },
            cancellationToken);

    private static async Task<StoredState?> SelectAsync(PostgreSqlDatabase database, StateKey key, CancellationToken cancellationToken)
    {
        await using var command = database.Command(Select);
        AddKey(command, key);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new StoredState(row.GetInt64(0), await row.IsDBNullAsync(1, cancellationToken) ? null : row.GetFieldValue<byte[]>(1))
            : null;
    }

    private static void AddKey(NpgsqlCommand command, StateKey key)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Storage });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.StateName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.GrainId });
    }
}
