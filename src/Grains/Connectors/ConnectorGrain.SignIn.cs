namespace Steward.Connectors;

/// <summary>Sign-ins in the browser.</summary>
internal sealed partial class ConnectorGrain
{
    /// <inheritdoc/>
    public Task<string> BeginSignIn(string redirectUri, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task CompleteSignIn(string state, string sealedCode, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private (string State, string? Reason) Condition() => (state.State.Failure is not null ? "broken" : state.State.VerifiedAt is null ? "unverified" : "active", state.State.Failure);

    private static Task KeepAliveAsync() => Task.CompletedTask;
}
