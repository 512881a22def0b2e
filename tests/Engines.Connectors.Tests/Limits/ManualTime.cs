namespace Steward.Engines.Connectors.Tests.Limits;

/// <summary>A clock that the test moves. The wall clock can be set apart from the monotonic one.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public TimeSpan Wall { get; set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(_ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + TimeSpan.FromTicks(_ticks) + Wall;

    public void Advance(TimeSpan by) => _ticks += by.Ticks;
}
