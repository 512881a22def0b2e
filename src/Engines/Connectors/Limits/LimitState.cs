using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Limits;

/// <summary>One <see cref="LimitSpec"/> of one instance, operation or resource: its window, its calls under way, and what the system says about it.</summary>
/// <param name="spec">The limit; another one from <see cref="Use"/> on.</param>
/// <param name="slots">How finely time is kept.</param>
/// <param name="share">Which part of it may be used, where others use it, too; null for all of it.</param>
internal sealed class LimitState(LimitSpec spec, int slots, TenantShare? share = null)
{
    private static readonly TimeSpan UntilShared = TimeSpan.FromSeconds(1);

    // As long as a call may be under way.
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(90);

    private readonly SlidingWindow _window = new(spec.Window, slots);
    private LimitSpec _spec = spec;
    private long? _named;
    private int _bound = spec.Max;

    public VendorAllowance Vendor { get; } = new();

    /// <summary>What it is a limit of.</summary>
    public LimitScope Scope => _spec.Scope;

    /// <summary>Calls under way.</summary>
    public int UnderWay { get; private set; }

    /// <summary>How long until a call of some units may be made; zero when now. Null when it depends on calls that are under way.</summary>
    public TimeSpan? WaitFor(int units, TimeSpan now)
    {
        var wait = Vendor.WaitFor(units, now);
        var bound = share is null ? _bound : Math.Min(_bound, share.BoundOf(_bound, _spec.Window, now));
        if (bound < Math.Min(units, _bound))
        {
            return wait > UntilShared ? wait : UntilShared;
        }

        var window = _window.WaitFor(units, bound, now);
        wait = window > wait ? window : wait;
        return wait == TimeSpan.Zero && _spec.MaxConcurrent is { } most && UnderWay >= AtOnce(most, now) ? null : wait;
    }

    /// <summary>A call was let through.</summary>
    /// <returns>The units that it counts as, for <see cref="Leave"/>: a call that costs more than the whole limit takes all of it.</returns>
    public int Enter(int units, TimeSpan now)
    {
        units = Math.Min(units, _bound);
        _window.Enter(units);
        Vendor.Use(units, now);
        UnderWay++;
        return units;
    }

    /// <summary>It ended, or is not waited for any more.</summary>
    public void Leave(int units, TimeSpan now)
    {
        _window.Leave(units, now);
        UnderWay--;
    }

    /// <summary>Takes over the limit that the system names. Only downwards: more than the template says, or the tenant's plan, would have to be agreed with somebody.</summary>
    public void Bound(long limit)
    {
        _named = limit;
        _bound = (int)Math.Clamp(limit, 1, _spec.Max);
    }

    /// <summary>Takes another limit over the same window. What was used counts on, and so does what the system named.</summary>
    public void Use(LimitSpec other)
    {
        _spec = other;
        _bound = (int)Math.Clamp(_named ?? other.Max, 1, other.Max);
    }

    // One call at a time must be possible, however many share.
    private int AtOnce(int most, TimeSpan now) => share is null ? most : Math.Max(1, share.BoundOf(most, LongestCall, now));

    public bool IsIdle(TimeSpan now) => UnderWay == 0 && _window.Used(now) == 0 && Vendor.IsIdle(now);
}
