using System.Net;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// What each request of a session to a server over HTTP goes through: the credential is put in where it is sent, answers are bounded, and the call that made the request learns what became of it.
/// </summary>
internal sealed class McpConnectionHandler(HttpMessageHandler inner, ICredentialApplier? applier, CredentialUse? use) : DelegatingHandler(inner)
{
    private const long MaxAnswerBytes = 16 * 1024 * 1024;

    private CredentialUse? _use = use;

    /// <summary>Signs the requests that follow in with a newer credential.</summary>
    public void Use(Credential credential) => _use = _use is { } use ? use with { Credential = credential } : null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var probe = McpProbe.Current;
        if (applier is not null && _use is { } use)
        {
            var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            applier.Apply(request, body, use);
        }

        if (probe is not null)
        {
            probe.IsSent = true;
        }

        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (probe is not null && request.Method == HttpMethod.Post)
        {
            // What listens beside the call, or takes a broken answer up again, says nothing about whether the call was let in.
            probe.Status = (int)response.StatusCode;
            probe.IsExpired |= response.StatusCode == HttpStatusCode.Unauthorized && !probe.IsTaken;
            probe.IsTaken |= probe.IsCalling && response.IsSuccessStatusCode;
        }

        if (response.Content.Headers.ContentLength > MaxAnswerBytes)
        {
            response.Dispose();
            throw new HttpRequestException("The answer is larger than allowed.");
        }

        response.Content = await BoundAsync(response.Content, cancellationToken).ConfigureAwait(false);
        return response;
    }

    private static async Task<HttpContent> BoundAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var bounded = new StreamContent(new BoundedStream(await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), MaxAnswerBytes));
        foreach (var (name, values) in content.Headers)
        {
            bounded.Headers.TryAddWithoutValidation(name, values);
        }

        return bounded;
    }

    /// <summary>Breaks off where a server would go on for ever.</summary>
    private sealed class BoundedStream(Stream inner, long left) : Stream
    {
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Count(int read) => (_left -= read) >= 0 ? read : throw new IOException("The answer is larger than allowed.");
    }
}

/// <summary>What became of the requests of one call. Flows with the call into the session's handler.</summary>
internal sealed class McpProbe
{
    private static readonly AsyncLocal<McpProbe?> Flow = new();

    /// <summary>That of the call in this flow; null outside of calls.</summary>
    public static McpProbe? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }

    /// <summary>Whether the tool itself is being called, as opposed to a session being opened or tools being listed.</summary>
    public bool IsCalling { get; set; }

    /// <summary>Whether the call itself may have reached the server.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether the server took the call: from here on it may be at work, whatever comes after.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Whether the server did not accept the credential, and so did not take the call.</summary>
    public bool IsExpired { get; set; }

    public int? Status { get; set; }
}
