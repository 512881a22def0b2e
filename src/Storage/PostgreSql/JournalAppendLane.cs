using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Steward.Storage.Journals;

namespace Steward.Storage.PostgreSql;

/// <summary>An append on its way to the database.</summary>
internal sealed class PendingAppend(JournalAppend append, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<AppendOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JournalAppend Append => append;

    /// <summary>Honoured until the append is sent; from then on it runs to its end.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Completes when the append is durable.</summary>
    public Task<AppendOutcome> Completion => _completion.Task;

    public void Complete(AppendOutcome outcome) => _completion.SetResult(outcome);

    public void Fail(Exception exception) => _completion.SetException(exception);

    public void Cancel() => _completion.SetCanceled(cancellationToken);
}

/// <summary>What <c>steward_journal_append</c> answers for one append.</summary>
internal readonly record struct AppendOutcome(int Kind, long Sequence)
{
    public const int Appended = 0;
    public const int Conflict = 1;
    public const int Duplicate = 2;
}

/// <summary>
/// One connection that writes appends. Whatever waits when a statement ends goes into the next one: one round trip, one transaction,
/// one flush on the server, in the order in which they came.
/// </summary>
/// <remarks>
/// A thread of its own, which waits in the socket: an append then neither waits for a thread of the pool before it is sent, nor its answer for two of them.
/// </remarks>
internal sealed class JournalAppendLane : IDisposable
{
    private const int MaxBatch = 256;
    private const long MaxBatchBytes = 8 * 1024 * 1024;
    private const int MaxDeadlockRetries = 3;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Queue<PendingAppend> _waiting = new();
    private readonly PostgreSqlDatabase _database;
    private readonly Thread _thread;
    private readonly List<string> _journals = [];
    private readonly List<long> _expected = [];
    private readonly List<bool?> _opens = [];
    private readonly List<int> _counts = [];
    private readonly List<string> _types = [];
    private readonly List<long> _ats = [];
    private readonly List<string?> _deduplicationIds = [];
    private readonly List<ReadOnlyMemory<byte>> _payloads = [];
    private readonly List<bool> _wakeChanges = [];
    private readonly List<long?> _wakes = [];
    private readonly List<int> _contentAppends = [];
    private readonly List<string> _contentHashes = [];
    private readonly List<ReadOnlyMemory<byte>> _contentBytes = [];
    private readonly AppendOutcome[] _outcomes = new AppendOutcome[MaxBatch];
    private NpgsqlConnection? _connection;
    private NpgsqlCommand? _command;
    private bool _stopped;

    public JournalAppendLane(PostgreSqlDatabase database)
    {
        _database = database;
        _thread = new Thread(Loop) { IsBackground = true, Name = "steward-postgresql-appends" };
        _thread.Start();
    }

