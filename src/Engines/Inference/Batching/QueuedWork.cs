namespace Steward.Engines.Inference.Batching;

/// <summary>One text that waits for its run, or is in it. Its queue alone changes what is internal here.</summary>
internal abstract class QueuedWork(int length, InferenceLane lane, TimeSpan? deadline)
{
    /// <summary>Its tokens.</summary>
    public int Length { get; } = length;

    public InferenceLane Lane { get; } = lane;

    /// <summary>When its answer is of no use any more, on the scheduler's clock.</summary>
    public TimeSpan? Deadline { get; } = deadline;

    /// <summary>When it was admitted.</summary>
    public TimeSpan AdmittedAt { get; internal set; }

    /// <summary>Whether it was let in to see whether runs are quicker by now. Its run is not ended before its time.</summary>
    public bool IsTrial { get; internal set; }

    internal WorkState State { get; set; }

    internal BatchQueue? Queue { get; set; }

    internal Batch? Batch { get; set; }

    internal LinkedListNode<QueuedWork>? Node { get; set; }
}

/// <summary>Where a piece of work is.</summary>
internal enum WorkState
{
    New,
    Queued,
    Running,

    /// <summary>It runs and nobody wants it any more.</summary>
    Unwanted,
    Ended,
}
