using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Triage.Tickets;

namespace Steward.Triage;

/// <summary>Reads a file of old tickets in batches, as labels. Pure but for what it reads from; one call at a time.</summary>
internal sealed class ImportRows : IAsyncDisposable
{
    private const int ReadAhead = 64 * 1024;
    private const int MaxIdLength = 200;
    private const int MaxLabelLength = 200;
    private const int MaxTitleLength = 1000;
    private const int MaxTextLength = 100_000;
    private const int MaxAttributeLength = 1000;

    private readonly Stream _stream;
    private readonly TicketFile _file;
    private readonly IAsyncEnumerator<LabelledTicket?> _rows;
    private readonly List<TriageImportProblem> _bad = [];
    private FormatException? _failure;
    private long _badRows;
    private long _position;

    private ImportRows(Stream stream, TicketFile file)
    {
        _stream = stream;
        _file = file;
        _rows = file.ReadEachAsync(bad => Bad(bad.Line, bad.Problem)).GetAsyncEnumerator();
    }

    /// <summary>Reads the first line, and goes on after the rows that were read before.</summary>
    /// <param name="stream">The file; closed with what this returns, or by its failure.</param>
    /// <param name="position">How many rows were read before, good and bad ones.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FormatException">The file cannot be read; the message says why, without what the file says.</exception>
    public static async Task<ImportRows> OpenAsync(Stream stream, long position, CancellationToken cancellationToken)
    {
        TicketFile file;
        try
        {
            file = await TicketFile.OpenAsync(new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, ReadAhead));
        }
        catch (FormatException)
        {
            // The engine's text names the columns that it found, which in a file without such a line are somebody's ticket.
            throw new FormatException("The first line has to name the columns, with commas between them: label or group, and text or short_description and description.");
        }

        var rows = new ImportRows(stream, file);
        try
        {
            while (rows._position < position && await rows._rows.MoveNextAsync())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (rows._rows.Current is not null)
                {
                    rows._position++;
                }
            }
        }
        catch
        {
            await rows.DisposeAsync();
            throw;
        }

        rows.Forget();
        return rows;
    }

    /// <summary>The next rows.</summary>
    /// <param name="most">The most rows, good and bad ones.</param>
    /// <param name="mostCharacters">So many characters are enough.</param>
    /// <param name="by">Whose import it is.</param>
    /// <param name="cancellationToken">Stops reading; what was read until then is what comes back.</param>
    /// <exception cref="FormatException">The file cannot be read further; what was read before it came back already.</exception>
    public async Task<ImportBatch> NextAsync(int most, int mostCharacters, string by, CancellationToken cancellationToken)
    {
        Forget();
        var (start, end) = (_position, _position + most);
        var (labels, lines, characters, isEnd) = (new List<TriageLabel>(), new List<long>(), 0L, false);
        while (_position < end && characters < mostCharacters && !cancellationToken.IsCancellationRequested)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            try
            {
                isEnd = !await _rows.MoveNextAsync();
            }
            catch (FormatException failure) when (_position > start)
            {
                // The rows before it are as good as any.
                _failure = failure;
                break;
            }

            if (isEnd)
            {
                break;
            }

            // A row that the reader could not use is counted already.
            if (_rows.Current is not { } row)
            {
                continue;
            }

            _position++;
            if (Problem(row) is { } problem)
            {
                Note(row.Line, problem);
                continue;
            }

            characters += row.Ticket.ShortDescription.Length + row.Ticket.Description.Length;
            labels.Add(ToLabel(row, by));
            lines.Add(row.Line);
        }

        return new ImportBatch(labels, lines, [.. _bad], _badRows, _position, _stream.Position, isEnd);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _rows.DisposeAsync();
        _file.Dispose();
    }

    /// <summary>The id of a ticket that brings none: of its content, so that the same row is the same ticket in whatever file it stands.</summary>
    internal static string IdOf(Ticket ticket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var field in (ReadOnlySpan<string?>)
            [ticket.ShortDescription, ticket.Description, ticket.Category, ticket.Subcategory, ticket.Priority, ticket.Department, ticket.Location, ticket.ConfigurationItem])
        {
            var bytes = Encoding.UTF8.GetBytes(field ?? "");
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return "import:" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private static TriageLabel ToLabel(LabelledTicket row, string by)
    {
        var id = row.Id ?? IdOf(row.Ticket);
        return new TriageLabel
        {
            TicketId = id,
            Label = row.Label,
            Source = TriageLabelSource.Import,
            By = by,
            Ticket = new TriageTicket
            {
                Id = id,
                ShortDescription = row.Ticket.ShortDescription,
                Description = row.Ticket.Description,
                Category = Absent(row.Ticket.Category),
                Subcategory = Absent(row.Ticket.Subcategory),
                Priority = Absent(row.Ticket.Priority),
                Department = Absent(row.Ticket.Department),
                Location = Absent(row.Ticket.Location),
                ConfigurationItem = Absent(row.Ticket.ConfigurationItem),
                OpenedAt = row.OpenedAt,
                Hour = row.OpenedAt is null ? row.Ticket.Hour : null,
            },
        };
    }

    private static string? Absent(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    private static string? Problem(LabelledTicket row)
    {
        var ticket = row.Ticket;
        return row switch
        {
            _ when ticket.Text.Length == 0 => "has no text.",
            { Id.Length: > MaxIdLength } => $"has an id of more than {MaxIdLength} characters.",
            { Label.Length: > MaxLabelLength } => $"has a label of more than {MaxLabelLength} characters.",
            _ when ticket.ShortDescription.Length > MaxTitleLength => $"has a short_description of more than {MaxTitleLength} characters.",
            _ when ticket.Description.Length > MaxTextLength => $"has a text of more than {MaxTextLength} characters.",
            _ when ticket.Attributes.Any(attribute => attribute.Value.Length > MaxAttributeLength) => $"has a field besides the texts of more than {MaxAttributeLength} characters.",
            _ when HasNul(row.Id) || HasNul(row.Label) || HasNul(ticket.ShortDescription) || HasNul(ticket.Description) || ticket.Attributes.Any(attribute => HasNul(attribute.Value)) => "has a NUL character.",
            _ => null,
        };
    }

    private static bool HasNul(string? text) => text is not null && text.Contains('\0', StringComparison.Ordinal);

    // What the reader tells of rows that it cannot use.
    private void Bad(long line, string problem)
    {
        _position++;
        Note(line, problem);
    }

    private void Note(long line, string problem)
    {
        _badRows++;
        if (_bad.Count < ImportFold.MaxProblems)
        {
            _bad.Add(new TriageImportProblem { Line = line, Problem = problem });
        }
    }

    private void Forget()
    {
        _bad.Clear();
        _badRows = 0;
    }
}

/// <summary>Some rows of a file.</summary>
/// <param name="Labels">Those that can be used.</param>
/// <param name="Lines">Their lines.</param>
/// <param name="Problems">The first of those that cannot.</param>
/// <param name="BadRows">How many cannot.</param>
/// <param name="Position">How many rows were read until now, good and bad ones.</param>
/// <param name="BytesRead">How many bytes of the file were read until now.</param>
/// <param name="IsEnd">Whether the file is over.</param>
internal sealed record ImportBatch(
    IReadOnlyList<TriageLabel> Labels, IReadOnlyList<long> Lines, IReadOnlyList<TriageImportProblem> Problems, long BadRows, long Position, long BytesRead, bool IsEnd);
