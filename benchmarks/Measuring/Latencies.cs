namespace Steward.Benchmarks.Measuring;

/// <summary>Latencies of one phase, in milliseconds. Thread-safe.</summary>
internal sealed class Latencies
{
    private readonly Lock _lock = new();
    private readonly List<double> _values = new(65_536);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _values.Count;
            }
        }
    }

    public void Add(TimeSpan latency)
    {
        lock (_lock)
        {
            _values.Add(latency.TotalMilliseconds);
        }
    }

    /// <summary>Exact percentiles by nearest rank over all recorded values, each less <paramref name="foreign"/>: time that is not the platform's.</summary>
    public LatencySummary Summarize(TimeSpan foreign = default)
    {
        lock (_lock)
        {
            if (_values.Count == 0)
            {
                return new LatencySummary(0, 0, 0, 0, 0);
            }

            _values.Sort();
            return new LatencySummary(_values.Count, Rank(0.50), Rank(0.95), Rank(0.99), _values[^1] - foreign.TotalMilliseconds);
        }

        double Rank(double quantile) => _values[Math.Max(0, (int)Math.Ceiling(quantile * _values.Count) - 1)] - foreign.TotalMilliseconds;
    }
}

/// <summary>Percentiles in milliseconds.</summary>
internal sealed record LatencySummary(int Count, double P50, double P95, double P99, double Max);
