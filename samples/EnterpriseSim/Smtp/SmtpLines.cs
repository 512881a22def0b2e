namespace Steward.EnterpriseSim.Smtp;

/// <summary>Reads lines of bytes from a stream that may be replaced by a secured one.</summary>
internal sealed class SmtpLines
{
    private readonly byte[] buffer = new byte[8 * 1024];
    private int start;
    private int end;

    /// <summary>Whether bytes wait that were sent before they were asked for.</summary>
    public bool HasMore => start < end;

    /// <summary>The next line without its end, as Latin-1 so that every byte stays; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The line is longer than allowed; the rest of it was skipped.</exception>
    public async ValueTask<byte[]?> ReadAsync(Stream stream, int longest, CancellationToken cancellationToken)
    {
        using var line = new MemoryStream();
        var tooLong = false;
        while (true)
        {
            if (start == end)
            {
                (start, end) = (0, await stream.ReadAsync(buffer, cancellationToken));
                if (end == 0)
                {
                    return null;
                }
            }

            var at = Array.IndexOf(buffer, (byte)'\n', start, end - start);
            var length = (at < 0 ? end : at) - start;
            tooLong |= line.Length + length > longest;
            if (!tooLong)
            {
                line.Write(buffer, start, length);
            }

            start = at < 0 ? end : at + 1;
            if (at >= 0)
            {
                var bytes = line.ToArray();
                return tooLong ? throw new InvalidDataException("The line is too long.") : bytes is [.., (byte)'\r'] ? bytes[..^1] : bytes;
            }
        }
    }
}
