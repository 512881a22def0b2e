namespace Steward.Gateway.Access;

/// <summary>Allows so many at once and so many a second in the long run. Thread-safe.</summary>
internal sealed class TokenBucket(double perSecond, double burst, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = burst;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Takes one if there is one.</summary>
    /// <param name="wait">How long until there is one, when the result is false.</param>
    public bool TryTake(out TimeSpan wait)
    {
        lock (_lock)
        {
            Fill();
            if (_tokens >= 1)
            {
                _tokens--;
                wait = TimeSpan.Zero;
                return true;
            }

            wait = TimeSpan.FromSeconds((1 - _tokens) / perSecond);
            return false;
        }
    }

    /// <summary>Whether it is as full as a new one.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                Fill();
                return _tokens >= burst;
            }
        }
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
        _filledAt = now;
    }
}
