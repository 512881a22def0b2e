using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Execution;

/// <summary>An access token and until when it is used.</summary>
internal sealed record AccessToken(SecretText Token, DateTimeOffset RenewAt, Uri? Instance);

/// <summary>Keeps one access token; at most one request for a new one is under way.</summary>
internal sealed class OAuthTokens(TimeProvider time, Func<OperationCall, Task<AccessToken>> fetch)
{
    private volatile AccessToken? _current;

    public AccessToken? Current => _current;

    // Never waited on through its handle, so there is nothing to dispose.
    private SemaphoreSlim Turn { get; } = new(1, 1);

    public async ValueTask<AccessToken> GetAsync(OperationCall call)
    {
        if (_current is { } token && time.GetUtcNow() < token.RenewAt)
        {
            return token;
        }

        try
        {
            await Turn.WaitAsync(call.Token);
        }
        catch (OperationCanceledException) when (!call.Caller.IsCancellationRequested)
        {
            throw OutcomeException.Failed(FailureCodes.Timeout, "Signing in took too long.", isRetryable: true);
        }

        try
        {
            if (_current is { } fresh && time.GetUtcNow() < fresh.RenewAt)
            {
                return fresh;
            }

            return _current = await fetch(call);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Forgets a token that was refused, unless another call has replaced it already.</summary>
    public void Forget(string refused)
    {
        if (_current is { } token && token.Token.Reveal() == refused)
        {
            Interlocked.CompareExchange(ref _current, null, token);
        }
    }
}
