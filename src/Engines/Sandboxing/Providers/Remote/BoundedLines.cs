namespace Steward.Engines.Sandboxing.Remote;

/// <summary>Reads lines of bytes, none longer than a bound.</summary>
internal sealed class BoundedLines(Stream stream, int longest)
{
    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    /// <summary>The next line without its end, valid until the next call; null at the end of the stream, where what has no line end is dropped.</summary>
    /// <exception cref="FormatException">A line is longer than it may be.</exception>
    public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        var looked = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var line = _buffer.AsMemory(_start, looked + found);
                _start += looked + found + 1;
                return line;
            }

            looked = _end - _start;
            if (looked > longest)
            {
                throw new FormatException("A line is longer than it may be.");
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, looked).CopyTo(_buffer);
                (_start, _end) = (0, looked);
            }

            if (_end == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0)
            {
                return null;
            }

            _end += count;
        }
    }
}
