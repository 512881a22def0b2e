namespace Steward;

/// <summary>
/// What all grains of Steward derive from: an activation never ends in the turn in which its object is made.
/// <para>
/// Orleans 10.4.2 makes the object, and begins the activation's message loop, while it holds the activation's lock (<c>ActivationData.Start</c>). If nothing on the way waits, the first request runs under that lock, too, and a request
/// to another activation of this silo needs the other one's lock: a session that starts its run while this run, in its own first turn, asks the session for its context, is a deadlock of two threads that nothing ends. It was seen
/// after a restart, when sessions and runs are activated at once. One wait before anything else gives the lock back.
/// </para>
/// </summary>
internal abstract class StewardGrain : Grain
{
    /// <inheritdoc/>
    public sealed override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        await ActivateAsync(cancellationToken);
    }

    /// <summary>Called when the activation begins, before its first request. Does nothing by default.</summary>
    /// <param name="cancellationToken">Canceled when the activation takes too long.</param>
    protected virtual Task ActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
