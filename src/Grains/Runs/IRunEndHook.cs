namespace Steward.Runs;

/// <summary>Has to be told of the ends of some runs. Their journals stay open until it was.</summary>
internal interface IRunEndHook
{
    /// <summary>
    /// Whether it wants to be told of all runs of a tenant that begin now. Asked once for each run, when it is accepted; the answer stands in <see cref="RunOrigin.TellsTenant"/>. The run
    /// waits for the answer: a hook that does not know it soon fails, and is then told of the run as if it wanted to be.
    /// </summary>
    ValueTask<bool> WantsAllOfAsync(string tenantId);

    /// <summary>Whether it has to be told of this run. Must always give the same answer for the same run.</summary>
    bool AppliesTo(RunOrigin origin);

    /// <summary>
    /// Takes the end over durably. Repeated until it succeeds, also after a loss, so that it must be idempotent by run and attempt.
    /// </summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="origin">Where the run came from.</param>
    /// <param name="status">How it ended; <see cref="RunStatus.Attempt"/> tells one end from a later one after a replay.</param>
    /// <param name="cancellationToken">Stops the attempt; it is made again.</param>
    Task OnEndedAsync(string tenantId, RunOrigin origin, RunStatus status, CancellationToken cancellationToken);

    /// <summary>Takes over durably that the run waits for a person. Repeated until it succeeds, so that it must be idempotent by run and occasion.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="origin">Where the run came from.</param>
    /// <param name="status">What it waits for.</param>
    /// <param name="occasion">Tells one occasion on which the run waits from the others.</param>
    /// <param name="cancellationToken">Stops the attempt; it is made again.</param>
    Task OnWaitingAsync(string tenantId, RunOrigin origin, RunStatus status, string occasion, CancellationToken cancellationToken);
}
