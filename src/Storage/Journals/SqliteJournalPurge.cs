using Steward.Storage.Sqlite;

namespace Steward.Storage.Journals;

/// <summary>One journal's purge inside the writer's transaction.</summary>
internal sealed class SqliteJournalPurge(JournalPurge purge, CancellationToken cancellationToken) : SqliteWork<JournalAppendResult>(cancellationToken)
{
    private const string SelectHead = "SELECT id, sequence, open = 0 AND (wake_at IS NULL OR ?2) FROM journal_heads WHERE journal = ?1";
    private const string DeleteEntries = "DELETE FROM journal_entries WHERE journal_id = ?1 AND deduplication_id IS NULL";
    private const string EmptyEntries = "UPDATE journal_entries SET payload = zeroblob(0) WHERE journal_id = ?1 AND length(payload) > 0";
    private const string UpdateHead = "UPDATE journal_heads SET sequence = ?2, touched_at = ?3, purged = 1 WHERE id = ?1";

    /// <inheritdoc/>
    public override long Weight => purge.Receipt.Payload.Length;

    /// <inheritdoc/>
    protected override JournalAppendResult Run(SqliteSession session)
    {
        var select = session.Prepare(SelectHead).Bind(1, purge.Journal).Bind(2, purge.KeepsWake ? 1 : 0);
        var (id, head, atRest) = select.Step() ? (select.Int64(0), select.Int64(1), select.Int64(2) != 0) : (0, 0, false);
        select.Reset();
        if (id != 0 && purge.Receipt.DeduplicationId is { } deduplicationId && SqliteJournalAppend.Find(session, id, deduplicationId) is { } existing)
        {
            return new JournalDuplicate(existing);
        }

        if (head != purge.ThroughSequence || !atRest)
        {
            return new JournalConflict(head);
        }

        session.Prepare(DeleteEntries).Bind(1, id).Run();
        session.Prepare(EmptyEntries).Bind(1, id).Run();
        SqliteJournalAppend.Insert(session, id, head + 1, purge.Receipt);
        session.Prepare(UpdateHead).Bind(1, id).Bind(2, head + 1).Bind(3, purge.Receipt.At.ToUnixTimeMilliseconds()).Run();
        return new JournalAppended(head + 1);
    }

    /// <inheritdoc/>
    protected override void OnDurable(JournalAppendResult result)
    {
        if (result is JournalAppended)
        {
            Diagnostics.AppendedBytes.Add(Weight);
        }
    }
}
