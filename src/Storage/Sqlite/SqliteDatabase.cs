using System.Collections.Concurrent;

namespace Steward.Storage.Sqlite;

/// <summary>The database file: one writer, and a reader connection for each thread that reads at the moment.</summary>
internal sealed class SqliteDatabase : IDisposable, IAsyncDisposable
{
    private const int IdleReaders = 8;

    private readonly ConcurrentQueue<SqliteSession> _idle = new();
    private readonly SqliteWriter _writer;
    private volatile bool _disposed;

    public SqliteDatabase(string file)
    {
        Location = Path.GetFullPath(file);
        _writer = new SqliteWriter(() => Open(SqliteAccess.Write), Location);
    }

    /// <summary>The full path of the file.</summary>
    public string Location { get; }

    /// <summary>How many transactions this process has committed.</summary>
    public long Commits => _writer.Commits;

    /// <summary>Hands a change to the writer.</summary>
    public void Enqueue(SqliteWork work) => _writer.Enqueue(work);

    /// <summary>Runs a change in the writer's next transaction and answers when it is durable. It may run twice, the first time rolled back.</summary>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Honoured until the writer takes the change.</param>
    /// <param name="weight">About how many bytes it writes.</param>
    public ValueTask<TResult> WriteAsync<TResult>(Func<SqliteSession, TResult> change, CancellationToken cancellationToken, long weight = 0)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var work = new Change<TResult>(change, weight, cancellationToken);
        _writer.Enqueue(work);
        return work.Completion;
    }

    /// <summary>
    /// Runs a read on the caller's thread. It sees everything that was acknowledged before it began, and never waits for the
    /// writer; pages come from the page cache or, at worst, one disk read each.
    /// </summary>
    public TResult Read<TState, TResult>(TState state, Func<SqliteSession, TState, TResult> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(IJournalStore));
        SqliteSession? session = null;
        try
        {
            if (!_idle.TryDequeue(out session))
            {
                session = Open(SqliteAccess.Read);
            }

            var result = read(session, state);
            if (!_disposed && _idle.Count < IdleReaders)
            {
                _idle.Enqueue(session);
                session = null;
            }

            return result;
        }
        catch (SqliteError error)
        {
            throw error.ToStorageException(Location, outcomeUnknown: false);
        }
        finally
        {
            session?.Dispose();
        }
    }

    /// <summary>Opens a connection; creates the file, readable by this user alone, when it is missing.</summary>
    public SqliteSession Open(SqliteAccess access)
    {
        CreateFile();
        return SqliteSession.Open(Location, access);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _writer.Dispose();
        while (_idle.TryDequeue(out var session))
        {
            session.Dispose();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void CreateFile()
    {
        if (File.Exists(Location))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Location)!);
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = new FileStream(Location, options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The database {Location} cannot be created: {exception.Message}", exception);
        }
    }

    private sealed class Change<TResult>(Func<SqliteSession, TResult> change, long weight, CancellationToken cancellationToken) : SqliteWork<TResult>(cancellationToken)
    {
        public override long Weight => weight;

        protected override TResult Run(SqliteSession session) => change(session);
    }
}
