using System.Globalization;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// Where windows begin and end. A window is named by its local date, so that a change of the time zone moves its ends but does not empty it; days are as long as the clock change makes them. Pure.
/// </summary>
public static class BudgetWindows
{
    private const string MinuteFormat = "yyyy-MM-dd'T'HH:mm'Z'";
    private const string DayFormat = "yyyy-MM-dd";
    private const string MonthFormat = "yyyy-MM";

    /// <summary>The zone by its name; UTC when this machine does not know it.</summary>
    public static TimeZoneInfo ZoneOf(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>The label of the window in which a time is.</summary>
    public static string LabelOf(BudgetWindow window, TimeZoneInfo zone, DateTimeOffset at) => window switch
    {
        BudgetWindow.Minute => at.UtcDateTime.ToString(MinuteFormat, CultureInfo.InvariantCulture),
        BudgetWindow.Day => TimeZoneInfo.ConvertTime(at, zone).ToString(DayFormat, CultureInfo.InvariantCulture),
        _ => TimeZoneInfo.ConvertTime(at, zone).ToString(MonthFormat, CultureInfo.InvariantCulture),
    };

    /// <summary>When the window with a label ends: the first instant of the next one. A label that is none ends at once.</summary>
    public static DateTimeOffset EndOf(BudgetWindow window, TimeZoneInfo zone, string label)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var format = window switch { BudgetWindow.Minute => MinuteFormat, BudgetWindow.Day => DayFormat, _ => MonthFormat };
        if (!DateTime.TryParseExact(label, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var start))
        {
            return DateTimeOffset.MinValue;
        }

        return window switch
        {
            BudgetWindow.Minute => new DateTimeOffset(start, TimeSpan.Zero).AddMinutes(1),
            BudgetWindow.Day => FirstInstantOf(DateTime.SpecifyKind(start.AddDays(1), DateTimeKind.Unspecified), zone),
            _ => FirstInstantOf(DateTime.SpecifyKind(start.AddMonths(1), DateTimeKind.Unspecified), zone),
        };
    }

    // Midnight that the clocks skip is the instant of the change; midnight that comes twice is the first one.
    private static DateTimeOffset FirstInstantOf(DateTime midnight, TimeZoneInfo zone)
    {
        if (zone.IsAmbiguousTime(midnight))
        {
            return new DateTimeOffset(midnight, zone.GetAmbiguousTimeOffsets(midnight).Max());
        }

        if (!zone.IsInvalidTime(midnight))
        {
            return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight));
        }

        var before = zone.GetUtcOffset(midnight.AddHours(-3));
        return new DateTimeOffset(midnight, before);
    }
}
