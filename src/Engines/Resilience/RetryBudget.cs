namespace Steward.Engines.Resilience;

/// <summary>How many repetitions may be made: one for every ten first attempts, and three a minute whatever happens. Keeps failures from multiplying the load. One caller at a time.</summary>
public sealed class RetryBudget
{
    private const double Share = 0.1;
    private const double FloorPerSecond = 3.0 / 60;
    private const double Floor = 3;
    private const double Most = 20;

    private double _tokens = Floor;
    private TimeSpan _at;

    /// <summary>Counts a first attempt.</summary>
    public void Earn() => _tokens = Math.Min(Most, _tokens + Share);

    /// <summary>Whether a repetition may be made.</summary>
    public bool HasRoom(TimeSpan now)
    {
        if (now > _at)
        {
            if (_tokens < Floor)
            {
                _tokens = Math.Min(Floor, _tokens + ((now - _at).TotalSeconds * FloorPerSecond));
            }

            _at = now;
        }

        return _tokens >= 1;
    }

    /// <summary>Takes one.</summary>
    public void Spend() => _tokens -= 1;
}
