using Steward.Storage.Sqlite;

namespace Steward.Storage.Journals;

/// <summary>One append inside the writer's transaction.</summary>
internal sealed class SqliteJournalAppend(JournalAppend append, CancellationToken cancellationToken) : SqliteWork<JournalAppendResult>(cancellationToken)
{
    private const string SelectHead = "SELECT id, sequence, open, wake_at, purged FROM journal_heads WHERE journal = ?1";
    private const string InsertHead = "INSERT INTO journal_heads (journal, sequence, open, touched_at, wake_at) VALUES (?1, ?2, ?3, ?4, ?5)";

    /// <summary>Names no indexed column: SQLite would write their indexes again even if the values stay.</summary>
    private const string UpdateHead = "UPDATE journal_heads SET sequence = ?2, touched_at = ?3 WHERE id = ?1";

    private const string UpdateHeadAndMarks =
        "UPDATE journal_heads SET sequence = ?2, touched_at = ?3, open = ?4, wake_at = ?5, purged = 0 WHERE id = ?1";

    private const string InsertEntry =
        "INSERT INTO journal_entries (journal_id, sequence, type, at, deduplication_id, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    private const string SelectDuplicate =
        "SELECT sequence, type, at, deduplication_id, payload FROM journal_entries WHERE journal_id = ?1 AND deduplication_id = ?2";

    private const string SelectContent = "SELECT id, referred_at FROM contents WHERE tenant = ?1 AND hash = ?2";
    private const string InsertContent = "INSERT INTO contents (tenant, hash, stored_at, referred_at, bytes) VALUES (?1, ?2, ?3, ?3, ?4)";
    private const string ReferContent = "UPDATE contents SET referred_at = ?2 WHERE id = ?1";

    /// <inheritdoc/>
    public override long Weight => JournalAppendSize.Of(append);

    /// <summary>Inserts one entry.</summary>
    public static void Insert(SqliteSession session, long journal, long sequence, JournalRecord record) =>
        session.Prepare(InsertEntry)
            .Bind(1, journal)
            .Bind(2, sequence)
            .Bind(3, record.Type)
            .Bind(4, record.At.ToUnixTimeMilliseconds())
            .Bind(5, record.DeduplicationId)
            .Bind(6, record.Payload.Span)
            .Run();

    /// <summary>The entry of a journal with a deduplication id, or null.</summary>
    public static JournalEntry? Find(SqliteSession session, long journal, string deduplicationId) =>
        SqliteJournalStore.Single(session.Prepare(SelectDuplicate).Bind(1, journal).Bind(2, deduplicationId));

    /// <inheritdoc/>
    protected override JournalAppendResult Run(SqliteSession session)
    {
        var select = session.Prepare(SelectHead).Bind(1, append.Journal);
        var (id, head, open, wake, purged) = select.Step()
            ? (select.Int64(0), select.Int64(1), select.Int64(2) != 0, select.NullableInt64(3), select.Int64(4) != 0)
            : (0, 0, false, null, false);
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
        var newOpen = append.Open ?? open;
        var newWake = append.Wake is { } change ? change.At?.ToUnixTimeMilliseconds() : wake;
        if (id == 0)
        {
            session.Prepare(InsertHead).Bind(1, append.Journal).Bind(2, last).Bind(3, newOpen ? 1 : 0).Bind(4, touched).Bind(5, newWake).Run();
            id = session.LastInsertRowId;
        }
        else if (newOpen == open && newWake == wake && !purged)
        {
            session.Prepare(UpdateHead).Bind(1, id).Bind(2, last).Bind(3, touched).Run();
        }
        else
        {
            session.Prepare(UpdateHeadAndMarks).Bind(1, id).Bind(2, last).Bind(3, touched).Bind(4, newOpen ? 1 : 0).Bind(5, newWake).Run();
        }

        for (var i = 0; i < records.Count; i++)
        {
            Insert(session, id, head + 1 + i, records[i]);
        }

        if (append.Contents.Count > 0)
        {
            Store(session, touched);
        }

        return new JournalAppended(last);
    }

    /// <inheritdoc/>
    protected override void OnDurable(JournalAppendResult result)
    {
        if (result is JournalAppended)
        {
            Diagnostics.AppendedBytes.Add(Weight);
        }
    }

    private JournalEntry? Duplicate(SqliteSession session, long id)
    {
        var records = append.Records;
        for (var i = 0; i < records.Count; i++)
        {
            if (records[i].DeduplicationId is { } deduplicationId && Find(session, id, deduplicationId) is { } existing)
            {
                return existing;
            }
        }

        return null;
    }

    private void Store(SqliteSession session, long at)
    {
        var tenant = JournalArguments.Tenant(append.Journal);
        foreach (var content in append.Contents)
        {
            var select = session.Prepare(SelectContent).Bind(1, tenant).Bind(2, content.Hash);
            var (id, referred) = select.Step() ? (select.Int64(0), select.Int64(1)) : (0, 0);
            select.Reset();
            if (id == 0)
            {
                session.Prepare(InsertContent).Bind(1, tenant).Bind(2, content.Hash).Bind(3, at).Bind(4, content.Bytes.Span).Run();
            }
            else if (referred < at - JournalArguments.ReferencePrecision)
            {
                session.Prepare(ReferContent).Bind(1, id).Bind(2, at).Run();
            }
        }
    }
}
