using System.Buffers;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Sessions;

/// <summary>One encoded text on its way through the queue, and its answer.</summary>
internal sealed class InferenceWork : QueuedWork
{
    private readonly TaskCompletionSource<WorkOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LoadedModel? _model;
    private int[]? _ids;

    /// <param name="model">What runs it; in use by the caller, and by the work until it has ended. Null where the caller outlives the work.</param>
    /// <param name="ids">From the shared pool; the work gives it back.</param>
    /// <param name="length">How many of them count.</param>
    /// <param name="secondAt">Where the second text begins.</param>
    /// <param name="lane">Who waits.</param>
    /// <param name="deadline">On the workers' clock.</param>
    public InferenceWork(LoadedModel? model, int[] ids, int length, int secondAt, InferenceLane lane, TimeSpan? deadline)
        : base(length, lane, deadline)
    {
        (_model, _ids, SecondAt) = (model, ids, secondAt);
        model?.UseToo();
    }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Length);

    public int SecondAt { get; }

    /// <summary>The model's row for this text, set before it ends as done.</summary>
    public float[] Row { get; set; } = [];

    /// <summary>Ends with the outcome.</summary>
    public Task<WorkOutcome> Completion => _completion.Task;

    /// <summary>Whoever ends the work calls this once, without a lock, when no run reads its ids or its model any more: it may be the end of the model too.</summary>
    public void End(WorkOutcome outcome)
    {
        if (Interlocked.Exchange(ref _ids, null) is { } ids)
        {
            ArrayPool<int>.Shared.Return(ids);
            _model?.Release();
        }

        _completion.TrySetResult(outcome);
    }
}

/// <summary>How a piece of work ended.</summary>
internal enum WorkOutcome
{
    Done,
    Full,
    Late,
    Withdrawn,
    Failed,
}
