using System.Diagnostics;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>How long the simulated systems were busy with calls, from a request's head to the last byte of the answer, set delays included. Safe for concurrent use.</summary>
internal sealed class HandlingTime
{
    private long ticks;

    public TimeSpan Total => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref ticks));

    /// <summary>Told of each call when it is over: its path and query, and how long it took.</summary>
    public Action<string, TimeSpan>? Observer { get; set; }

    public Measured Begin(string path) => new(this, path, Stopwatch.GetTimestamp());

    /// <summary>One call; counts when it is disposed.</summary>
    public readonly struct Measured(HandlingTime owner, string path, long started) : IDisposable
    {
        public void Dispose()
        {
            var taken = Stopwatch.GetTimestamp() - started;
            Interlocked.Add(ref owner.ticks, taken);
            owner.Observer?.Invoke(path, Stopwatch.GetElapsedTime(0, taken));
        }
    }
}
