using System.Collections.Frozen;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Calendars;

namespace Steward.Engines.Approvals.Tests.Calendars;

public sealed class WorkingTimeTests
{
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Beirut", "Africa/Casablanca"];

    [Fact]
    public void Add_AnyCalendarAndTime_IsWhatCountingMinuteByMinuteGives()
    {
        var cases = from zone in Gen.Elements(Zones)
                    from seed in Gen.Choose(0, int.MaxValue - 1)
                    select (zone, seed);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var random = new Random(one.seed);
            var calendar = Random(one.zone, random);
            var from = Begin(calendar.TimeZone, random);
            var time = TimeSpan.FromMinutes(random.Next(0, 60 * 30));
            return new WorkingTime(calendar).Add(from, time) == Naive(calendar, from, time);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Theory]
    [InlineData("2026-11-20T16:00:00+01:00", 4, "2026-11-23T12:00:00+01:00")] // Friday afternoon: the rest comes on Monday.
    [InlineData("2026-11-21T10:00:00+01:00", 1, "2026-11-23T10:00:00+01:00")] // Saturday.
    [InlineData("2026-12-24T16:30:00+01:00", 1, "2026-12-28T09:30:00+01:00")] // Christmas, then a weekend.
    [InlineData("2026-03-27T17:00:00+01:00", 8, "2026-03-30T17:00:00+02:00")] // The clock is set forward at the weekend.
    [InlineData("2026-11-23T09:00:00+01:00", 0, "2026-11-23T09:00:00+01:00")]
    public void Add_OfficeHours_SkipsWhatIsNotWorked(string from, int hours, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, null), new WorkingTime(Office()).Add(DateTimeOffset.Parse(from, null), TimeSpan.FromHours(hours)));

    [Fact]
    public void Add_HourThatComesTwice_CountsItTwice()
    {
        var night = new CalendarDefinition
        {
            Name = "night",
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
            Hours = new Dictionary<DayOfWeek, IReadOnlyList<WorkingHours>> { [DayOfWeek.Sunday] = [new(TimeSpan.FromHours(2), TimeSpan.FromHours(2.5)), new(TimeSpan.FromHours(2.5), TimeSpan.FromHours(4))] },
        };

        // On 25 October 2026 the hour from 2 to 3 comes twice: 2:00 to 3:00 twice and 3:00 to 4:00 are three hours.
        var end = new WorkingTime(night).Add(DateTimeOffset.Parse("2026-10-25T00:00:00+02:00", null), TimeSpan.FromHours(3));

        Assert.Equal(DateTimeOffset.Parse("2026-10-25T04:00:00+01:00", null), end);
    }

    [Fact]
    public void Add_HourThatIsSkipped_DoesNotCountIt()
    {
        var night = new CalendarDefinition
        {
            Name = "night",
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
            Hours = new Dictionary<DayOfWeek, IReadOnlyList<WorkingHours>> { [DayOfWeek.Sunday] = [new(TimeSpan.FromHours(1), TimeSpan.FromHours(4))] },
        };

        // On 29 March 2026 there are 1:00 to 2:00 and 3:00 to 4:00 only.
        var end = new WorkingTime(night).Add(DateTimeOffset.Parse("2026-03-29T00:00:00+01:00", null), TimeSpan.FromHours(1.5));

        Assert.Equal(DateTimeOffset.Parse("2026-03-29T03:30:00+02:00", null), end);
    }

    [Fact]
    public void Add_CalendarFullOfHolidays_CountsEveryHourAfterTheHorizon()
    {
        var days = Enumerable.Range(0, 366).Select(day => DayOfYear.Of(new DateOnly(2028, 1, 1).AddDays(day)));
        var from = DateTimeOffset.Parse("2026-01-05T09:00:00Z", null);

        var end = new WorkingTime(Office() with { YearlyHolidays = days.ToFrozenSet() }).Add(from, TimeSpan.FromHours(1));

        Assert.Equal(from + WorkingTime.Horizon + TimeSpan.FromHours(1), end);
    }

    [Fact]
    public void Add_LatestTime_DoesNotOverflow()
    {
        Assert.Equal(DateTimeOffset.MaxValue, new WorkingTime(Office()).Add(DateTimeOffset.MaxValue.AddDays(-1), TimeSpan.FromDays(3)));
        Assert.Equal(DateTimeOffset.MaxValue, EveryHour.Instance.Add(DateTimeOffset.MaxValue, TimeSpan.FromDays(3)));
    }

    [Fact]
    public void ToWorkingTime_RecordOfACalendar_CountsTheSame()
    {
        var from = DateTimeOffset.Parse("2026-12-23T15:00:00+01:00", null);
        var time = TimeSpan.FromHours(20);

        Assert.Equal(new WorkingTime(Office()).Add(from, time), CalendarRecord.Of(Office()).ToWorkingTime().Add(from, time));
    }

    private static CalendarDefinition Office() => new()
    {
        Name = "office",
        TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
        Hours = Enumerable.Range(1, 5).ToDictionary(day => (DayOfWeek)day, _ => (IReadOnlyList<WorkingHours>)[new(TimeSpan.FromHours(9), TimeSpan.FromHours(17))]),
        Holidays = new HashSet<DateOnly> { new(2026, 12, 25) },
        YearlyHolidays = new HashSet<DayOfYear> { new(12, 26) },
    };

    private static CalendarDefinition Random(string zone, Random random)
    {
        var hours = new Dictionary<DayOfWeek, IReadOnlyList<WorkingHours>>();
        foreach (var day in Enum.GetValues<DayOfWeek>().Where(_ => random.Next(3) > 0))
        {
            var edges = Enumerable.Range(0, 4).Select(_ => random.Next(0, 24 * 60 + 1)).Distinct().Order().ToList();
            hours[day] = [.. edges.Chunk(2).Where(pair => pair.Length == 2).Select(pair => new WorkingHours(TimeSpan.FromMinutes(pair[0]), TimeSpan.FromMinutes(pair[1])))];
        }

        hours[DayOfWeek.Wednesday] = [new(TimeSpan.Zero, TimeSpan.FromHours(24))];
        return new()
        {
            Name = "any",
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById(zone),
            Hours = hours,
            Holidays = Enumerable.Range(0, 20).Select(_ => new DateOnly(2026, 1, 1).AddDays(random.Next(365))).ToHashSet(),
            YearlyHolidays = new HashSet<DayOfYear> { new(1, 1), new(2, 29), new(12, 25) },
        };
    }

    /// <summary>Every other time begins within a few days of a change of the zone's clock.</summary>
    private static DateTimeOffset Begin(TimeZoneInfo zone, Random random)
    {
        var any = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(60 * 24 * 365));
        if (random.Next(2) == 0)
        {
            return any;
        }

        for (var day = 0; day < 370; day++)
        {
            if (zone.GetUtcOffset(any.AddDays(day)) != zone.GetUtcOffset(any.AddDays(day + 1)))
            {
                return any.AddDays(day - random.Next(3)).AddMinutes(random.Next(60 * 24));
            }
        }

        return any;
    }

    private static DateTimeOffset Naive(CalendarDefinition calendar, DateTimeOffset from, TimeSpan time)
    {
        var at = from;
        for (var left = (int)time.TotalMinutes; left > 0; at = at.AddMinutes(1))
        {
            if (calendar.Contains(at))
            {
                left--;
            }
        }

        return at;
    }
}
