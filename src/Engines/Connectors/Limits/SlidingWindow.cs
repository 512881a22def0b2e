namespace Steward.Engines.Connectors.Limits;

/// <summary>
/// Counts units in a sliding window with bounded memory: in no interval of the window's length are more units used than allowed, neither by the time they were granted nor by the time the
/// system over there may have seen them. For that a unit counts from its grant until a whole window after its call ended: requests overtake each other on their way. Time is kept in slots;
/// a slot counts in full as long as any of it lies inside of the window. What that costs: a caller that uses the limit to the full, with calls of the duration <c>d</c>, gets
/// <c>window / (window + window / slots + d)</c> of it.
/// </summary>
/// <param name="length">The window's length.</param>
/// <param name="slots">How finely time is kept.</param>
internal sealed class SlidingWindow(TimeSpan length, int slots)
{
    private readonly long _slotTicks = Math.Max(1, (length.Ticks + slots - 1) / slots);
    private readonly int[] _counts = new int[slots + 1];
    private long _current = long.MinValue;
    private int _sum;
    private int _running;

    /// <summary>The units that count at a time. Times never go back; one that does counts as the latest.</summary>
    public int Used(TimeSpan now)
    {
        Advance(now);
        return _running + _sum;
    }

    /// <summary>How long until some units fit under a bound; zero when they do now. What waits for calls to end waits a window at least.</summary>
    public TimeSpan WaitFor(int units, int bound, TimeSpan now)
    {
        Advance(now);
        var excess = _running + _sum + Math.Min(units, bound) - bound;
        if (excess <= 0)
        {
            return TimeSpan.Zero;
        }

        for (var slot = _current - slots; slot <= _current; slot++)
        {
            excess -= slot < 0 ? 0 : _counts[slot % _counts.Length];
            if (excess <= 0)
            {
                // The slot has left the window when a whole window has gone by since its end.
                return TimeSpan.FromTicks(Math.Max(1, ((slot + _counts.Length) * _slotTicks) - Math.Max(now.Ticks, _current * _slotTicks)));
            }
        }

        return length;
    }

    /// <summary>Counts units that were granted.</summary>
    public void Enter(int units) => _running += units;

    /// <summary>The call that units were granted for ended.</summary>
    public void Leave(int units, TimeSpan now)
    {
        Advance(now);
        _running -= units;
        _counts[_current % _counts.Length] += units;
        _sum += units;
    }

    private void Advance(TimeSpan now)
    {
        var slot = Math.Max(0, now.Ticks) / _slotTicks;
        if (slot <= _current)
        {
            return;
        }

        if (slot - _current >= _counts.Length || _current < 0)
        {
            Array.Clear(_counts);
            _sum = 0;
        }
        else
        {
            for (var passed = _current + 1; passed <= slot; passed++)
            {
                _sum -= _counts[passed % _counts.Length];
                _counts[passed % _counts.Length] = 0;
            }
        }

        _current = slot;
    }
}
