namespace Steward.Engines.Connectors.Limits;

/// <summary>What a system's own headers say is left, and how long it asked to be left alone.</summary>
internal sealed class VendorAllowance
{
    private static readonly TimeSpan ResetTolerance = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenTrials = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    private long _left;
    private TimeSpan _resetAt;
    private TimeSpan _pausedUntil;
    private TimeSpan _trialUntil;
    private int _refusals;

    /// <summary>How long until units may be used; zero when now.</summary>
    public TimeSpan WaitFor(int units, TimeSpan now)
    {
        var pause = _refusals > 0 && _trialUntil > _pausedUntil ? _trialUntil : _pausedUntil;
        var wait = pause > now ? pause - now : TimeSpan.Zero;
        return _resetAt > now && units > _left && _resetAt - now > wait ? _resetAt - now : wait;
    }

    /// <summary>Units were granted. After a refusal one call a second goes to see, until one is let in.</summary>
    public void Use(int units, TimeSpan now)
    {
        _left = Math.Max(0, _left - units);
        _trialUntil = now + BetweenTrials;
    }

    /// <summary>
    /// Takes over what an answer said. Calls that are under way may not have been counted yet over there and are taken off. Inside one period the smaller number
    /// holds, since answers overtake each other.
    /// </summary>
    public void Learn(long remaining, TimeSpan? resetAfter, int underWay, TimeSpan window, TimeSpan now)
    {
        var resetAt = now + Bounded(resetAfter ?? TimeSpan.FromSeconds(Math.Min(60, window.TotalSeconds)));
        var left = Math.Max(0, remaining - underWay);
        var tolerance = window / 2 < ResetTolerance ? window / 2 : ResetTolerance;
        var isSamePeriod = _resetAt > now && resetAfter is not null && (resetAt - _resetAt).Duration() <= tolerance;
        _left = isSamePeriod ? Math.Min(_left, left) : left;
        _resetAt = isSamePeriod ? _resetAt : resetAt;
    }

    /// <summary>The system refused a call: everything waits as long as it asks, or longer with each refusal in a row.</summary>
    public void Refused(TimeSpan? retryAfter, double draw, TimeSpan now)
    {
        _refusals = Math.Min(_refusals + 1, 7);
        // 1 s doubled up to 64 s, and up to half of that again so that not all instances return at once.
        var wait = retryAfter is { } asked ? Bounded(asked) : TimeSpan.FromSeconds((1 << (_refusals - 1)) * (1 + (draw / 2)));
        _pausedUntil = now + wait > _pausedUntil ? now + wait : _pausedUntil;
    }

    /// <summary>A call went through.</summary>
    public void Accepted() => _refusals = 0;

    /// <summary>Whether it says nothing any more.</summary>
    public bool IsIdle(TimeSpan now) => _pausedUntil <= now && _resetAt <= now && _refusals == 0;

    private static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestPause ? LongestPause : wait;
}
