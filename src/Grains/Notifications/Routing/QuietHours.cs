using System.Globalization;

namespace Steward.Notifications;

/// <summary>The hours of a day in which somebody does not want to be disturbed, by the clock on their wall. Pure.</summary>
/// <param name="From">The beginning.</param>
/// <param name="Until">The end; before the beginning when they go over midnight. The same as the beginning is no time at all.</param>
internal sealed record QuietHours(TimeOnly From, TimeOnly Until)
{
    /// <summary>What preferences say; null when they name no hours.</summary>
    public static QuietHours? Of(NotificationPreferences preferences) =>
        TryRead(preferences.QuietFrom, out var from) && TryRead(preferences.QuietUntil, out var until) ? new QuietHours(from, until) : null;

    /// <summary>Reads HH:MM.</summary>
    public static bool TryRead(string? text, out TimeOnly time) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    /// <summary>When they are over, if they hold at a time; null when they do not.</summary>
    /// <param name="now">The time.</param>
    /// <param name="zone">Where the person is.</param>
    public DateTimeOffset? EndAt(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var time = TimeOnly.FromDateTime(local);
        var overMidnight = Until < From;
        var holds = overMidnight ? time >= From || time < Until : time >= From && time < Until;
        if (!holds)
        {
            return null;
        }

        var day = DateOnly.FromDateTime(local);
        var end = ToInstant(day.AddDays(overMidnight && time >= From ? 1 : 0).ToDateTime(Until), zone);

        // In the hour that comes twice, the end may have been in the first of the two.
        return end > now ? end : null;
    }

    private static DateTimeOffset ToInstant(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(local))
        {
            // The clock jumps over it: the first moment after the jump.
            var before = local;
            while (zone.IsInvalidTime(before))
            {
                before = before.AddMinutes(-1);
            }

            return new DateTimeOffset(before, zone.GetUtcOffset(before)).AddMinutes(1).ToUniversalTime();
        }

        // Of two, the first.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
