using System.Globalization;

namespace Steward.Engines.Orchestration.Schedules;

/// <summary>
/// A line of cron: minute, hour, day of month, month, day of week, as POSIX and Vixie's cron read it, in a time zone. Immutable, thread-safe.
/// </summary>
/// <remarks>
/// When both day fields are restricted, either is enough; a field that begins with <c>*</c> counts as not restricted. Where the clocks change: a line whose
/// hour field begins with <c>*</c> follows the real hours, so it neither pauses nor repeats anything it would not have done. Any other line
/// happens once for each of its local times: one that the clocks jump over happens right after the jump, one that comes twice happens the first time.
/// </remarks>
public sealed class CronExpression
{
    /// <summary>The longest line.</summary>
    public const int MaxLength = 256;

    /// <summary>How far a line is looked ahead: long enough for 29 February across a century that has none.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays((8 * 366) + 1);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly CronField _minute;
    private readonly CronField _hour;
    private readonly CronField _dayOfMonth;
    private readonly CronField _month;
    private readonly CronField _dayOfWeek;

    private CronExpression(string text, string[] fields)
    {
        Text = text;
        _minute = CronField.Minute(fields[0]);
        _hour = CronField.Hour(fields[1]);
        _dayOfMonth = CronField.DayOfMonth(fields[2]);
        _month = CronField.Month(fields[3]);
        _dayOfWeek = CronField.DayOfWeek(fields[4]);
    }

    /// <summary>The line as it was written, without surrounding blanks.</summary>
    public string Text { get; }

    /// <summary>Whether the line follows the real hours when the clocks change.</summary>
    public bool FollowsRealHours => _hour.StartsWithStar;

    /// <summary>Reads a line of five fields, or <c>@hourly</c>, <c>@daily</c>, <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>.</summary>
    /// <exception cref="CronFormatException">It is none; the message says which field and what is allowed.</exception>
    public static CronExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            throw new CronFormatException(string.Create(CultureInfo.InvariantCulture, $"the line has more than {MaxLength} characters."));
        }

        var trimmed = text.Trim(' ', '\t');
        var line = trimmed.Length > 0 && trimmed[0] == '@' ? Named(trimmed) : trimmed;
        var fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 5
            ? new CronExpression(trimmed, fields)
            : throw new CronFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"the line has {fields.Length} fields. It must have five, separated by blanks: minute, hour, day of month, month, day of week, for example '30 8 * * MON-FRI'."));
    }

    /// <summary>Whether a local time, by the minute, is one of the line's.</summary>
    public bool Matches(DateTime local) => MatchesDay(DateOnly.FromDateTime(local)) && _hour.Holds(local.Hour) && _minute.Holds(local.Minute);

    /// <summary>The first time after <paramref name="after"/> (exclusive), in UTC; null when there is none within <see cref="Horizon"/>.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        if (after > DateTimeOffset.MaxValue.AddDays(-3) - Horizon)
        {
            return null;
        }

        var from = after.UtcDateTime;
        // A local time of the day before may lie after a later one of the day after: the clocks may go back over midnight.
        var day = DateOnly.FromDateTime(from + zone.GetUtcOffset(after)).AddDays(-1);
        var last = DateOnly.FromDateTime(from + Horizon);
        for (; day <= last; day = day.AddDays(1))
        {
            if (FirstOf(day, from, zone) is not { } found)
            {
                continue;
            }

            var next = FirstOf(day.AddDays(1), from, zone) is { } earlier && earlier < found ? earlier : found;
            return new DateTimeOffset(next, TimeSpan.Zero);
        }

        return null;
    }

    private static string Named(string text) => text.ToUpperInvariant() switch
    {
        "@HOURLY" => "0 * * * *",
        "@DAILY" or "@MIDNIGHT" => "0 0 * * *",
        "@WEEKLY" => "0 0 * * 0",
        "@MONTHLY" => "0 0 1 * *",
        "@YEARLY" or "@ANNUALLY" => "0 0 1 1 *",
        _ => throw new CronFormatException("the line begins with '@' but is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually."),
    };

    private bool MatchesDay(DateOnly day)
    {
        if (!_month.Holds(day.Month))
        {
            return false;
        }

        var byMonth = _dayOfMonth.Holds(day.Day);
        var byWeek = _dayOfWeek.Holds((int)day.DayOfWeek);
        return _dayOfMonth.StartsWithStar || _dayOfWeek.StartsWithStar ? byMonth && byWeek : byMonth || byWeek;
    }

    /// <summary>The first instant after <paramref name="after"/> that belongs to a local day.</summary>
    private DateTime? FirstOf(DateOnly day, DateTime after, TimeZoneInfo zone)
    {
        if (!MatchesDay(day))
        {
            return null;
        }

        // Local times are at most 14 hours ahead of or behind UTC, so everything that belongs to the day happens in this window.
        var midnight = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var from = midnight.AddHours(-15);
        var to = midnight.AddHours(24 + 15);
        var offset = zone.GetUtcOffset(from);
        for (var probe = from; probe <= to; probe = probe.AddHours(6))
        {
            if (zone.GetUtcOffset(probe) != offset)
            {
                return FirstAroundChange(day, from, to, after, zone);
            }
        }

        for (var hour = 0; hour < 24; hour++)
        {
            if (!_hour.Holds(hour) || midnight.AddHours(hour + 1) - offset <= after)
            {
                continue;
            }

            for (var minute = 0; minute < 60; minute++)
            {
                if (_minute.Holds(minute) && midnight.AddMinutes((hour * 60) + minute) - offset is var instant && instant > after)
                {
                    return instant;
                }
            }
        }

        return null;
    }

    /// <summary>The same on a day near which the clocks change: looks at each minute of the window.</summary>
    private DateTime? FirstAroundChange(DateOnly day, DateTime from, DateTime to, DateTime after, TimeZoneInfo zone)
    {
        var latest = DateTime.MinValue;
        var before = from.AddMinutes(-1);
        before += zone.GetUtcOffset(before);
        for (var instant = from; instant <= to; instant += Minute)
        {
            var local = instant + zone.GetUtcOffset(instant);
            var isRepeated = local <= latest;
            var happens = DateOnly.FromDateTime(local) == day && Matches(local) && (FollowsRealHours || !isRepeated);
            if (!happens && !FollowsRealHours && !isRepeated)
            {
                // Local times that never were: between the last minute before the jump and this one.
                for (var skipped = before + Minute; skipped < local && !happens; skipped += Minute)
                {
                    happens = skipped > latest && DateOnly.FromDateTime(skipped) == day && Matches(skipped);
                }
            }

            if (happens && instant > after)
            {
                return instant;
            }

            latest = local > latest ? local : latest;
            before = local;
        }

        return null;
    }
}
