namespace Steward.Client;

/// <summary>Makes grain calls in one caller's name: signed for each attempt, and repeated as <see cref="RetryingCaller"/> says.</summary>
internal sealed class SignedCaller(CallEnvelope envelope, RetryingCaller caller)
{
    /// <summary>Makes one call.</summary>
    /// <param name="operation">The name in logs and metrics.</param>
    /// <param name="idempotent">Whether it may be repeated when its outcome is unknown.</param>
    /// <param name="changes">Whether it changes something.</param>
    /// <param name="grain">Whom to call.</param>
    /// <param name="state">What the call needs, so that <paramref name="call"/> captures nothing.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<TResult> CallAsync<TGrain, TState, TResult>(
        string operation,
        bool idempotent,
        bool changes,
        TGrain grain,
        TState state,
        Func<TGrain, TState, CancellationToken, Task<TResult>> call,
        CancellationToken cancellationToken) =>
        caller.CallAsync(operation, idempotent, changes, (grain, envelope, state, call), static (all, token) =>
        {
            all.envelope.Attach();
            return all.call(all.grain, all.state, token);
        }, cancellationToken);
}
