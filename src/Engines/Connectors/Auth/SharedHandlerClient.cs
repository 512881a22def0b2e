namespace Steward.Engines.Connectors.Auth;

/// <summary>A client over a handler that others share; says when it is done with it.</summary>
internal sealed class SharedHandlerClient : HttpClient
{
    private Action? _released;

    public SharedHandlerClient(HttpMessageHandler handler, Action released)
#pragma warning disable RS0030 // The factory makes handlers by name; this one belongs to a certificate.
        : base(handler, disposeHandler: false)
#pragma warning restore RS0030
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan;
        _released = released;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            Interlocked.Exchange(ref _released, null)?.Invoke();
        }
    }
}
