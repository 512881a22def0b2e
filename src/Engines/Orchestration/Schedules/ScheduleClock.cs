namespace Steward.Engines.Orchestration.Schedules;

/// <summary>When a schedule has to fire. Pure: everything follows from the line, the zone and two points in time.</summary>
public static class ScheduleClock
{
    /// <summary>The most missed times that are made up for.</summary>
    public const int MaxCatchUp = 24;

    /// <summary>A time that is noticed this late is not missed yet: restarts and hand-overs take their moment.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>The times after <paramref name="after"/> up to <paramref name="now"/> at which the schedule fires, oldest first.</summary>
    /// <param name="cron">The line.</param>
    /// <param name="zone">Its time zone.</param>
    /// <param name="catchUp">What to do about times that were missed.</param>
    /// <param name="after">Up to when (inclusive) everything was seen to.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<DateTimeOffset> Due(CronExpression cron, TimeZoneInfo zone, CatchUpPolicy catchUp, DateTimeOffset after, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(cron);
        var newest = Newest(cron, zone, after, now, MaxCatchUp);
        var onTime = newest.Where(time => now - time <= Grace).ToList();
        return catchUp switch
        {
            CatchUpPolicy.None => onTime,
            CatchUpPolicy.Last => onTime.Count > 0 ? onTime : newest.TakeLast(1).ToList(),
            CatchUpPolicy.All => newest,
            _ => throw new ArgumentOutOfRangeException(nameof(catchUp), catchUp, "Not a policy."),
        };
    }

    /// <summary>The last <paramref name="limit"/> times of a span, oldest first, without going through a long one from its start.</summary>
    private static List<DateTimeOffset> Newest(CronExpression cron, TimeZoneInfo zone, DateTimeOffset after, DateTimeOffset now, int limit)
    {
        for (var span = TimeSpan.FromHours(1); ; span *= 4)
        {
            var whole = now - after <= span;
            var from = whole ? after : now - span;
            var times = new List<DateTimeOffset>();
            while (cron.Next(from, zone) is { } next && next <= now)
            {
                times.Add(next);
                from = next;
            }

            if (whole || times.Count >= limit)
            {
                return times.Count > limit ? times[^limit..] : times;
            }
        }
    }
}

/// <summary>What a schedule does about times that it missed because nothing was there to fire it.</summary>
public enum CatchUpPolicy
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It fires once, for the newest of them.</summary>
    Last,

    /// <summary>It fires for each of them, up to <see cref="ScheduleClock.MaxCatchUp"/>, the newest.</summary>
    All,
}
