namespace Steward.Engines.Approvals.Calendars;

/// <summary>In which hours time counts. Pure; safe for concurrent use.</summary>
public interface IWorkingTime
{
    /// <summary>When a span of counted time that begins at a time is over. A span of zero is over at its beginning, whether that counts or not.</summary>
    DateTimeOffset Add(DateTimeOffset from, TimeSpan time);
}

/// <summary>Every hour counts.</summary>
public sealed class EveryHour : IWorkingTime
{
    private EveryHour()
    {
    }

    /// <summary>The only one.</summary>
    public static EveryHour Instance { get; } = new();

    /// <inheritdoc/>
    public DateTimeOffset Add(DateTimeOffset from, TimeSpan time) => DateTimeOffset.MaxValue - from <= time ? DateTimeOffset.MaxValue : from + time;
}
