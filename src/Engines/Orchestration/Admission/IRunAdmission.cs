namespace Steward.Engines.Orchestration.Admission;

/// <summary>
/// Decides which runs of a process work and which wait. A run takes a slot before it works and leaves it when it ends or waits for people.
/// One instance serves a process; it holds no durable state: a run that is taken up again after a loss enters again.
/// </summary>
/// <remarks>docs/operations/admission.md describes the policy, docs/decisions/0009-admission.md where it comes from.</remarks>
public interface IRunAdmission
{
    /// <summary>Takes a slot if one is free for this run now, without waiting.</summary>
    /// <param name="request">The run.</param>
    /// <param name="slot">The slot, to be disposed of by the caller; null when the run has to wait.</param>
    bool TryEnter(in AdmissionRequest request, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RunSlot? slot);

    /// <summary>
    /// Takes a slot, after waiting for the run's turn if need be. Never refuses: what is accepted is worked off. Within one tenant and priority
    /// runs enter in the order in which they came.
    /// </summary>
    /// <param name="request">The run.</param>
    /// <param name="cancellationToken">Takes the run out of the queue. A slot that is granted in the same instant is still granted.</param>
    /// <returns>The slot, to be disposed of by the caller.</returns>
    /// <exception cref="OperationCanceledException">The token fired while the run waited.</exception>
    ValueTask<RunSlot> EnterAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// How many runs of its tenant enter before a run that waits; 0 when it is the next one. Other tenants' runs are not counted, so that nobody learns of
    /// their load. Null when the run does not wait.
    /// </summary>
    int? PositionOf(string tenantId, string runId);

    /// <summary>Whether new runs of a tenant may be accepted, asked before one is.</summary>
    /// <returns>Null when there is room; else after which time there probably is.</returns>
    TimeSpan? RetryAfter(string tenantId, RunPriority priority);
}
