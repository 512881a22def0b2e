namespace Steward.Grains.Tests.Hosting;

/// <summary>The system's time, moved on by the test. Timers run as they do.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    /// <summary>Whether what measures durations sees the moves, too, such as a breaker that waits. Default: not.</summary>
    public bool MovesTimestamps { get; init; }

    public override long GetTimestamp() =>
        base.GetTimestamp() + (MovesTimestamps ? (long)(Interlocked.Read(ref _shift) * ((double)TimestampFrequency / TimeSpan.TicksPerSecond)) : 0);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);

    /// <summary>Moves on to so long before the next full minute.</summary>
    public DateTimeOffset MoveCloseToMinute(TimeSpan before)
    {
        var now = GetUtcNow();
        var minute = new DateTimeOffset(((now.UtcTicks / TimeSpan.TicksPerMinute) + 1) * TimeSpan.TicksPerMinute, TimeSpan.Zero);
        if (minute - before < now)
        {
            minute = minute.AddMinutes(1);
        }

        Advance(minute - before - now);
        return minute;
    }
}
