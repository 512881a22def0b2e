using SQLitePCL;

namespace Steward.Storage.Sqlite;

/// <summary>An error code from SQLite, before it is known whether a transaction was under way.</summary>
internal sealed class SqliteError(int code, string text) : Exception($"SQLite error {code}: {text}")
{
    /// <summary>The primary result code.</summary>
    public int PrimaryCode => code & 0xff;

    /// <summary>The error in the storage's own terms.</summary>
    public StorageException ToStorageException(string location, bool outcomeUnknown)
    {
        var (message, retryable) = PrimaryCode switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => ("is locked by another process", true),
            raw.SQLITE_FULL => ("could not grow: the disk is full; free some space", true),
            raw.SQLITE_IOERR => ("could not be read or written: the file system reported an error", true),
            raw.SQLITE_NOMEM => ("could not be used: memory is exhausted", true),
            raw.SQLITE_READONLY or raw.SQLITE_PERM => ("cannot be written to; give this process write access to the file and its directory", false),
            raw.SQLITE_CANTOPEN => ("cannot be opened; check that its directory exists and this process has access", false),
            raw.SQLITE_NOTADB => ("is not a SQLite database; set another file or move this one away", false),
            raw.SQLITE_CORRUPT => ("is damaged; restore it from a backup", false),
            raw.SQLITE_ERROR when text.StartsWith("no such table", StringComparison.Ordinal) || text.Contains("no such column", StringComparison.Ordinal)
                || text.Contains("has no column named", StringComparison.Ordinal) || text.StartsWith("no such index", StringComparison.Ordinal) =>
                ("has no Steward schema or an older one; run the storage migration first", false),
            _ => ("refused a statement", false),
        };
        return new StorageException($"The database {location} {message} (SQLite code {code}).", this) { IsRetryable = retryable, OutcomeUnknown = outcomeUnknown };
    }
}
