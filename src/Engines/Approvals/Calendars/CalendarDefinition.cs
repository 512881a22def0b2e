using System.Collections.Frozen;

namespace Steward.Engines.Approvals.Calendars;

/// <summary>When a tenant's people work: hours for each weekday in one time zone, except on holidays.</summary>
public sealed record CalendarDefinition
{
    /// <summary>Its name, unique in the rule set.</summary>
    public required string Name { get; init; }

    /// <summary>The zone in which hours and holidays are meant.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The hours of each weekday, in order and without overlap; a weekday that is missing is none. At least one weekday has hours.</summary>
    public required IReadOnlyDictionary<DayOfWeek, IReadOnlyList<WorkingHours>> Hours { get; init; }

    /// <summary>Days on which nobody works.</summary>
    public IReadOnlySet<DateOnly> Holidays { get; init; } = FrozenSet<DateOnly>.Empty;

    /// <summary>Days on which nobody works in any year.</summary>
    public IReadOnlySet<DayOfYear> YearlyHolidays { get; init; } = FrozenSet<DayOfYear>.Empty;

    /// <summary>The hours of a day; none on holidays and on weekdays without hours.</summary>
    public IReadOnlyList<WorkingHours> On(DateOnly day) =>
        Holidays.Contains(day) || YearlyHolidays.Contains(DayOfYear.Of(day)) ? [] : Hours.GetValueOrDefault(day.DayOfWeek, []);

    /// <summary>Whether people work at a time.</summary>
    public bool Contains(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, TimeZone);
        var time = local.TimeOfDay;
        foreach (var hours in On(DateOnly.FromDateTime(local.DateTime)))
        {
            if (hours.From <= time && time < hours.Until)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A part of a day.</summary>
/// <param name="From">Its beginning, after midnight, inclusive.</param>
/// <param name="Until">Its end, exclusive; 24 hours for midnight at the day's end.</param>
public readonly record struct WorkingHours(TimeSpan From, TimeSpan Until);

/// <summary>A day of every year.</summary>
/// <param name="Month">1 to 12.</param>
/// <param name="Day">1 to 31; 29 February exists in leap years only.</param>
public readonly record struct DayOfYear(int Month, int Day)
{
    /// <summary>That of a date.</summary>
    public static DayOfYear Of(DateOnly day) => new(day.Month, day.Day);
}
