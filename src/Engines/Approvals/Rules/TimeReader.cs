using System.Globalization;
using System.Text.Json.Nodes;
using Steward.Engines.Approvals.Calendars;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Reads calendars and freezes.</summary>
internal static class TimeReader
{
    private const string Weekdays = "weekdays";

    public static TimeZoneInfo Zone(string name, string at, RuleErrors errors)
    {
        if (TimeZones.TryFind(name, out var zone))
        {
            return zone;
        }

        errors.Add(at, null, $"there is no time zone '{ConditionValue.Shown(name)}'; names are those of the IANA database, such as Europe/Berlin.");
        return TimeZoneInfo.Utc;
    }

    public static List<CalendarDefinition> Calendars(JsonArray nodes, FieldCatalog catalog, RuleErrors errors)
    {
        var calendars = new List<CalendarDefinition>();
        for (var i = 0; i < nodes.Count; i++)
        {
            var (node, at) = ((JsonObject)nodes[i]!, $"/calendars/{i}");
            var name = node["name"]!.GetValue<string>();
            if (calendars.Exists(calendar => calendar.Name == name))
            {
                errors.Add(at + "/name", null, $"there is another calendar '{name}'.");
            }

            var hours = new Dictionary<DayOfWeek, IReadOnlyList<WorkingHours>>();

            // A day's own hours stand above those of all weekdays, wherever they stand.
            foreach (var (day, ranges) in ((JsonObject)node["hours"]!).OrderBy(entry => entry.Key == Weekdays ? 0 : 1))
            {
                var read = Hours((JsonArray)ranges!, $"{at}/hours/{day}", errors);
                foreach (var weekday in day == Weekdays ? [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday] : new[] { Day(day)!.Value })
                {
                    hours[weekday] = read;
                }
            }

            var (days, yearly) = Holidays(node["holidays"] as JsonArray ?? [], at + "/holidays", errors);
            calendars.Add(new CalendarDefinition
            {
                Name = name,
                TimeZone = Zone(node["timeZone"]!.GetValue<string>(), at + "/timeZone", errors),
                Hours = hours,
                Holidays = days,
                YearlyHolidays = yearly,
            });
            catalog.Add(calendars[^1]);
        }

        return calendars;
    }

    public static List<FreezeDefinition> Freezes(JsonArray nodes, TimeZoneInfo standard, FieldCatalog catalog, RuleErrors errors)
    {
        var freezes = new List<FreezeDefinition>();
        for (var i = 0; i < nodes.Count; i++)
        {
            var (node, at) = ((JsonObject)nodes[i]!, $"/freezes/{i}");
            var name = node["name"]!.GetValue<string>();
            if (freezes.Exists(freeze => freeze.Name == name))
            {
                errors.Add(at + "/name", null, $"there is another freeze '{name}'.");
            }

            var zone = node["timeZone"] is { } own ? Zone(own.GetValue<string>(), at + "/timeZone", errors) : standard;
            var when = node["when"] is { } condition ? errors.Read(condition.GetValue<string>(), catalog, at + "/when", null) : null;
            if (Time(node["from"]!.GetValue<string>(), node["until"]!.GetValue<string>(), zone) is not { } time)
            {
                errors.Add(at + "/from", null, "'from' and 'until' must both be a date and time (2026-12-20T18:00), a weekday and time (friday 16:00) or a day of the year (12-20); 'until' comes after 'from'.");
                continue;
            }

            freezes.Add(new FreezeDefinition
            {
                Name = name,
                Time = time,
                Types = RuleSetReader.Texts(node["types"]),
                Environments = RuleSetReader.Texts(node["environments"]),
                When = when,
                Text = node["text"]!.GetValue<string>(),
            });
        }

        return freezes;
    }

    private static List<WorkingHours> Hours(JsonArray ranges, string at, RuleErrors errors)
    {
        var hours = ranges.Select(range => range!.GetValue<string>().Split('-')).Select(range => new WorkingHours(OfDay(range[0]), OfDay(range[1]))).ToList();
        if (hours.Exists(range => range.From >= range.Until) || hours.Zip(hours.Skip(1)).Any(pair => pair.First.Until > pair.Second.From))
        {
            errors.Add(at, null, "hours must each end after they begin, in order and without overlap.");
        }

        return hours;
    }

    private static (HashSet<DateOnly> Days, HashSet<DayOfYear> Yearly) Holidays(JsonArray nodes, string at, RuleErrors errors)
    {
        var (days, yearly) = (new HashSet<DateOnly>(), new HashSet<DayOfYear>());
        for (var i = 0; i < nodes.Count; i++)
        {
            var text = nodes[i]!.GetValue<string>();
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                days.Add(day);
            }
            else if (Yearly(text) is { } each)
            {
                yearly.Add(each);
            }
            else
            {
                errors.Add($"{at}/{i}", null, $"'{text}' is no date.");
            }
        }

        return (days, yearly);
    }

    private static FreezeTime? Time(string from, string until, TimeZoneInfo zone)
    {
        if (Moment(from) is { } begins && Moment(until) is { } ends)
        {
            return begins < ends ? new OneFreeze { TimeZone = zone, From = begins, Until = ends } : null;
        }

        if (Weekly(from) is { } fromDay && Weekly(until) is { } untilDay)
        {
            return fromDay == untilDay ? null : new WeeklyFreeze { TimeZone = zone, FromDay = fromDay.Day, FromTime = fromDay.Time, UntilDay = untilDay.Day, UntilTime = untilDay.Time };
        }

        return Yearly(from) is { } first && Yearly(until) is { } last ? new YearlyFreeze { TimeZone = zone, From = first, Until = last } : null;
    }

    private static DateTime? Moment(string text) =>
        DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) ? moment : null;

    private static (DayOfWeek Day, TimeSpan Time)? Weekly(string text) =>
        text.Split(' ') is [var day, var time] && Day(day) is { } weekday && TimeOnly.TryParseExact(time, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? (weekday, at.ToTimeSpan()) : null;

    // In a leap year, so that 29 February is a day.
    private static DayOfYear? Yearly(string text) =>
        DateOnly.TryParseExact("2024-" + text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? DayOfYear.Of(day) : null;

    private static DayOfWeek? Day(string text) => text is "monday" or "tuesday" or "wednesday" or "thursday" or "friday" or "saturday" or "sunday" ? Enum.Parse<DayOfWeek>(text, ignoreCase: true) : null;

    private static TimeSpan OfDay(string text) => text == "24:00" ? TimeSpan.FromDays(1) : TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture).ToTimeSpan();
}
