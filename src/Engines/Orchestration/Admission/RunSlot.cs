namespace Steward.Engines.Orchestration.Admission;

/// <summary>The right of one run to work. Disposing of it, as often as one likes, gives it back once.</summary>
public sealed class RunSlot : IDisposable
{
    private RunAdmission? _owner;

    internal RunSlot(RunAdmission owner, TenantLane lane, long since, bool isBeside)
    {
        (_owner, Lane, Since, IsBeside) = (owner, lane, since, isBeside);
    }

    /// <summary>What it counts for. Guarded by the admission's lock.</summary>
    internal TenantLane Lane { get; set; }

    /// <summary>Whether it was given back. Guarded by the admission's lock.</summary>
    internal bool HasLeft { get; set; }

    /// <summary>Whether it is one beside the slots, for a background run that would not have had its turn.</summary>
    internal bool IsBeside { get; }

    /// <summary>The timestamp at which it was granted.</summary>
    internal long Since { get; }

    /// <summary>Counts it among the background runs from now on, because nobody waits for the run any more. It is kept also when there are too many of these.</summary>
    public void BecomeBackground() => Volatile.Read(ref _owner)?.MoveToBackground(this);

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Leave(this);
}
