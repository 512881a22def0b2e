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
    private const string SelectHead = "SELECT id, sequence, open FROM journal_heads WHERE journal = ?1";
    private const string InsertHead = "INSERT INTO journal_heads (journal, sequence, open, touched_at) VALUES (?1, ?2, ?3, ?4)";
    private const string UpdateHead = "UPDATE journal_heads SET sequence = ?2, open = ?3, touched_at = ?4 WHERE id = ?1";
    private const string InsertEntry =
        "INSERT INTO journal_entries (journal_id, sequence, type, at, deduplication_id, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    private const string SelectDuplicate =
        "SELECT sequence, type, at, deduplication_id, payload FROM journal_entries WHERE journal_id = ?1 AND deduplication_id = ?2";

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

    private const string SelectHeadState = "SELECT sequence, open, touched_at FROM journal_heads WHERE journal = ?1";

    /// <summary>Served by the index over open journals alone.</summary>
    internal const string SelectOpen =
        "SELECT journal, sequence, touched_at FROM journal_heads WHERE open = 1 AND journal >= ?1 AND journal < ?2 AND touched_at <= ?3 ORDER BY journal LIMIT ?4";

    private const string SelectOpenToEnd =
        "SELECT journal, sequence, touched_at FROM journal_heads WHERE open = 1 AND journal >= ?1 AND touched_at <= ?2 ORDER BY journal LIMIT ?3";

    /// <inheritdoc/>
    public ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
    {
        JournalArguments.Validate(append);
        cancellationToken.ThrowIfCancellationRequested();
        var work = new Append(append, cancellationToken);
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
            var select = session.Prepare(SelectHeadState).Bind(1, key);
            var head = select.Step() ? new JournalHead(key, select.Int64(0), select.Int64(1) != 0, Time(select.Int64(2))) : null;
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
        string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default)
    {
        JournalArguments.Range(prefix, afterJournal);
        JournalArguments.Limit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        var range = KeyRange.Of(prefix, afterJournal);
        return new(database.Read((range, Before: touchedBefore.ToUnixTimeMilliseconds(), limit), static (session, query) =>
        {
            var select = query.range.To is { } to
                ? session.Prepare(SelectOpen).Bind(1, query.range.From).Bind(2, to).Bind(3, query.Before).Bind(4, query.limit)
                : session.Prepare(SelectOpenToEnd).Bind(1, query.range.From).Bind(2, query.Before).Bind(3, query.limit);
            var heads = new List<JournalHead>();
            while (select.Step())
            {
                heads.Add(new JournalHead(select.Text(0), select.Int64(1), Open: true, Time(select.Int64(2))));
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

    private static JournalEntry? Single(SqliteStatement select)
    {
        var entry = select.Step() ? Entry(select) : null;
        select.Reset();
        return entry;
    }

    private static JournalEntry Entry(SqliteStatement row) => new()
    {
        Sequence = row.Int64(0),
        Type = row.Text(1),
        At = Time(row.Int64(2)),
        DeduplicationId = row.NullableText(3),
        Payload = row.Blob(4),
    };

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private sealed class Append(JournalAppend append, CancellationToken cancellationToken) : SqliteWork<JournalAppendResult>(cancellationToken)
    {
        public override long Weight
        {
            get
            {
                long weight = 0;
                foreach (var record in append.Records)
                {
                    weight += record.Payload.Length;
                }

                return weight;
            }
        }

        protected override JournalAppendResult Run(SqliteSession session)
        {
            var select = session.Prepare(SelectHead).Bind(1, append.Journal);
            var (id, head, open) = select.Step() ? (select.Int64(0), select.Int64(1), select.Int64(2) != 0) : (0, 0, false);
            select.Reset();
            if (id != 0 && Duplicate(session, id) is { } existing)
            {
                return new JournalDuplicate(existing);
            }

            if (head != append.ExpectedSequence)
            {
                return new JournalConflict(head);
            }

            var records = append.Records;
            var last = head + records.Count;
            var touched = records[^1].At.ToUnixTimeMilliseconds();
            open = append.Open ?? open;
            if (id == 0)
            {
                session.Prepare(InsertHead).Bind(1, append.Journal).Bind(2, last).Bind(3, open ? 1 : 0).Bind(4, touched).Run();
                id = session.LastInsertRowId;
            }
            else
            {
                session.Prepare(UpdateHead).Bind(1, id).Bind(2, last).Bind(3, open ? 1 : 0).Bind(4, touched).Run();
            }

            for (var i = 0; i < records.Count; i++)
            {
                var record = records[i];
                session.Prepare(InsertEntry)
                    .Bind(1, id)
                    .Bind(2, head + 1 + i)
                    .Bind(3, record.Type)
                    .Bind(4, record.At.ToUnixTimeMilliseconds())
                    .Bind(5, record.DeduplicationId)
                    .Bind(6, record.Payload.Span)
                    .Run();
            }

            return new JournalAppended(last);
        }

        protected override void OnDurable(JournalAppendResult result)
        {
            if (result is JournalAppended)
            {
                Diagnostics.AppendedBytes.Add(Weight);
            }
        }

        private JournalEntry? Duplicate(SqliteSession session, long id)
        {
            foreach (var record in append.Records)
            {
                if (record.DeduplicationId is { } deduplicationId
                    && Single(session.Prepare(SelectDuplicate).Bind(1, id).Bind(2, deduplicationId)) is { } existing)
                {
                    return existing;
                }
            }

            return null;
        }
    }
}
