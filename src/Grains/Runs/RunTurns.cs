using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Admission;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Runs;

/// <summary>When it is a run's turn in this silo: priority, weight and limits of its tenant, and what a cancellation or a deadline does to a run that waits.</summary>
internal sealed class RunTurns(IRunAdmission admission, RunEngine engine, TenantShares shares, TimeProvider time)
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    // Timers may ring a little early, and whoever leaves the queue before the deadline would be worked on without a slot.
    private static readonly TimeSpan TimerMargin = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Takes a slot, after waiting for the run's turn. Null when the run has to end instead, because it was cancelled or its deadline passed while it
    /// waited: ending takes no slot.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired.</exception>
    public ValueTask<RunSlot?> EnterAsync(RunInput input, RunSnapshot snapshot, CancellationToken userCancel, CancellationToken stop)
    {
        var request = Request(input, snapshot);
        return admission.TryEnter(request, out var slot) ? new ValueTask<RunSlot?>(slot) : WaitAsync(request, input, snapshot, userCancel, stop);
    }

    /// <summary>Adds how many runs are before it to the status of a run that waits.</summary>
    public RunStatus? WithPosition(string tenantId, RunStatus? status) =>
        status is { HasEnded: false } && admission.PositionOf(tenantId, status.RunId) is { } position
            ? status with { State = status.State == RunState.Running ? RunState.Queued : status.State, QueuePosition = position }
            : status;

    /// <summary>The refusal of a message while too many runs of its tenant wait; null when it may be accepted.</summary>
    public SubmitResult? Refuse(string tenantId, RunRequestOptions? requested) =>
        admission.RetryAfter(tenantId, requested is { Background: true } ? RunPriority.Background : RunPriority.Interactive) is { } wait
            ? new SubmitResult { Outcome = SubmitOutcome.Overloaded, RetryAfter = wait, Reason = "Too many requests of your organisation wait to be worked on." }
            : null;

    private async ValueTask<RunSlot?> WaitAsync(AdmissionRequest request, RunInput input, RunSnapshot snapshot, CancellationToken userCancel, CancellationToken stop)
    {
        var left = engine.DeadlineOf(input, snapshot) - time.GetUtcNow() + TimerMargin;
        using var clock = new CancellationTokenSource(left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(userCancel, stop, clock.Token);
        try
        {
            return await admission.EnterAsync(request, ending.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            if (userCancel.IsCancellationRequested || !input.ContinueAfterDeadline || snapshot.BackgroundUntil is not null)
            {
                return null;
            }
        }

        // A run that goes on after its deadline waits on behind those that somebody waits for.
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(userCancel, stop);
        try
        {
            return await admission.EnterAsync(request with { Priority = RunPriority.Background }, cancelled.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private AdmissionRequest Request(RunInput input, RunSnapshot snapshot)
    {
        var profile = shares.Of(input.TenantId);
        return new AdmissionRequest(input.TenantId, input.RunId)
        {
            // As RunContext.IsInBackground: nobody waits for what is replayed.
            Priority = input.Background || snapshot.BackgroundUntil is not null || snapshot.Attempt > 1 ? RunPriority.Background : RunPriority.Interactive,
            Weight = profile?.SharingWeight ?? 1,
            MaxConcurrent = profile?.MaxConcurrentRuns,
        };
    }
}
