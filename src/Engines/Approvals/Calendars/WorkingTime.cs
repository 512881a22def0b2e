namespace Steward.Engines.Approvals.Calendars;

/// <summary>
/// The hours of a calendar, in real time: a part of a working day that the clock skips when it is set forward does not exist, one that it repeats counts twice, since people sit there for it twice.
/// </summary>
public sealed class WorkingTime(CalendarDefinition calendar) : IWorkingTime
{
    /// <summary>How far ahead is looked. Where a calendar has not enough time to give in it, for example because it is full of holidays, every hour counts from there.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(3660);

    private static readonly TimeSpan Stretch = TimeSpan.FromDays(7);

    private readonly CalendarDefinition _calendar = calendar ?? throw new ArgumentNullException(nameof(calendar));

    /// <inheritdoc/>
    public DateTimeOffset Add(DateTimeOffset from, TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
        {
            return from;
        }

        if (from.Year < 2 || DateTimeOffset.MaxValue - from <= Horizon + Stretch)
        {
            return EveryHour.Instance.Add(from, time);
        }

        foreach (var (begin, end) in SpansFrom(from))
        {
            var length = end - begin;
            if (time <= length)
            {
                return (begin + time).ToOffset(from.Offset);
            }

            time -= length;
        }

        return EveryHour.Instance.Add(from + Horizon, time);
    }

    /// <summary>The spans that count, in order, from a time to the horizon.</summary>
    private IEnumerable<(DateTimeOffset Begin, DateTimeOffset End)> SpansFrom(DateTimeOffset from)
    {
        var horizon = from + Horizon;
        for (var begin = from.ToUniversalTime(); begin < horizon;)
        {
            // As long as the zone keeps its offset, its clock only goes forward: days and hours come in their order.
            var (end, offset) = SteadyFrom(begin);
            if (end > horizon)
            {
                end = horizon;
            }

            var last = DateOnly.FromDateTime((end + offset).DateTime);
            for (var day = DateOnly.FromDateTime((begin + offset).DateTime); day <= last; day = day.AddDays(1))
            {
                var midnight = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero) - offset;
                foreach (var hours in _calendar.On(day))
                {
                    var start = midnight + hours.From > begin ? midnight + hours.From : begin;
                    var stop = midnight + hours.Until < end ? midnight + hours.Until : end;
                    if (start < stop)
                    {
                        yield return (start, stop);
                    }
                }
            }

            begin = end;
        }
    }

    /// <summary>How long the zone keeps the offset that it has at a time: to its next change, to the second, or for a stretch.</summary>
    private (DateTimeOffset End, TimeSpan Offset) SteadyFrom(DateTimeOffset begin)
    {
        var zone = _calendar.TimeZone;
        var offset = zone.GetUtcOffset(begin);
        for (var end = begin; end < begin + Stretch;)
        {
            var next = end.AddHours(6);
            if (zone.GetUtcOffset(next) == offset)
            {
                end = next;
                continue;
            }

            // Zones change on whole seconds.
            var (low, high) = (end.ToUnixTimeSeconds(), next.ToUnixTimeSeconds() + 1);
            while (high - low > 1)
            {
                var middle = low + ((high - low) / 2);
                (low, high) = zone.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(middle)) == offset ? (middle, high) : (low, middle);
            }

            return (DateTimeOffset.FromUnixTimeSeconds(high), offset);
        }

        return (begin + Stretch, offset);
    }
}
