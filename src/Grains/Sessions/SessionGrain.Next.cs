namespace Steward.Sessions;

internal sealed partial class SessionGrain
{
    public Task<SessionInfo> Fork(ForkSession command, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<SessionContext?> Recall(string runId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> Retire(DateTimeOffset quietSince, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
