namespace Steward.Engines.Orchestration;

/// <summary>Where the engine records what happens. The owner of the run implements it on a journal.</summary>
public interface IRunRecorder
{
    /// <summary>The fold of all facts recorded so far.</summary>
    RunSnapshot Snapshot { get; }

    /// <summary>
    /// Appends the facts, all or none, in this order; returns once they are durable and folded into <see cref="Snapshot"/>.
    /// May be called from several threads at once.
    /// </summary>
    /// <exception cref="Exception">They are not durable, or nobody knows: the engine stops working on this run at once.</exception>
    ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken);
}
