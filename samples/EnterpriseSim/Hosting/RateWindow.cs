namespace Steward.EnterpriseSim.Hosting;

/// <summary>A fixed window of calls per key, as the products count them.</summary>
internal sealed class RateWindow(TimeProvider time, int limit, TimeSpan length)
{
    private readonly Dictionary<string, (DateTimeOffset Start, int Used)> windows = [];

    public int Limit => limit;

    /// <summary>Counts a call. Callers hold the system's lock.</summary>
    public RateReading Count(string key)
    {
        var now = time.GetUtcNow();
        if (!windows.TryGetValue(key, out var window) || now >= window.Start + length)
        {
            window = (now, 0);
        }

        window.Used++;
        windows[key] = window;
        return new RateReading(limit, Math.Max(0, limit - window.Used), window.Start + length, window.Used <= limit, Math.Min(window.Used, limit));
    }
}

internal readonly record struct RateReading(int Limit, int Remaining, DateTimeOffset Reset, bool Allowed, int Used)
{
    public int RetryAfterSeconds(DateTimeOffset now) => Math.Max(1, (int)Math.Ceiling((Reset - now).TotalSeconds));
}
