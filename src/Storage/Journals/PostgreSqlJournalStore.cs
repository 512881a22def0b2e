using Npgsql;
using NpgsqlTypes;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Journals;

/// <summary>Journals in PostgreSQL.</summary>
/// <remarks>
/// <para>Durability: an append is answered after the server has committed with <c>synchronous_commit</c> at least <c>on</c>, that is after it has
/// flushed its log. It survives the loss of this process and of the server, as far as the server runs with <c>fsync=on</c> (its default).</para>
/// <para>Appends that wait at the same time share one statement and one flush. Any number of processes may append to the same journal; one of
/// them gets the next sequence number and the others a conflict. Keys are ordered by code point.</para>
/// </remarks>
internal sealed class PostgreSqlJournalStore : IJournalStore, IDisposable
{
    private const int Lanes = 4;

    private const string SelectAfter =
        """
        SELECT sequence, type, at, deduplication_id, payload FROM journal_entries
        WHERE journal_id = (SELECT id FROM journal_heads WHERE journal = $1) AND sequence > $2 ORDER BY sequence LIMIT $3
        """;

    private const string SelectTail =
        """
        SELECT sequence, type, at, deduplication_id, payload FROM journal_entries
        WHERE journal_id = (SELECT id FROM journal_heads WHERE journal = $1) ORDER BY sequence DESC LIMIT $2
        """;

    private const string SelectFound =
        """
        SELECT sequence, type, at, deduplication_id, payload FROM journal_entries
        WHERE journal_id = (SELECT id FROM journal_heads WHERE journal = $1) AND deduplication_id = $2
        """;

    private const string Heads = "SELECT journal, sequence, open, touched_at, wake_at FROM journal_heads ";
    private const string SelectHead = Heads + "WHERE journal = $1";

    /// <summary>Served by the index over open journals alone.</summary>
    internal const string SelectOpen = Heads + "WHERE open AND journal >= $1 AND journal < $2 AND touched_at <= $3 ORDER BY journal LIMIT $4";

    /// <summary>
    /// Sorts what is due, which is little, and never looks at what is not. Materialised, so that the planner does not walk through all
    /// journals in order instead, in the hope of meeting enough that are due.
    /// </summary>
    internal const string SelectDue =
        "WITH due AS MATERIALIZED (" + Heads + "WHERE wake_at <= $3 AND journal >= $1 AND journal < $2) SELECT * FROM due ORDER BY journal LIMIT $4";

    /// <summary>Served by the index over closed journals that are not purged.</summary>
    internal const string SelectClosed =
        Heads + "WHERE NOT open AND wake_at IS NULL AND NOT purged AND journal >= $1 AND journal < $2 AND touched_at <= $3 ORDER BY journal LIMIT $4";

    // The third parameter, a time, is that of the other lists.
    private const string SelectAll = Heads + "WHERE journal >= $1 AND journal < $2 AND $3 IS NOT NULL ORDER BY journal LIMIT $4";

    private const string Purge = "SELECT outcome, result_sequence FROM steward_journal_purge($1, $2, $3, $4, $5, $6)";

    // The function knows no wake times that are kept: in one transaction it is taken away before, and comes back after.
    private const string TakeWake = "WITH known AS (SELECT id, wake_at FROM journal_heads WHERE journal = $1 FOR UPDATE), taken AS (UPDATE journal_heads h SET wake_at = NULL FROM known WHERE h.id = known.id) SELECT wake_at FROM known";
    private const string PutWake = "UPDATE journal_heads SET wake_at = $2 WHERE journal = $1";

    private readonly PostgreSqlDatabase _database;
    private readonly JournalAppendLanes _lanes;

    public PostgreSqlJournalStore(PostgreSqlDatabase database)
    {
        _database = database;
        _lanes = new JournalAppendLanes(database, Lanes);
    }

    /// <inheritdoc/>
    public async ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
    {
        JournalArguments.Validate(append);
        cancellationToken.ThrowIfCancellationRequested();
        var outcome = await _lanes.AppendAsync(append, cancellationToken);
        if (outcome.Kind == AppendOutcome.Appended)
        {
            Diagnostics.AppendedBytes.Add(JournalAppendSize.Of(append));
        }

        return await ResultAsync(append.Journal, outcome);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        JournalArguments.Limit(limit);
        return await QueryAsync(SelectAfter, [Text(journal), Number(afterSequence), Number(limit)], Entry, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        JournalArguments.Limit(limit);
        var entries = await QueryAsync(SelectTail, [Text(journal), Number(limit)], Entry, cancellationToken);
        entries.Reverse();
        return entries;
    }

    /// <inheritdoc/>
    public async ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        return (await QueryAsync(SelectHead, [Text(journal)], Head, cancellationToken)).FirstOrDefault();
    }

