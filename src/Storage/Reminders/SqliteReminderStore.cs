using Steward.Storage.Sqlite;

namespace Steward.Storage.Reminders;

/// <summary>Reminders in the SQLite file.</summary>
internal sealed class SqliteReminderStore(SqliteDatabase database) : IReminderStore
{
    private const string Columns = "SELECT grain_id, name, start_at, period, etag FROM reminders ";
    private const string OfGrain = Columns + "WHERE grain_id = ?1";
    private const string OfRange = Columns + "WHERE grain_hash > ?1 AND grain_hash <= ?2";
    private const string OfRangeOverZero = Columns + "WHERE grain_hash > ?1 OR grain_hash <= ?2";
    private const string One = Columns + "WHERE grain_id = ?1 AND name = ?2";

    private const string Upsert =
        """
        INSERT INTO reminders (grain_id, name, start_at, period, etag, grain_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (grain_id, name) DO UPDATE
        SET start_at = excluded.start_at, period = excluded.period, etag = excluded.etag, grain_hash = excluded.grain_hash
        """;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredReminder>> ReadAsync(string grainId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read(grainId, static (session, id) => Rows(session.Prepare(OfGrain).Bind(1, id))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredReminder>> ReadRangeAsync(uint begin, uint end, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((begin, end), static (session, range) =>
            Rows(session.Prepare(range.begin < range.end ? OfRange : OfRangeOverZero).Bind(1, range.begin).Bind(2, range.end))));
    }

    /// <inheritdoc/>
    public ValueTask<StoredReminder?> FindAsync(string grainId, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((grainId, name), static (session, key) =>
            Rows(session.Prepare(One).Bind(1, key.grainId).Bind(2, key.name)).FirstOrDefault()));
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(StoredReminder reminder, uint grainHash, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            session =>
            {
                session.Prepare(Upsert)
                    .Bind(1, reminder.GrainId).Bind(2, reminder.Name).Bind(3, reminder.StartAt.Ticks).Bind(4, reminder.Period.Ticks)
                    .Bind(5, reminder.ETag).Bind(6, grainHash).Run();
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(string grainId, string name, string etag, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session =>
            {
                session.Prepare("DELETE FROM reminders WHERE grain_id = ?1 AND name = ?2 AND etag = ?3").Bind(1, grainId).Bind(2, name).Bind(3, etag).Run();
                return session.Changes == 1;
            },
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ClearAsync(CancellationToken cancellationToken) =>
        await database.WriteAsync(
            session =>
            {
                session.Prepare("DELETE FROM reminders").Run();
                return true;
            },
            cancellationToken);

    private static List<StoredReminder> Rows(SqliteStatement select)
    {
        var rows = new List<StoredReminder>();
        while (select.Step())
        {
            rows.Add(new StoredReminder(
                select.Text(0), select.Text(1), new DateTime(select.Int64(2), DateTimeKind.Utc), TimeSpan.FromTicks(select.Int64(3)), select.Text(4)));
        }

        select.Reset();
        return rows;
    }
}
