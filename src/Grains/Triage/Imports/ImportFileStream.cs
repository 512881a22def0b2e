namespace Steward.Triage;

/// <summary>The parts of a file, one after the other; one of them is in memory.</summary>
/// <param name="file">The file.</param>
/// <param name="parts">How many parts it has.</param>
internal sealed class ImportFileStream(ImportFile file, int parts) : Stream
{
    private ReadOnlyMemory<byte> _part;
    private int _next;
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <summary>How many bytes were read.</summary>
    public override long Position
    {
        get => Interlocked.Read(ref _position);
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_part.IsEmpty)
        {
            if (_next == parts)
            {
                return 0;
            }

            _part = await file.ReadAsync(_next, cancellationToken) ?? throw new InvalidOperationException($"Part {_next} of the file is not there.");
            _next++;
        }

        var read = Math.Min(buffer.Length, _part.Length);
        _part.Span[..read].CopyTo(buffer.Span);
        _part = _part[read..];
        Interlocked.Add(ref _position, read);
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Parts are read asynchronously.");

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
