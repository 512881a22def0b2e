namespace Steward.Engines.Approvals.Calendars;

/// <summary>A time that comes once or again and again, by the clocks of a zone.</summary>
public abstract record FreezeTime
{
    /// <summary>The zone.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The end of the time that covers an instant; null when none does.</summary>
    public DateTimeOffset? EndOf(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, TimeZone).DateTime;
        return LocalEndOf(local) is { } end ? ToInstant(end) : null;
    }

    /// <summary>The same by the clock of the zone.</summary>
    protected abstract DateTime? LocalEndOf(DateTime local);

    // A time that the clock skips is meant as the moment at which it is set forward; of one that comes twice the second is meant, so that a freeze does not end early.
    private DateTimeOffset ToInstant(DateTime local)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        while (TimeZone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = TimeZone.IsAmbiguousTime(local) ? TimeZone.GetAmbiguousTimeOffsets(local).Min() : TimeZone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}

/// <summary>Once.</summary>
public sealed record OneFreeze : FreezeTime
{
    /// <summary>Its beginning by the zone's clock, inclusive.</summary>
    public required DateTime From { get; init; }

    /// <summary>Its end by the zone's clock, exclusive; after <see cref="From"/>.</summary>
    public required DateTime Until { get; init; }

    /// <inheritdoc/>
    protected override DateTime? LocalEndOf(DateTime local) => From <= local && local < Until ? Until : null;
}

/// <summary>Every week, for example from Friday, 16:00 to Monday, 08:00.</summary>
public sealed record WeeklyFreeze : FreezeTime
{
    /// <summary>The weekday on which it begins.</summary>
    public required DayOfWeek FromDay { get; init; }

    /// <summary>When on that day.</summary>
    public required TimeSpan FromTime { get; init; }

    /// <summary>The weekday on which it ends.</summary>
    public required DayOfWeek UntilDay { get; init; }

    /// <summary>When on that day.</summary>
    public required TimeSpan UntilTime { get; init; }

    /// <inheritdoc/>
    protected override DateTime? LocalEndOf(DateTime local)
    {
        // Minutes of the week; an end before the beginning is that of the week after.
        var back = ((int)local.DayOfWeek - (int)FromDay + 7) % 7;
        var from = local.Date.AddDays(-back) + FromTime;
        if (from > local)
        {
            from = from.AddDays(-7);
        }

        var until = from.Date.AddDays(((int)UntilDay - (int)FromDay + 7) % 7) + UntilTime;
        if (until <= from)
        {
            until = until.AddDays(7);
        }

        return local < until ? until : null;
    }
}

/// <summary>Every year, for example from 20 December to 3 January.</summary>
public sealed record YearlyFreeze : FreezeTime
{
    /// <summary>The first day.</summary>
    public required DayOfYear From { get; init; }

    /// <summary>The last day; of the year after when it comes before <see cref="From"/>.</summary>
    public required DayOfYear Until { get; init; }

    /// <inheritdoc/>
    protected override DateTime? LocalEndOf(DateTime local)
    {
        for (var year = local.Year; year >= local.Year - 1 && year > 1; year--)
        {
            var from = Day(From, year);
            var end = Day(Until, (Until.Month, Until.Day).CompareTo((From.Month, From.Day)) < 0 ? year + 1 : year).AddDays(1);
            if (from <= local && local < end)
            {
                return end;
            }
        }

        return null;
    }

    // 29 February is the last of February in years that have none.
    private static DateTime Day(DayOfYear day, int year) => new(year, day.Month, Math.Min(day.Day, DateTime.DaysInMonth(year, day.Month)), 0, 0, 0, DateTimeKind.Unspecified);
}
