using Steward.Storage.Sqlite;

namespace Steward.Storage.GrainState;

/// <summary>Grain states in the SQLite file; their writes share transactions with the journals' appends.</summary>
internal sealed class SqliteGrainStateStore(SqliteDatabase database) : IGrainStateStore
{
    private const string Select = "SELECT version, payload FROM grain_states WHERE storage = ?1 AND state_name = ?2 AND grain_id = ?3";

    private const string Insert =
        "INSERT INTO grain_states (storage, state_name, grain_id, version, payload, modified_at) VALUES (?1, ?2, ?3, 1, ?4, ?5) ON CONFLICT DO NOTHING";

    private const string Update =
        """
        UPDATE grain_states SET version = version + 1, payload = ?4, modified_at = ?5
        WHERE storage = ?1 AND state_name = ?2 AND grain_id = ?3 AND version = ?6
        """;

    /// <inheritdoc/>
    public ValueTask<StoredState?> ReadAsync(StateKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read(key, static (session, wanted) => Read(session, wanted)));
    }

    /// <inheritdoc/>
    public ValueTask<StateChange> WriteAsync(StateKey key, long? expected, byte[]? payload, DateTimeOffset at, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session =>
            {
                var change = session.Prepare(expected is null ? Insert : Update)
                    .Bind(1, key.Storage).Bind(2, key.StateName).Bind(3, key.GrainId).Bind(5, at.ToUnixTimeMilliseconds());
                if (payload is null)
                {
                    change.Bind(4, (string?)null);
                }
                else
                {
                    change.Bind(4, payload.AsSpan());
                }

                if (expected is { } version)
                {
                    change.Bind(6, version);
                }

                change.Run();
                return session.Changes == 1
                    ? new StateChange(Done: true, (expected ?? 0) + 1)
                    : new StateChange(Done: false, Read(session, key)?.Version);
            },
            cancellationToken);

    private static StoredState? Read(SqliteSession session, StateKey key)
    {
        var select = session.Prepare(Select).Bind(1, key.Storage).Bind(2, key.StateName).Bind(3, key.GrainId);
        var state = select.Step() ? new StoredState(select.Int64(0), select.IsNull(1) ? null : select.Blob(1)) : null;
        select.Reset();
        return state;
    }
}
