using Microsoft.Extensions.Options;

namespace Steward.Engines.Orchestration;

/// <summary>Works runs off. One instance serves all runs of a process.</summary>
public sealed class RunEngine(IOptions<OrchestrationOptions> options, TimeProvider time)
{
    /// <summary>
    /// Works the run off from wherever the recorder's snapshot says that it is; returns after <c>run.ended</c> is durable, at once when it
    /// already is.
    /// </summary>
    /// <param name="input">What the run starts from, as in its <c>run.requested</c>.</param>
    /// <param name="recorder">The run's journal.</param>
    /// <param name="userCancel">Fires when the user cancels: what is under way is finished or given up, what was done is recorded, and the run ends as cancelled.</param>
    /// <param name="stop">Fires on shutdown: the run is left as it is, to be resumed elsewhere.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired; the run has not ended.</exception>
    public async Task ExecuteAsync(RunInput input, IRunRecorder recorder, CancellationToken userCancel, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(recorder);
        stop.ThrowIfCancellationRequested();
        _ = (options, time, userCancel);
        if (!recorder.Snapshot.HasEnded)
        {
            await recorder.RecordAsync([new RunEnded { Phase = RunPhase.Failed, ErrorCode = "not_configured" }], stop);
        }
    }
}
