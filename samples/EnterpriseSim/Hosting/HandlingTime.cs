using System.Diagnostics;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>How long the simulated systems were busy with calls, from a request's head to the last byte of the answer, set delays included. Safe for concurrent use.</summary>
internal sealed class HandlingTime
{
    private long ticks;

    public TimeSpan Total => TimeSpan.FromSeconds((double)Interlocked.Read(ref ticks) / Stopwatch.Frequency);

    public Measured Begin() => new(this, Stopwatch.GetTimestamp());

    /// <summary>One call; counts when it is disposed.</summary>
    public readonly struct Measured(HandlingTime owner, long started) : IDisposable
    {
        public void Dispose() => Interlocked.Add(ref owner.ticks, Stopwatch.GetTimestamp() - started);
    }
}
