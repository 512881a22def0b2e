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
internal sealed class PostgreSqlJournalStore : IJournalStore, IAsyncDisposable, IDisposable
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

    private const string SelectHead = "SELECT journal, sequence, open, touched_at FROM journal_heads WHERE journal = $1";

    /// <summary>Served by the index over open journals alone.</summary>
    internal const string SelectOpen =
        "SELECT journal, sequence, open, touched_at FROM journal_heads WHERE open AND journal >= $1 AND journal < $2 AND touched_at <= $3 ORDER BY journal LIMIT $4";

    private const string SelectOpenToEnd =
        "SELECT journal, sequence, open, touched_at FROM journal_heads WHERE open AND journal >= $1 AND touched_at <= $2 ORDER BY journal LIMIT $3";

    private readonly PostgreSqlDatabase _database;
    private readonly JournalAppendLane[] _lanes;

    public PostgreSqlJournalStore(PostgreSqlDatabase database)
    {
        _database = database;
        _lanes = new JournalAppendLane[Lanes];
        for (var i = 0; i < Lanes; i++)
        {
            _lanes[i] = new JournalAppendLane(database);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
    {
        JournalArguments.Validate(append);
        cancellationToken.ThrowIfCancellationRequested();
        var lane = _lanes[(uint)string.GetHashCode(append.Journal, StringComparison.Ordinal) % Lanes];
        var outcome = await lane.EnqueueAsync(new PendingAppend(append, cancellationToken));
        if (outcome.Kind == AppendOutcome.Appended)
        {
            Diagnostics.AppendedBytes.Add(append.Records.Sum(static record => (long)record.Payload.Length));
        }

        return outcome.Kind switch
        {
            AppendOutcome.Appended => new JournalAppended(outcome.Sequence),
            AppendOutcome.Conflict => new JournalConflict(outcome.Sequence),
            // Entries never change, so reading it after the transaction gives the same.
            _ => new JournalDuplicate((await ReadAsync(append.Journal, outcome.Sequence - 1, 1, CancellationToken.None))[0]),
        };
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
    public async ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(
        string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default)
    {
        JournalArguments.Range(prefix, afterJournal);
        JournalArguments.Limit(limit);
        var range = KeyRange.Of(prefix, afterJournal);
        var before = Number(touchedBefore.ToUnixTimeMilliseconds());
        return range.To is { } to
            ? await QueryAsync(SelectOpen, [Text(range.From), Text(to), before, Number(limit)], Head, cancellationToken)
            : await QueryAsync(SelectOpenToEnd, [Text(range.From), before, Number(limit)], Head, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            await lane.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

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
        new(row.GetString(0), row.GetInt64(1), row.GetBoolean(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));

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
