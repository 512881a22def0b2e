using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Steward.Storage.PersonQueries;

/// <summary>Writes rows as JSON up to a number of rows and bytes. A row that does not fit is not there at all.</summary>
internal sealed class QueryRows(int maxRows, int maxBytes)
{
    private readonly ArrayBufferWriter<byte> _all = new(4096);
    private readonly ArrayBufferWriter<byte> _row = new(1024);

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a row was left out.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>How many bytes are left for the next row.</summary>
    public int BytesLeft => Math.Max(maxBytes - _all.WrittenCount - 2, 0);

    /// <summary>Whether one more row is allowed by their number.</summary>
    public bool TakesMore()
    {
        if (Count < maxRows && !IsTruncated)
        {
            return true;
        }

        IsTruncated = true;
        return false;
    }

    /// <summary>Says that there was more.</summary>
    public void LeaveOut() => IsTruncated = true;

    /// <summary>Adds a row; false, and nothing more, when it does not fit.</summary>
    public bool Add<TState>(TState state, Action<TState, Utf8JsonWriter> write)
    {
        _row.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_row, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            write(state, writer);
            writer.WriteEndArray();
        }

        if (_row.WrittenCount + 1 > BytesLeft)
        {
            IsTruncated = true;
            return false;
        }

        _all.Write(Count == 0 ? "["u8 : ","u8);
        _all.Write(_row.WrittenSpan);
        Count++;
        return true;
    }

    /// <summary>The answer. The rows are gone from here.</summary>
    public PersonQueryResult ToResult(IReadOnlyList<PersonQueryColumn> columns)
    {
        if (Count == 0 && IsTruncated)
        {
            return new PersonQueryResult { Code = "too_large", Message = string.Create(CultureInfo.InvariantCulture, $"The first row alone is larger than {maxBytes} bytes. Select less of it.") };
        }

        _all.Write(Count == 0 ? "[]"u8 : "]"u8);
        return new PersonQueryResult { Columns = columns, Rows = _all.WrittenMemory.ToArray(), RowCount = Count, IsTruncated = IsTruncated };
    }
}
