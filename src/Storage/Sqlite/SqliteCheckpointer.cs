using System.Diagnostics;

namespace Steward.Storage.Sqlite;

/// <summary>
/// Copies the write-ahead log into the database file beside the writer, on a connection and a thread of its own, so that no transaction waits for
/// thousands of pages to be written and flushed. What the writer appends meanwhile is left over; the writer copies that rest itself, which is
/// little, and begins the log anew.
/// </summary>
/// <remarks>
/// Readers and the writer are never blocked (<c>SQLITE_CHECKPOINT_PASSIVE</c>). Nothing here touches what an acknowledgement means: a transaction
/// is durable in the log, and a page leaves the log only after the file that holds its copy was flushed.
/// </remarks>
internal sealed class SqliteCheckpointer(Func<SqliteSession> open) : IDisposable
{
    // Each pass leaves what was appended during it, the first one some hundreds of pages, the second a handful.
    private const int Passes = 2;

    private const int Idle = 0;
    private const int Copying = 1;
    private const int Copied = 2;

    private readonly SemaphoreSlim _wanted = new(0);
    private volatile int _state;
    private volatile bool _stopped;
    private Thread? _thread;

    /// <summary>Whether all but the latest pages are copied and <see cref="Finish"/> is worth while.</summary>
    public bool HasCopied => _state == Copied;

    /// <summary>Begins to copy, unless it is at it. For the writer's thread.</summary>
    public void Begin()
    {
        if (_state != Idle)
        {
            return;
        }

        _state = Copying;
        if (_thread is null)
        {
            _thread = new Thread(Loop) { IsBackground = true, Name = "steward-sqlite-checkpoint" };
            _thread.Start();
        }

        _wanted.Release();
    }

    /// <summary>Copies the rest on the writer's own connection. For the writer's thread, between two transactions.</summary>
    public void Finish(SqliteSession writer)
    {
        writer.TryCheckpoint();
        _state = Idle;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped = true;
        _wanted.Release();
        _thread?.Join();
        _wanted.Dispose();
    }

    private void Loop()
    {
        SqliteSession? session = null;
        while (true)
        {
            _wanted.Wait();
            if (_stopped)
            {
                break;
            }

            try
            {
                session ??= open();
                var began = Stopwatch.GetTimestamp();
                for (var pass = 0; pass < Passes && !session.TryCheckpoint(); pass++)
                {
                }

                Diagnostics.CheckpointDuration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
            catch (SqliteError)
            {
                // The log keeps what was not copied, and whatever ails the file shows in the next transaction; that one's error is reported.
                session?.Dispose();
                session = null;
            }

            _state = Copied;
        }

        session?.Dispose();
    }
}
