namespace Steward.Engines.Connectors.Limits;

/// <summary>
/// How well an instance's system does, from the share of failures and from latency, with a forecast. Both are smoothed over steps of time with a trend (Holt's linear method, damped);
/// steps without calls are left out.
/// </summary>
/// <param name="failureRatio">The share of failures at which the breaker opens.</param>
internal sealed class InstanceHealth(double failureRatio)
{
    /// <summary>How long one step of time is.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    /// <summary>How far the forecast looks ahead.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromMinutes(15);

    private const double LevelWeight = 0.15;
    private const double TrendWeight = 0.1;
    private const double BaselineWeight = 0.001;
    private const int StepsBeforeForecast = 6;
    private const int FewestCalls = 3;

    private long _step = -1;
    private int _calls;
    private int _failures;
    private double _seconds;
    private int _steps;
    private double _failureLevel;
    private double _failureTrend;
    private double _latencyLevel;
    private double _latencyBaseline;

    /// <summary>From 0, nothing works, to 1, all is well.</summary>
    public double Score
    {
        get
        {
            var failing = Math.Min(1, _failureLevel / Math.Max(0.01, 2 * failureRatio));
            // Slower than three times the usual begins to count; ten times is as bad as it gets.
            var slowness = _latencyBaseline > 0 ? Math.Clamp(((_latencyLevel / _latencyBaseline) - 3) / 7, 0, 1) : 0;
            return Math.Clamp(1 - (0.8 * failing) - (0.2 * slowness), 0, 1);
        }
    }

    /// <summary>When, by the trend, the share of failures reaches that of the breaker; null when it does not within <see cref="Horizon"/>.</summary>
    public TimeSpan? Forecast
    {
        get
        {
            if (_steps < StepsBeforeForecast)
            {
                return null;
            }

            if (_failureLevel >= failureRatio)
            {
                return TimeSpan.Zero;
            }

            // A trend that is small against the distance, or a level that is still noise, foretells nothing.
            if (_failureTrend <= failureRatio / 100 || _failureLevel < 0.15 * failureRatio)
            {
                return null;
            }

            var steps = (failureRatio - _failureLevel) / _failureTrend;
            return steps * Step <= Horizon ? steps * Step : null;
        }
    }

    /// <summary>A call ended.</summary>
    public void Observe(bool failed, TimeSpan duration, TimeSpan now)
    {
        var step = now.Ticks / Step.Ticks;
        if (step > _step)
        {
            // A step with too few calls to show a share goes on into the next one.
            if (_calls >= FewestCalls)
            {
                Close();
            }

            _step = step;
        }

        _calls++;
        _failures += failed ? 1 : 0;
        _seconds += duration.TotalSeconds;
    }

    private void Close()
    {
        var ratio = (double)_failures / _calls;
        var latency = _seconds / _calls;
        if (_steps == 0)
        {
            (_failureLevel, _latencyLevel, _latencyBaseline) = (ratio, latency, latency);
        }
        else
        {
            var before = _failureLevel;
            _failureLevel = Math.Clamp((LevelWeight * ratio) + ((1 - LevelWeight) * (_failureLevel + (0.9 * _failureTrend))), 0, 1);
            _failureTrend = (TrendWeight * (_failureLevel - before)) + ((1 - TrendWeight) * 0.9 * _failureTrend);
            _latencyLevel += LevelWeight * (latency - _latencyLevel);
            _latencyBaseline += BaselineWeight * (latency - _latencyBaseline);
        }

        _steps++;
        (_calls, _failures, _seconds) = (0, 0, 0);
    }
}
