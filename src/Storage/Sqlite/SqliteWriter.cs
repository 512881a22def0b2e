using System.Diagnostics;

namespace Steward.Storage.Sqlite;

/// <summary>
/// The only writer of this process. Whatever waits when a transaction ends shares the next one and its single flush (group
/// commit): under load the number of flushes does not grow with the number of changes.
/// </summary>
/// <remarks>
/// A thread of its own, since SQLite blocks while it flushes and a thread-pool thread would be missing elsewhere. A change is
/// answered only after COMMIT has returned, that is after the log was flushed (<c>synchronous=FULL</c>).
/// </remarks>
internal sealed class SqliteWriter : IDisposable
{
    private const int MaxBatch = 512;
    private const long MaxBatchBytes = 8 * 1024 * 1024;

    // 16 MB of log: a checkpoint's flushes are spread over thousands of appends.
    private const int CheckpointPages = 4_000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Queue<SqliteWork> _waiting = new();
    private readonly Func<SqliteSession> _open;
    private readonly string _location;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly Thread _thread;
    private SqliteSession? _session;
    private int _loggedPages;
    private bool _stopped;
    private long _began;

    public SqliteWriter(Func<SqliteSession> open, string location)
    {
        _open = open;
        _location = location;
        _checkpointer = new SqliteCheckpointer(open);
        _thread = new Thread(Loop) { IsBackground = true, Name = "steward-sqlite-writer" };
        _thread.Start();
    }

    /// <summary>How many transactions were committed since the start.</summary>
    public long Commits { get; private set; }

    /// <summary>Hands a change to the writer; the caller awaits the work's completion.</summary>
    public void Enqueue(SqliteWork work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(IJournalStore));
            _waiting.Enqueue(work);
            if (_waiting.Count > 1)
            {
                // The writer looks here again before it waits for the signal.
                return;
            }
        }

        _signal.Release();
    }

    /// <summary>Writes what waits, then ends.</summary>
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
        var batch = new List<SqliteWork>(MaxBatch);
        while (Take(batch))
        {
            Write(batch);
            batch.Clear();
            Checkpoint();
        }

        _checkpointer.Dispose();
        _session?.Dispose();
    }

    /// <summary>Fills the batch with what waits; waits when nothing does. False when stopped and empty.</summary>
    private bool Take(List<SqliteWork> batch)
    {
        while (true)
        {
            lock (_gate)
            {
                long weight = 0;
                while (batch.Count < MaxBatch && weight < MaxBatchBytes && _waiting.TryDequeue(out var work))
                {
                    weight += work.Weight;
                    batch.Add(work);
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

    private void Write(List<SqliteWork> batch)
    {
        for (var i = batch.Count - 1; i >= 0; i--)
        {
            if (batch[i].CancellationToken.IsCancellationRequested)
            {
                batch[i].Fail(new OperationCanceledException(batch[i].CancellationToken));
                batch.RemoveAt(i);
            }
        }

        if (batch.Count == 0 || !TryBegin(batch))
        {
            return;
        }

        _began = Stopwatch.GetTimestamp();
        if (TryExecute(batch, out var failure))
        {
            Commit(batch);
        }
        else if (batch.Count == 1)
        {
            Fail(batch[0], failure);
        }
        else
        {
            // One of them failed and took the others' transaction with it: each gets its own.
            foreach (var work in batch)
            {
                List<SqliteWork> alone = [work];
                if (TryBegin(alone))
                {
                    _began = Stopwatch.GetTimestamp();
                    if (TryExecute(alone, out failure))
                    {
                        Commit(alone);
                    }
                    else
                    {
                        Fail(work, failure);
                    }
                }
            }
        }
    }

    private bool TryBegin(List<SqliteWork> batch)
    {
        try
        {
            _session ??= _open();
            _session.Execute("BEGIN IMMEDIATE");
            return true;
        }
        catch (Exception exception)
        {
            DropSession();
            FailAll(batch, exception, outcomeUnknown: false);
            return false;
        }
    }

    private bool TryExecute(List<SqliteWork> batch, out Exception failure)
    {
        try
        {
            foreach (var work in batch)
            {
                work.Execute(_session!);
            }

            failure = null!;
            return true;
        }
        catch (Exception exception)
        {
            failure = Translate(exception, outcomeUnknown: false);
            try
            {
                _session!.Rollback();
            }
            catch (SqliteError)
            {
                // Closing the connection rolls back as well.
                DropSession();
            }

            return false;
        }
    }

    private void Commit(List<SqliteWork> batch)
    {
        try
        {
            _session!.Execute("COMMIT");
            Commits++;
            Diagnostics.CommitDuration.Record(Stopwatch.GetElapsedTime(_began).TotalSeconds);
            Diagnostics.CommitSize.Record(batch.Count);
        }
        catch (Exception exception)
        {
            // The log may or may not hold the commit frame; reading the file again decides.
            DropSession();
            FailAll(batch, exception, outcomeUnknown: true);
            return;
        }

        foreach (var work in batch)
        {
            work.Complete();
        }
    }

    /// <summary>After a batch was answered: has the log copied when it is long, and finishes that when nothing waits or it cannot wait longer.</summary>
    private void Checkpoint()
    {
        if (_session is null)
        {
            return;
        }

        _loggedPages += _session.TakeWrittenPages();
        if (_checkpointer.HasCopied)
        {
            if (_loggedPages >= CheckpointPages || NothingWaits())
            {
                try
                {
                    _checkpointer.Finish(_session);
                }
                catch (SqliteError)
                {
                    // Nothing is lost: the pages are in the log. What ails the file shows in the next transaction.
                    DropSession();
                }
            }
        }
        else if (_loggedPages >= CheckpointPages)
        {
            _loggedPages = 0;
            _checkpointer.Begin();
        }
    }

    private bool NothingWaits()
    {
        lock (_gate)
        {
            return _waiting.Count == 0;
        }
    }

    private void FailAll(List<SqliteWork> batch, Exception exception, bool outcomeUnknown)
    {
        foreach (var work in batch)
        {
            Fail(work, Translate(exception, outcomeUnknown));
        }
    }

    private static void Fail(SqliteWork work, Exception exception)
    {
        Diagnostics.Failed(exception);
        work.Fail(exception);
    }

    private Exception Translate(Exception exception, bool outcomeUnknown) =>
        exception is SqliteError error ? error.ToStorageException(_location, outcomeUnknown) : exception;

    private void DropSession()
    {
        _session?.Dispose();
        _session = null;
    }
}
