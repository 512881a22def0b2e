using SQLitePCL;

namespace Steward.Storage.Sqlite;

/// <summary>What a connection to the file is for.</summary>
internal enum SqliteAccess
{
    /// <summary>Reads only; never blocks the writer.</summary>
    Read,

    /// <summary>The writer's connection.</summary>
    Write,
}

/// <summary>One connection to the database file with its prepared statements. Used by one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    /// <summary>How long a connection waits for another process before it reports that the file is locked.</summary>
    public const int BusyTimeoutMilliseconds = 5_000;

    private const int WalConversionAttempts = 500;

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);
    private readonly sqlite3 _database;

    static SqliteSession() => Batteries_V2.Init();

    private SqliteSession(sqlite3 database) => _database = database;

    /// <summary>Opens the file, which exists, and applies the settings that durability and concurrency rest on.</summary>
    public static SqliteSession Open(string path, SqliteAccess access)
    {
        var code = raw.sqlite3_open_v2(path, out var database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            var error = new SqliteError(code, raw.sqlite3_errstr(code).utf8_to_string());
            _ = raw.sqlite3_close_v2(database);
            throw error;
        }

        var session = new SqliteSession(database);
        try
        {
            _ = raw.sqlite3_busy_timeout(database, BusyTimeoutMilliseconds);
            session.Execute("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;");
            session.EnterWal();
            if (access == SqliteAccess.Read)
            {
                session.Execute("PRAGMA cache_size = -4096; PRAGMA query_only = ON;");
            }
            else
            {
                // synchronous=FULL flushes the log at every commit: what was acknowledged survives a power cut. fullfsync matters
                // on macOS only. Checkpoints are made beside the writer (SqliteCheckpointer); if they do not get through, because somebody
                // reads for long, the writer tries itself at every commit from 16,000 pages (64 MB) on.
                session.Execute("""
                    PRAGMA synchronous = FULL;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    PRAGMA cache_size = -16384;
                    PRAGMA wal_autocheckpoint = 16000;
                    PRAGMA journal_size_limit = 67108864;
                    """);
            }

            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements whose rows do not matter.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_database, sql);
        if (code != raw.SQLITE_OK)
        {
            throw new SqliteError(raw.sqlite3_extended_errcode(_database), raw.sqlite3_errmsg(_database).utf8_to_string());
        }
    }

    /// <summary>The first column of the first row of a query without parameters, as text.</summary>
    public string? Scalar(string sql)
    {
        using var statement = Compile(sql);
        return statement.Step() ? statement.NullableText(0) : null;
    }

    /// <summary>The statement for this text, prepared once per connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
        {
            // A use that ended with an exception may have left it in the middle of its rows.
            statement.Reset();
        }
        else
        {
            _statements.Add(sql, statement = Compile(sql));
        }

        return statement;
    }

    /// <summary>The rowid that the last insert of this connection got.</summary>
    public long LastInsertRowId => raw.sqlite3_last_insert_rowid(_database);

    /// <summary>How many rows the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_database);

    /// <summary>How many pages this connection has written to the log since it was last asked.</summary>
    public int TakeWrittenPages()
    {
        _ = raw.sqlite3_db_status(_database, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        return pages;
    }

    /// <summary>
    /// Copies the log into the file as far as that is possible without waiting for anybody. True when nothing is left, so that the next
    /// transaction begins the log anew.
    /// </summary>
    public bool TryCheckpoint()
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_database, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var copied);
        return code switch
        {
            raw.SQLITE_OK => copied == logged,
            // Another connection is at it.
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => false,
            _ => throw new SqliteError(raw.sqlite3_extended_errcode(_database), raw.sqlite3_errmsg(_database).utf8_to_string()),
        };
    }

    /// <summary>Undoes the transaction under way, if there still is one.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_database) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _ = raw.sqlite3_close_v2(_database);
    }

    private SqliteStatement Compile(string sql)
    {
        var code = raw.sqlite3_prepare_v2(_database, sql, out var handle);
        return code == raw.SQLITE_OK
            ? new SqliteStatement(_database, handle)
            : throw new SqliteError(raw.sqlite3_extended_errcode(_database), raw.sqlite3_errmsg(_database).utf8_to_string());
    }

    /// <summary>Turns write-ahead logging on. The busy timeout does not cover this switch when two processes make it at once, so it is repeated.</summary>
    private void EnterWal()
    {
        var pause = default(SpinWait);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var mode = Scalar("PRAGMA journal_mode = WAL");
                if (mode == "wal")
                {
                    return;
                }

                throw new SqliteError(raw.SQLITE_CANTOPEN, $"write-ahead logging is not possible here (mode {mode}); the file system must support shared memory");
            }
            catch (SqliteError error) when (error.PrimaryCode == raw.SQLITE_BUSY && attempt < WalConversionAttempts)
            {
                pause.SpinOnce();
            }
        }
    }
}
