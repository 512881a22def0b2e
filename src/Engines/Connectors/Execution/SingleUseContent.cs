using System.Net;
using System.Net.Http.Headers;

namespace Steward.Engines.Connectors.Execution;

/// <summary>
/// A request body that knows whether its request may have left this machine, and that can be sent once only. The HTTP handler writes
/// the body after the head and before the first flush, so nothing complete was sent before <see cref="MayHaveBeenSent"/>; and a handler that
/// silently repeats a request on a fresh connection, as it may after a pooled one broke, fails here instead of acting twice.
/// </summary>
internal sealed class SingleUseContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _body;
    private int _uses;

    public SingleUseContent(ReadOnlyMemory<byte> body, string? contentType)
    {
        _body = body;
        Headers.ContentLength = body.Length;
        if (contentType is not null)
        {
            Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }
    }

    public bool MayHaveBeenSent => Volatile.Read(ref _uses) > 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _uses) > 1)
        {
            throw new IOException("The request must not be sent a second time.");
        }

        return stream.WriteAsync(_body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
