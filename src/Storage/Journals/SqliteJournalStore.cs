using Steward.Storage.Sqlite;

namespace Steward.Storage.Journals;

/// <summary>Journals in one SQLite file.</summary>
/// <remarks>
/// <para>Durability: the file is in write-ahead-log mode with <c>synchronous=FULL</c>. An append is answered after COMMIT returned, which
/// flushes the log with <c>fsync</c>: it survives the loss of the process at any instant, and of power as far as the disk keeps its promise
/// to flush. A torn end of the log is recognised by its checksums and cut off; it can only hold what was not acknowledged.</para>
/// <para>Appends that wait at the same time share one transaction and one flush. Keys are ordered by code point.</para>
/// </remarks>
internal sealed class SqliteJournalStore(SqliteDatabase database) : IJournalStore
{
    private const string SelectAfter =
        """
        SELECT sequence, type, at, deduplication_id, payload FROM journal_entries
        WHERE journal_id = (SELECT id FROM journal_heads WHERE journal = ?1) AND sequence > ?2 ORDER BY sequence LIMIT ?3
        """;

    private const string SelectTail =
        """
        SELECT sequence, type, at, deduplication_id, payload FROM journal_entries
        WHERE journal_id = (SELECT id FROM journal_heads WHERE journal = ?1) ORDER BY sequence DESC LIMIT ?2
        """;

    private const string SelectFound =
        """
        SELECT sequence, type, at, deduplication_id, payload FROM journal_entries
        WHERE journal_id = (SELECT id FROM journal_heads WHERE journal = ?1) AND deduplication_id = ?2
        """;

    private const string Heads = "SELECT journal, sequence, open, touched_at, wake_at FROM journal_heads ";
    private const string SelectHead = Heads + "WHERE journal = ?1";

    /// <summary>Served by the index over open journals alone.</summary>
    internal const string SelectOpen =
        Heads + "WHERE open = 1 AND journal >= ?1 AND journal < ?2 AND touched_at <= ?3 ORDER BY journal LIMIT ?4";

    /// <summary>Sorts what is due, which is little, and never looks at what is not.</summary>
    internal const string SelectDue =
        Heads + "INDEXED BY journal_heads_wake WHERE wake_at <= ?3 AND journal >= ?1 AND journal < ?2 ORDER BY journal LIMIT ?4";

    /// <summary>Served by the index over closed journals that are not purged.</summary>
    internal const string SelectClosed =
        Heads + """
        INDEXED BY journal_heads_closed
        WHERE open = 0 AND wake_at IS NULL AND purged = 0 AND journal >= ?1 AND journal < ?2 AND touched_at <= ?3
        ORDER BY journal LIMIT ?4
        """;

    // The third parameter, a time, is that of the other lists.
    private const string SelectAll = Heads + "WHERE journal >= ?1 AND journal < ?2 AND ?3 IS NOT NULL ORDER BY journal LIMIT ?4";

    /// <inheritdoc/>
    public ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
    {
        JournalArguments.Validate(append);
        cancellationToken.ThrowIfCancellationRequested();
        var work = new SqliteJournalAppend(append, cancellationToken);
        database.Enqueue(work);
        return work.Completion;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        JournalArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((journal, afterSequence, limit), static (session, query) =>
            Entries(session.Prepare(SelectAfter).Bind(1, query.journal).Bind(2, query.afterSequence).Bind(3, query.limit))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        JournalArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        var entries = database.Read((journal, limit), static (session, query) =>
            Entries(session.Prepare(SelectTail).Bind(1, query.journal).Bind(2, query.limit)));
        entries.Reverse();
        return new(entries);
    }

    /// <inheritdoc/>
    public ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read(journal, static (session, key) =>
        {
            var select = session.Prepare(SelectHead).Bind(1, key);
            var head = select.Step() ? Head(select) : null;
            select.Reset();
            return head;
        }));
    }

    /// <inheritdoc/>
    public ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        JournalArguments.DeduplicationId(deduplicationId);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((journal, deduplicationId), static (session, query) =>
            Single(session.Prepare(SelectFound).Bind(1, query.journal).Bind(2, query.deduplicationId))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(
        string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        ListAsync(SelectOpen, prefix, touchedBefore, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListDueAsync(
        string prefix, DateTimeOffset dueBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        ListAsync(SelectDue, prefix, dueBefore, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListClosedAsync(
        string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        ListAsync(SelectClosed, prefix, touchedBefore, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListAsync(string prefix, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        ListAsync(SelectAll, prefix, DateTimeOffset.UnixEpoch, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default)
    {
        JournalArguments.Validate(purge);
        cancellationToken.ThrowIfCancellationRequested();
        var work = new SqliteJournalPurge(purge, cancellationToken);
        database.Enqueue(work);
        return work.Completion;
    }

    /// <summary>The first entry that a query finds, or null.</summary>
    internal static JournalEntry? Single(SqliteStatement select)
    {
        var entry = select.Step() ? Entry(select) : null;
        select.Reset();
        return entry;
    }

    private ValueTask<IReadOnlyList<JournalHead>> ListAsync(
        string sql, string prefix, DateTimeOffset before, int limit, string? afterJournal, CancellationToken cancellationToken)
    {
        JournalArguments.Range(prefix, afterJournal);
        JournalArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        return new(database.Read((sql, Range: KeyRange.Of(prefix, afterJournal), Before: before.ToUnixTimeMilliseconds(), limit), static (session, query) =>
        {
            var select = session.Prepare(query.sql).Bind(1, query.Range.From).Bind(2, query.Range.To).Bind(3, query.Before).Bind(4, query.limit);
            var heads = new List<JournalHead>();
            while (select.Step())
            {
                heads.Add(Head(select));
            }

            select.Reset();
            return heads;
        }));
    }

    private static List<JournalEntry> Entries(SqliteStatement select)
    {
        var entries = new List<JournalEntry>();
        while (select.Step())
        {
            entries.Add(Entry(select));
        }

        select.Reset();
        return entries;
    }

    private static JournalEntry Entry(SqliteStatement row) => new()
    {
        Sequence = row.Int64(0),
        Type = row.Text(1),
        At = Time(row.Int64(2)),
        DeduplicationId = row.NullableText(3),
        Payload = row.Blob(4),
    };

    private static JournalHead Head(SqliteStatement row) =>
        new(row.Text(0), row.Int64(1), row.Int64(2) != 0, Time(row.Int64(3)), row.NullableInt64(4) is { } wake ? Time(wake) : null);

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
