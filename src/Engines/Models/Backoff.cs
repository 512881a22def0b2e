namespace Steward.Engines.Models;

/// <summary>Where randomness comes from, so that tests can set it.</summary>
public interface IRandomSource
{
    /// <summary>From 0 up to, not including, 1. Safe for concurrent use.</summary>
    double NextDouble();
}

/// <summary>The process's own randomness, or a repeatable one when a seed is given.</summary>
public sealed class RandomSource : IRandomSource
{
    private readonly Lock _gate = new();
    private readonly Random? _seeded;

    /// <summary>Unpredictable.</summary>
    public RandomSource()
    {
    }

    /// <summary>Repeatable.</summary>
    public RandomSource(int seed) => _seeded = new Random(seed);

    /// <inheritdoc/>
    public double NextDouble()
    {
        // Jitter keeps callers apart; it guards nothing.
#pragma warning disable CA5394
        if (_seeded is null)
        {
            return Random.Shared.NextDouble();
        }

        lock (_gate)
        {
            return _seeded.NextDouble();
        }
#pragma warning restore CA5394
    }
}

/// <summary>How long to wait before trying again.</summary>
public static class Backoff
{
    /// <summary>
    /// Exponential with full jitter: uniform between zero and <paramref name="baseDelay"/> · 2^(attempt−1), after what the other side asked for; capped.
    /// </summary>
    /// <param name="attempt">The attempt that has failed, from 1.</param>
    /// <param name="baseDelay">The upper end of the first wait.</param>
    /// <param name="maxDelay">The cap.</param>
    /// <param name="retryAfter">What the other side asked for.</param>
    /// <param name="random">Where the jitter comes from.</param>
    public static TimeSpan Delay(int attempt, TimeSpan baseDelay, TimeSpan maxDelay, TimeSpan? retryAfter, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var ceiling = Math.Min(maxDelay.TotalMilliseconds, baseDelay.TotalMilliseconds * Math.Pow(2, Math.Clamp(attempt - 1, 0, 30)));
        // Whoever was told the same time must not come back at the same instant.
        var wait = (retryAfter?.TotalMilliseconds ?? 0) + (ceiling * random.NextDouble());
        return TimeSpan.FromMilliseconds(Math.Clamp(wait, 0, maxDelay.TotalMilliseconds));
    }
}
