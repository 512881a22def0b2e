namespace Steward.Engines.Sandboxing;

/// <summary>
/// How many sandboxes to keep ready: the most jobs that came within a tenth of a second, remembered with a half-life of a minute, and a third more, so that
/// the next burst of the kind finds one for each. Thread-safe.
/// </summary>
internal sealed class WarmEstimate(int minimum, int maximum, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);
    private const double HalfLifeSeconds = 60;
    private readonly Queue<long> _recent = new();
    private readonly Lock _lock = new();
    private double _burst;
    private long _at = clock.GetTimestamp();

    /// <summary>A job came.</summary>
    public void Arrived()
    {
        lock (_lock)
        {
            var now = Decay();
            _recent.Enqueue(now);
            while (clock.GetElapsedTime(_recent.Peek(), now) > Window)
            {
                _recent.Dequeue();
            }

            _burst = Math.Max(_burst, _recent.Count);
        }
    }

    /// <summary>The number to keep ready now.</summary>
    public int Target()
    {
        lock (_lock)
        {
            Decay();
            return Math.Clamp((int)Math.Ceiling((_burst * 4 / 3) - 0.01), minimum, maximum);
        }
    }

    private long Decay()
    {
        var now = clock.GetTimestamp();
        _burst *= Math.Pow(0.5, clock.GetElapsedTime(_at, now).TotalSeconds / HalfLifeSeconds);
        _at = now;
        return now;
    }
}
