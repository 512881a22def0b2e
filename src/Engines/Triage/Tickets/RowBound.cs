namespace Steward.Engines.Triage.Tickets;

/// <summary>Text whose rows may not become longer than memory bears: it ends with an error once so much was read without a row having come to its end.</summary>
/// <param name="inner">The text; closed with this object.</param>
/// <param name="longest">The most characters between two rows.</param>
internal sealed class RowBound(TextReader inner, int longest) : TextReader
{
    // What is read ahead of a row's end counts for it, so it must be little.
    private const int AtOnce = 65_536;

    private long _sinceRow;
    private long _line;

    /// <summary>A row has come to its end.</summary>
    /// <param name="line">The line on which it did.</param>
    public void RowEnded(long line) => (_sinceRow, _line) = (0, line);

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count) => Count(inner.Read(buffer, index, Math.Min(count, AtOnce)));

    /// <inheritdoc/>
    public override async Task<int> ReadAsync(char[] buffer, int index, int count) => Count(await inner.ReadAsync(buffer, index, Math.Min(count, AtOnce)));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer[..Math.Min(buffer.Length, AtOnce)], cancellationToken));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read) =>
        (_sinceRow += read) <= longest ? read : throw new FormatException($"The row that begins after line {_line} is longer than {longest} characters. Is there a quote that is never closed, or are there no line ends?");
}
