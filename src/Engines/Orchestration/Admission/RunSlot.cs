namespace Steward.Engines.Orchestration.Admission;

/// <summary>The right of one run to work. Disposing of it, as often as one likes, gives it back once.</summary>
public sealed class RunSlot : IDisposable
{
    private readonly TenantLane _lane;
    private RunAdmission? _owner;

    internal RunSlot(RunAdmission owner, TenantLane lane, long since)
    {
        (_owner, _lane, Since) = (owner, lane, since);
    }

    /// <summary>The timestamp at which it was granted.</summary>
    internal long Since { get; }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Leave(_lane, Since);
}