    /// <inheritdoc/>
    public async ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default)
    {
        JournalArguments.Key(journal);
        JournalArguments.DeduplicationId(deduplicationId);
        return (await QueryAsync(SelectFound, [Text(journal), Text(deduplicationId)], Entry, cancellationToken)).FirstOrDefault();
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
    public async ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default)
    {
        JournalArguments.Validate(purge);
        var outcome = await _database.WriteAsync(
            purge,
            static async (database, purge, cancellation) =>
            {
                await using var connection = await database.OpenAsync(cancellation);
                if (!purge.KeepsWake)
                {
                    return await PurgeAsync(connection, purge, cancellation);
                }

                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                await using var take = new NpgsqlCommand(TakeWake, connection, transaction) { Parameters = { Text(purge.Journal) } };
                var wake = await take.ExecuteScalarAsync(cancellation) as long?;
                var answer = await PurgeAsync(connection, purge, cancellation);
                if (wake is { } kept)
                {
                    await using var put = new NpgsqlCommand(PutWake, connection, transaction) { Parameters = { Text(purge.Journal), Number(kept) } };
                    await put.ExecuteNonQueryAsync(cancellation);
                }

                await transaction.CommitAsync(cancellation);
                return answer;
            },
            cancellationToken);
        if (outcome.Kind == AppendOutcome.Appended)
        {
            Diagnostics.AppendedBytes.Add(purge.Receipt.Payload.Length);
        }

        return await ResultAsync(purge.Journal, outcome);
    }

    /// <inheritdoc/>
    public void Dispose() => _lanes.Dispose();

    private static async Task<AppendOutcome> PurgeAsync(NpgsqlConnection connection, JournalPurge purge, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Purge, connection);
        command.Parameters.Add(Text(purge.Journal));
        command.Parameters.Add(Number(purge.ThroughSequence));
        command.Parameters.Add(Text(purge.Receipt.Type));
        command.Parameters.Add(Number(purge.Receipt.At.ToUnixTimeMilliseconds()));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)purge.Receipt.DeduplicationId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = purge.Receipt.Payload, NpgsqlDbType = NpgsqlDbType.Bytea });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var answer = new AppendOutcome(reader.GetInt32(0), reader.GetInt64(1));

        // Without a transaction around it the commit is only certain when the server has answered everything.
        await reader.NextResultAsync(cancellationToken);
        return answer;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    private static JournalEntry Entry(NpgsqlDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        Type = row.GetString(1),
        At = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
        DeduplicationId = row.IsDBNull(3) ? null : row.GetString(3),
        Payload = row.GetFieldValue<byte[]>(4),
    };

    private static JournalHead Head(NpgsqlDataReader row) =>
        new(
            row.GetString(0),
            row.GetInt64(1),
            row.GetBoolean(2),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)));

    private async ValueTask<JournalAppendResult> ResultAsync(string journal, AppendOutcome outcome) => outcome.Kind switch
    {
        AppendOutcome.Appended => new JournalAppended(outcome.Sequence),
        AppendOutcome.Conflict => new JournalConflict(outcome.Sequence),
        // Entries with a deduplication id stay, so reading it after the transaction gives the same; only a purge may have emptied it since.
        _ => new JournalDuplicate((await ReadAsync(journal, outcome.Sequence - 1, 1, CancellationToken.None))[0]),
    };

    private async ValueTask<IReadOnlyList<JournalHead>> ListAsync(
        string sql, string prefix, DateTimeOffset before, int limit, string? afterJournal, CancellationToken cancellationToken)
    {
        JournalArguments.Range(prefix, afterJournal);
        JournalArguments.Limit(limit);
        var range = KeyRange.Of(prefix, afterJournal);
        return await QueryAsync(
            sql, [Text(range.From), Text(range.To), Number(before.ToUnixTimeMilliseconds()), Number(limit)], Head, cancellationToken);
    }

    private ValueTask<List<T>> QueryAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken) =>
        _database.ReadAsync(
            (sql, parameters, map),
            static async (database, query, cancellation) =>
            {
                await using var command = database.Command(query.sql);
                command.Parameters.AddRange(query.parameters);
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                var rows = new List<T>();
                while (await reader.ReadAsync(cancellation))
                {
                    rows.Add(query.map(reader));
                }

                return rows;
            },
            cancellationToken);
}
