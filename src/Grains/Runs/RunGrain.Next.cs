namespace Steward.Runs;

internal sealed partial class RunGrain
{
    public Task<RunStatus?> Decide(MakeDecision command, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<RunDecision>> GetDecisions(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<RunStatus?> Replay(ReplayRun command, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<RunStatus?> CloseDeadLetter(CloseDeadLetter command, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
