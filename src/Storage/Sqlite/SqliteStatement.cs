using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Steward.Storage.Sqlite;

/// <summary>A prepared statement that is bound, stepped and reset many times. Parameters and columns count as in SQLite: from 1 and from 0.</summary>
internal sealed class SqliteStatement(sqlite3 database, sqlite3_stmt handle) : IDisposable
{
    private const int StackBytes = 512;

    /// <summary>Binds a number.</summary>
    public SqliteStatement Bind(int index, long value)
    {
        Check(raw.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    /// <summary>Binds a number, or null.</summary>
    public SqliteStatement Bind(int index, long? value)
    {
        Check(value is { } number ? raw.sqlite3_bind_int64(handle, index, number) : raw.sqlite3_bind_null(handle, index));
        return this;
    }

    /// <summary>Binds a text, or null.</summary>
    public SqliteStatement Bind(int index, string? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(handle, index));
            return this;
        }

        if (value.Length == 0)
        {
            Check(raw.sqlite3_bind_text(handle, index, value));
            return this;
        }

        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var buffer = size <= StackBytes ? stackalloc byte[StackBytes] : rented = ArrayPool<byte>.Shared.Rent(size);
        var written = Encoding.UTF8.GetBytes(value, buffer);
        var code = raw.sqlite3_bind_text(handle, index, buffer[..written]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        Check(code);
        return this;
    }

    /// <summary>Binds bytes; SQLite copies them. An empty span is an empty blob, not null.</summary>
    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, index, 0) : raw.sqlite3_bind_blob(handle, index, value));
        return this;
    }

    /// <summary>Moves to the next row; false at the end.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code == raw.SQLITE_DONE)
        {
            return false;
        }

        var error = Error();
        Reset();
        throw error;
    }

    /// <summary>Runs a statement that returns no rows, and resets it.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Makes the statement ready for the next binding; ends the read that it holds open.</summary>
    public void Reset() => _ = raw.sqlite3_reset(handle);

    /// <summary>A number of the current row.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    /// <summary>Whether the value is null.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    /// <summary>A number of the current row, or null.</summary>
    public long? NullableInt64(int column) => IsNull(column) ? null : Int64(column);

    /// <summary>A text of the current row that is not null.</summary>
    public string Text(int column)
    {
        var bytes = raw.sqlite3_column_blob(handle, column);
        return bytes.IsEmpty ? "" : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A text of the current row, or null.</summary>
    public string? NullableText(int column) => IsNull(column) ? null : Text(column);

    /// <summary>A copy of the bytes in the current row.</summary>
    public byte[] Blob(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    /// <inheritdoc/>
    public void Dispose() => _ = raw.sqlite3_finalize(handle);

    private SqliteError Error() => new(raw.sqlite3_extended_errcode(database), raw.sqlite3_errmsg(database).utf8_to_string());

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Error();
        }
    }
}
