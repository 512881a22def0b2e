using System.Collections.Frozen;

namespace Steward.Engines.Approvals.Calendars;

/// <summary>A calendar as an approval keeps it: its times go on to mean the same after the rules were changed.</summary>
public sealed record CalendarRecord
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>IANA time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The hours of each weekday that has some, by its name in English.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<WorkingHours>> Hours { get; init; }

    /// <summary>Days on which nobody works.</summary>
    public IReadOnlyList<DateOnly> Holidays { get; init; } = [];

    /// <summary>Days on which nobody works in any year.</summary>
    public IReadOnlyList<DayOfYear> YearlyHolidays { get; init; } = [];

    /// <summary>What is kept of a calendar.</summary>
    public static CalendarRecord Of(CalendarDefinition calendar)
    {
        ArgumentNullException.ThrowIfNull(calendar);
        return new()
        {
            Name = calendar.Name,
            TimeZone = calendar.TimeZone.Id,
            Hours = calendar.Hours.OrderBy(day => day.Key).ToDictionary(day => day.Key.ToString(), day => day.Value),
            Holidays = [.. calendar.Holidays.Order()],
            YearlyHolidays = [.. calendar.YearlyHolidays.OrderBy(day => (day.Month, day.Day))],
        };
    }

    /// <summary>How time counts by it. A zone that this machine does not know counts as UTC: people are reminded at another hour, and nothing is lost.</summary>
    public IWorkingTime ToWorkingTime() => new WorkingTime(new CalendarDefinition
    {
        Name = Name,
        TimeZone = TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) ? zone : TimeZoneInfo.Utc,
        Hours = Hours.ToFrozenDictionary(day => Enum.Parse<DayOfWeek>(day.Key), day => day.Value),
        Holidays = Holidays.ToFrozenSet(),
        YearlyHolidays = YearlyHolidays.ToFrozenSet(),
    });
}