    /// <summary>Hands an append to the lane.</summary>
    public Task<AppendOutcome> EnqueueAsync(PendingAppend append)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(IJournalStore));
            _waiting.Enqueue(append);
            if (_waiting.Count > 1)
            {
                // The thread looks here again before it waits for the signal.
                return append.Completion;
            }
        }

        _signal.Release();
        return append.Completion;
    }

    /// <summary>Writes what waits, then closes the connection.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
        }

        _signal.Release();
        _thread.Join();
        _signal.Dispose();
    }

    private void Loop()
    {
        var batch = new List<PendingAppend>(MaxBatch);
        while (Take(batch))
        {
            Write(batch);
            batch.Clear();
        }

        DropConnection();
    }

    /// <summary>Fills the batch with what waits; waits when nothing does. False when stopped and empty.</summary>
    private bool Take(List<PendingAppend> batch)
    {
        while (true)
        {
            lock (_gate)
            {
                long bytes = 0;
                while (batch.Count < MaxBatch && bytes < MaxBatchBytes && _waiting.TryDequeue(out var append))
                {
                    if (append.CancellationToken.IsCancellationRequested)
                    {
                        append.Cancel();
                        continue;
                    }

                    bytes += JournalAppendSize.Of(append.Append);
                    batch.Add(append);
                }

                if (batch.Count > 0)
                {
                    return true;
                }

                if (_stopped)
                {
                    return false;
                }
            }

            _signal.Wait();
        }
    }

    private void Write(List<PendingAppend> batch)
    {
        // In ascending order of the journals, so that two processes never wait for each other's heads crosswise. Stable, so that
        // appends to the same journal stay in order.
        var ordered = batch.Count == 1 ? batch : [.. batch.OrderBy(static append => append.Append.Journal, StringComparer.Ordinal)];
        var failure = TryWrite(ordered);
        if (failure is null)
        {
            for (var i = 0; i < ordered.Count; i++)
            {
                ordered[i].Complete(_outcomes[i]);
            }
        }
        else if (ordered.Count > 1 && failure is PostgresException)
        {
            // The server undid the statement because of one of them: each gets its own.
            foreach (var append in ordered)
            {
                List<PendingAppend> alone = [append];
                if (TryWrite(alone) is { } own)
                {
                    Fail(append, own);
                }
                else
                {
                    append.Complete(_outcomes[0]);
                }
            }
        }
        else
        {
            foreach (var append in ordered)
            {
                Fail(append, failure);
            }
        }
    }

    /// <summary>Null when the outcomes are there.</summary>
    private Exception? TryWrite(List<PendingAppend> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            var sent = false;
            try
            {
                if (_command is null)
                {
                    Connect();
                }

                Fill(batch);
                var began = Stopwatch.GetTimestamp();
                sent = true;
                using var reader = _command!.ExecuteReader();
                var count = 0;
                while (reader.Read())
                {
                    _outcomes[count++] = new AppendOutcome(reader.GetInt32(0), reader.GetInt64(1));
                }

                // Reading to the end is what says that the transaction was committed.
                reader.NextResult();
                Diagnostics.CommitDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
                Diagnostics.CommitSize.Record(batch.Count);
                return count == batch.Count ? null : new InvalidOperationException($"The append function answered {count} of {batch.Count} appends.");
            }
            catch (PostgresException exception) when (
                exception.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < MaxDeadlockRetries)
            {
                // The server undid everything; the same statement may simply be sent again.
            }
            catch (Exception exception)
            {
                if (exception is not PostgresException || _connection?.State != System.Data.ConnectionState.Open)
                {
                    DropConnection();
                }

                return sent || exception is PostgresException ? exception : new NotSentException(exception);
            }
            finally
            {
                Clear();
            }
        }
    }

    private void Fail(PendingAppend append, Exception cause)
    {
        var exception = Translate(cause);
        Diagnostics.Failed(exception);
        append.Fail(exception);
    }

    private StorageException Translate(Exception exception) => exception switch
    {
        NotSentException { InnerException: { } cause } when PostgreSqlDatabase.IsStorageError(cause) => _database.Translate(cause, outcomeUnknown: false),
        _ when PostgreSqlDatabase.IsStorageError(exception) => _database.Translate(exception, outcomeUnknown: exception is not PostgresException),
        _ => new StorageException($"An append to {_database.Location} failed unexpectedly.", exception) { OutcomeUnknown = exception is not NotSentException },
    };

    private void Connect()
    {
        _connection = _database.OpenForAppends();
        using (var durable = new NpgsqlCommand(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'", _connection))
        {
            // An append is answered only when it is on stable storage, whatever the server's default is. Stronger settings stay.
            durable.ExecuteNonQuery();
        }

        _command = new NpgsqlCommand(
            "SELECT outcome, result_sequence FROM steward_journal_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", _connection);
        Add(_journals, NpgsqlDbType.Text);
        Add(_expected, NpgsqlDbType.Bigint);
        Add(_opens, NpgsqlDbType.Boolean);
        Add(_counts, NpgsqlDbType.Integer);
        Add(_types, NpgsqlDbType.Text);
        Add(_ats, NpgsqlDbType.Bigint);
        Add(_deduplicationIds, NpgsqlDbType.Text);
        Add(_payloads, NpgsqlDbType.Bytea);
        Add(_wakeChanges, NpgsqlDbType.Boolean);
        Add(_wakes, NpgsqlDbType.Bigint);
        Add(_contentAppends, NpgsqlDbType.Integer);
        Add(_contentHashes, NpgsqlDbType.Text);
        Add(_contentBytes, NpgsqlDbType.Bytea);
        if (_database.CanPrepare)
        {
            _command.Prepare();
        }

        void Add(object list, NpgsqlDbType element) =>
            _command.Parameters.Add(new NpgsqlParameter { Value = list, NpgsqlDbType = NpgsqlDbType.Array | element });
    }

    private void Fill(List<PendingAppend> batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var append = batch[i].Append;
            _journals.Add(append.Journal);
            _expected.Add(append.ExpectedSequence);
            _opens.Add(append.Open);
            _counts.Add(append.Records.Count);
            _wakeChanges.Add(append.Wake is not null);
            _wakes.Add(append.Wake?.At?.ToUnixTimeMilliseconds());
            foreach (var record in append.Records)
            {
                _types.Add(record.Type);
                _ats.Add(record.At.ToUnixTimeMilliseconds());
                _deduplicationIds.Add(record.DeduplicationId);
                _payloads.Add(record.Payload);
            }

            for (var content = 0; content < append.Contents.Count; content++)
            {
                _contentAppends.Add(i + 1);
                _contentHashes.Add(append.Contents[content].Hash);
                _contentBytes.Add(append.Contents[content].Bytes);
            }
        }
    }

    private void Clear()
    {
        _journals.Clear();
        _expected.Clear();
        _opens.Clear();
        _counts.Clear();
        _types.Clear();
        _ats.Clear();
        _deduplicationIds.Clear();
        _payloads.Clear();
        _wakeChanges.Clear();
        _wakes.Clear();
        _contentAppends.Clear();
        _contentHashes.Clear();
        _contentBytes.Clear();
    }

    private void DropConnection()
    {
        var (command, connection) = (_command, _connection);
        (_command, _connection) = (null, null);
        command?.Dispose();
        connection?.Dispose();
    }

    /// <summary>The connection failed before the statement was sent: nothing has happened.</summary>
    private sealed class NotSentException(Exception cause) : Exception(cause.Message, cause);
}
