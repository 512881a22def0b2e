using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using CsvHelper;
using CsvHelper.Configuration;

namespace Steward.Engines.Triage.Tickets;

/// <summary>
/// Reads tickets out of comma-separated text (RFC 4180, UTF-8) row by row, so that a file of any length costs no more memory than its longest row. The first line names the columns, in any order and case:
/// <c>label</c> (or <c>group</c>) and either <c>text</c> or <c>short_description</c> and/or <c>description</c>; <c>category</c>, <c>subcategory</c>, <c>priority</c>, <c>department</c>, <c>location</c>,
/// <c>configuration_item</c>, <c>hour</c>, <c>id</c> and <c>opened_at</c> (ISO 8601; UTC where it names no zone) are read where they are there; others are left alone. A row that cannot be used is told and passed over.
/// </summary>
public sealed class TicketFile : IDisposable
{
    /// <summary>The longest field that is read, in characters; the whole row of a longer one is bad.</summary>
    public const int LongestField = 200_000;

    /// <summary>The longest row that is read, in characters; a longer one ends the reading.</summary>
    public const int LongestRow = 8_000_000;

    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "id", "label", "group", "text", "short_description", "description", "category", "subcategory", "priority", "department", "location", "configuration_item", "hour", "opened_at");

    private readonly RowBound _text;
    private readonly CsvReader _csv;
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool _needsLabel;
    private readonly bool _readsAll;

    private TicketFile(TextReader reader, bool needsLabel, bool readsAll)
    {
        (_needsLabel, _readsAll) = (needsLabel, readsAll);
        _text = new RowBound(reader, LongestRow);
        _csv = new CsvReader(_text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            // A quote in the middle of a field is a quote; what a person typed is no reason to stop.
            BadDataFound = null,
            MissingFieldFound = null,
            DetectColumnCountChanges = false,
            IgnoreBlankLines = true,
        });
    }

    /// <summary>The rows that could not be used so far.</summary>
    public long BadRows { get; private set; }

    /// <summary>Begins to read.</summary>
    /// <param name="reader">The text; closed with this object.</param>
    /// <param name="needsLabel">Whether a row without a label is bad, and the column required.</param>
    /// <param name="readsAll">Whether the columns besides title, text, label and id are read; otherwise they are left alone, whatever they hold.</param>
    /// <exception cref="FormatException">There is no header, or it lacks a column that is needed; the message says which.</exception>
    public static TicketFile Open(TextReader reader, bool needsLabel = true, bool readsAll = true)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var file = new TicketFile(reader, needsLabel, readsAll);
        try
        {
            file.ReadHeader(file._csv.Read());
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Begins to read from what must not be waited for, such as the network.</summary>
    /// <param name="reader">The text; closed with this object.</param>
    /// <param name="needsLabel">Whether a row without a label is bad, and the column required.</param>
    /// <exception cref="FormatException">There is no header, or it lacks a column that is needed; the message says which.</exception>
    public static async Task<TicketFile> OpenAsync(TextReader reader, bool needsLabel = true)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var file = new TicketFile(reader, needsLabel, readsAll: true);
        try
        {
            file.ReadHeader(await file._csv.ReadAsync());
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The rows that can be used, in order. May be enumerated once.</summary>
    /// <param name="onBadRow">Told of each row that cannot.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FormatException">A row is longer than <see cref="LongestRow"/>.</exception>
    public async IAsyncEnumerable<LabelledTicket> ReadAsync(Action<BadRow>? onBadRow = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var row in ReadEachAsync(onBadRow, cancellationToken))
        {
            if (row is not null)
            {
                yield return row;
            }
        }
    }

    /// <summary>All rows, in order; null stands for one that cannot be used, so that a reader gets to decide however many of those follow each other. May be enumerated once, instead of the other.</summary>
    /// <param name="onBadRow">Told of each row that cannot be used, before its null.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FormatException">A row is longer than <see cref="LongestRow"/>.</exception>
    public async IAsyncEnumerable<LabelledTicket?> ReadEachAsync(Action<BadRow>? onBadRow = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await _csv.ReadAsync())
            {
                yield break;
            }

            _text.RowEnded(_csv.Parser.RawRow);

            // The reader's own bound stops within the row, and would take the rest of it for rows: whoever wrote a ticket wrote that.
            var (row, problem) = _columns.Values.Any(column => column < _csv.Parser.Count && _csv.Parser[column].Length > LongestField)
                ? (null, $"has a field of more than {LongestField} characters.")
                : Row();
            if (row is not null)
            {
                yield return row;
                continue;
            }

            BadRows++;
            onBadRow?.Invoke(new BadRow(_csv.Parser.RawRow, problem!));
            yield return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();

    private void ReadHeader(bool hasFirstLine)
    {
        if (!hasFirstLine || !_csv.ReadHeader())
        {
            throw new FormatException("The file is empty. Its first line has to name the columns, for example: text,label");
        }

        var names = _csv.HeaderRecord!;
        for (var i = 0; i < names.Length; i++)
        {
            var name = names[i].Trim().TrimStart('\uFEFF');
            if (Known.Contains(name))
            {
                _columns.TryAdd(name, i);
            }
        }

        _text.RowEnded(_csv.Parser.RawRow);

        if (!_columns.ContainsKey("text") && !_columns.ContainsKey("short_description") && !_columns.ContainsKey("description"))
        {
            throw new FormatException($"The columns are {Shown(names)}. There has to be text, or short_description and description{Why(names)}");
        }

        if (_needsLabel && !_columns.ContainsKey("label") && !_columns.ContainsKey("group"))
        {
            throw new FormatException($"The columns are {Shown(names)}. There has to be one named label or group{Why(names)}");
        }
    }

    private (LabelledTicket? Row, string? Problem) Row()
    {
        var label = (Field("label") ?? Field("group"))?.Trim() ?? "";
        if (_needsLabel && label.Length == 0)
        {
            return (null, "has no label.");
        }

        int? hour = null;
        if (_readsAll && Field("hour") is { Length: > 0 } written)
        {
            if (!int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var read) || read > 23)
            {
                return (null, "has an hour that is not 0 to 23.");
            }

            hour = read;
        }

        DateTimeOffset? openedAt = null;
        if (_readsAll && Field("opened_at") is { Length: > 0 } time)
        {
            if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var opened))
            {
                return (null, "has an opened_at that is no date and time such as 2026-01-31T12:00:00Z.");
            }

            openedAt = opened;
        }

        var ticket = new Ticket
        {
            ShortDescription = Field("short_description") ?? "",
            Description = Field("text") ?? Field("description") ?? "",
            Category = Attribute("category"),
            Subcategory = Attribute("subcategory"),
            Priority = Attribute("priority"),
            Department = Attribute("department"),
            Location = Attribute("location"),
            ConfigurationItem = Attribute("configuration_item"),
            Hour = hour,
        };
        return (new LabelledTicket(ticket, label) { Id = Field("id") is { Length: > 0 } id ? id : null, OpenedAt = openedAt, Line = _csv.Parser.RawRow }, null);
    }

    private string? Field(string name) => _columns.TryGetValue(name, out var column) && _csv.TryGetField<string>(column, out var value) ? value : null;

    private string? Attribute(string name) => _readsAll ? Field(name) : null;

    // Whatever a file begins with: nothing that a terminal would obey.
    private static string Shown(string[] names)
    {
        var shown = string.Join(", ", names.Take(12).Select(name => string.Concat((name.Length > 40 ? name[..40] + "…" : name).Select(unit => char.IsControl(unit) ? ' ' : unit))));
        return names.Length > 12 ? $"{shown}, …" : shown;
    }

    // The end of the sentence that says which columns are needed.
    private static string Why(string[] names) => names switch
    {
        [var one] when one.Contains(';', StringComparison.Ordinal) => ", with commas between them and not semicolons.",
        [var one] when one.Contains('\t', StringComparison.Ordinal) => ", with commas between them and not tabs.",
        _ => ". The file's first line has to name the columns, for example: text,label",
    };
}
