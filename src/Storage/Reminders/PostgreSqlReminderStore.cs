using Npgsql;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Reminders;

/// <summary>Reminders in PostgreSQL.</summary>
internal sealed class PostgreSqlReminderStore(PostgreSqlDatabase database) : IReminderStore
{
    private const string Columns = "SELECT grain_id, name, start_at, period, etag FROM reminders ";
    private const string OfGrain = Columns + "WHERE grain_id = $1";
    private const string OfRange = Columns + "WHERE grain_hash > $1 AND grain_hash <= $2";
    private const string OfRangeOverZero = Columns + "WHERE grain_hash > $1 OR grain_hash <= $2";
    private const string One = Columns + "WHERE grain_id = $1 AND name = $2";

    private const string Upsert =
        """
        INSERT INTO reminders (grain_id, name, start_at, period, etag, grain_hash) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (grain_id, name) DO UPDATE
        SET start_at = excluded.start_at, period = excluded.period, etag = excluded.etag, grain_hash = excluded.grain_hash
        """;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredReminder>> ReadAsync(string grainId, CancellationToken cancellationToken) =>
        await QueryAsync(OfGrain, cancellationToken, Text(grainId));

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredReminder>> ReadRangeAsync(uint begin, uint end, CancellationToken cancellationToken) =>
        await QueryAsync(begin < end ? OfRange : OfRangeOverZero, cancellationToken, Number(begin), Number(end));

    /// <inheritdoc/>
    public async ValueTask<StoredReminder?> FindAsync(string grainId, string name, CancellationToken cancellationToken) =>
        (await QueryAsync(One, cancellationToken, Text(grainId), Text(name))).FirstOrDefault();

    /// <inheritdoc/>
    public async ValueTask WriteAsync(StoredReminder reminder, uint grainHash, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            Upsert,
            cancellationToken,
            Text(reminder.GrainId), Text(reminder.Name), Number(reminder.StartAt.Ticks), Number(reminder.Period.Ticks), Text(reminder.ETag), Number(grainHash));

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(string grainId, string name, string etag, CancellationToken cancellationToken) =>
        await ExecuteAsync("DELETE FROM reminders WHERE grain_id = $1 AND name = $2 AND etag = $3", cancellationToken, Text(grainId), Text(name), Text(etag)) == 1;

    /// <inheritdoc/>
    public async ValueTask ClearAsync(CancellationToken cancellationToken) => await ExecuteAsync("DELETE FROM reminders", cancellationToken);

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        database.WriteAsync(
            (sql, parameters),
            static async (database, change, cancellation) =>
            {
                await using var command = database.Command(change.sql);
                command.Parameters.AddRange(change.parameters);
                return await command.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);

    private ValueTask<List<StoredReminder>> QueryAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        database.ReadAsync(
            (sql, parameters),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(query.sql);
                command.Parameters.AddRange(query.parameters);
                await using var row = await command.ExecuteReaderAsync(cancellation);
                var rows = new List<StoredReminder>();
                while (await row.ReadAsync(cancellation))
                {
                    rows.Add(new StoredReminder(
                        row.GetString(0), row.GetString(1), new DateTime(row.GetInt64(2), DateTimeKind.Utc), TimeSpan.FromTicks(row.GetInt64(3)), row.GetString(4)));
                }

                return rows;
            },
            cancellationToken);
}
