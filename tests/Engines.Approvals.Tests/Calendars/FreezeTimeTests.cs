using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Calendars;

namespace Steward.Engines.Approvals.Tests.Calendars;

public sealed class FreezeTimeTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("2026-03-06T14:59:00Z", null)]
    [InlineData("2026-03-06T15:00:00Z", "2026-03-09T07:00:00Z")]
    [InlineData("2026-03-08T12:00:00Z", "2026-03-09T07:00:00Z")]
    [InlineData("2026-03-09T06:59:59Z", "2026-03-09T07:00:00Z")]
    [InlineData("2026-03-09T07:00:00Z", null)]
    // The clocks are set forward on that Sunday.
    [InlineData("2026-03-28T12:00:00Z", "2026-03-30T06:00:00Z")]
    public void EndOf_EveryWeek_IsTheNextMonday(string at, string? end) => Assert.Equal(
        end is null ? null : Time(end),
        new WeeklyFreeze { TimeZone = Berlin, FromDay = DayOfWeek.Friday, FromTime = TimeSpan.FromHours(16), UntilDay = DayOfWeek.Monday, UntilTime = TimeSpan.FromHours(8) }.EndOf(Time(at)));

    [Theory]
    [InlineData("2026-12-19T22:59:00Z", null)]
    [InlineData("2026-12-19T23:00:00Z", "2027-01-03T23:00:00Z")]
    [InlineData("2027-01-03T22:59:00Z", "2027-01-03T23:00:00Z")]
    [InlineData("2027-01-03T23:00:00Z", null)]
    public void EndOf_OverTheYearsEnd_IsTheDayAfterTheLast(string at, string? end) => Assert.Equal(
        end is null ? null : Time(end), new YearlyFreeze { TimeZone = Berlin, From = new DayOfYear(12, 20), Until = new DayOfYear(1, 3) }.EndOf(Time(at)));

    [Fact]
    public void EndOf_LeapDay_IsTheEndOfFebruaryInOtherYears()
    {
        var freeze = new YearlyFreeze { TimeZone = TimeZoneInfo.Utc, From = new DayOfYear(2, 29), Until = new DayOfYear(2, 29) };

        Assert.Equal(Time("2028-03-01T00:00:00Z"), freeze.EndOf(Time("2028-02-29T12:00:00Z")));
        Assert.Equal(Time("2026-03-01T00:00:00Z"), freeze.EndOf(Time("2026-02-28T12:00:00Z")));
    }

    [Fact]
    public void EndOf_ClockSetBack_IsTheLaterOne() => Assert.Equal(
        Time("2026-10-25T01:30:00Z"),
        new OneFreeze { TimeZone = Berlin, From = new DateTime(2026, 10, 24), Until = new DateTime(2026, 10, 25, 2, 30, 0) }.EndOf(Time("2026-10-24T12:00:00Z")));

    [Fact]
    public void EndOf_ClockSetForward_IsTheChange() => Assert.Equal(
        Time("2026-03-29T01:00:00Z"),
        new OneFreeze { TimeZone = Berlin, From = new DateTime(2026, 3, 28), Until = new DateTime(2026, 3, 29, 2, 30, 0) }.EndOf(Time("2026-03-28T12:00:00Z")));

    /// <summary>Whatever week and moment: it is frozen exactly when a look at each minute of the week says so, and its end is the first minute that is not.</summary>
    [Fact]
    public void EndOf_AnyWeek_IsAsALookAtEachMinuteSays()
    {
        var given = from fromDay in Gen.Choose(0, 6)
                    from fromMinute in Gen.Choose(0, 1439)
                    from length in Gen.Choose(1, (7 * 1440) - 1)
                    from at in Gen.Choose(0, 60 * 1440)
                    select (fromDay, fromMinute, length, at);
        Prop.ForAll(given.ToArbitrary(), one =>
        {
            var until = ((one.fromDay * 1440) + one.fromMinute + one.length) % (7 * 1440);
            var freeze = new WeeklyFreeze
            {
                TimeZone = TimeZoneInfo.Utc,
                FromDay = (DayOfWeek)one.fromDay,
                FromTime = TimeSpan.FromMinutes(one.fromMinute),
                UntilDay = (DayOfWeek)(until / 1440),
                UntilTime = TimeSpan.FromMinutes(until % 1440),
            };
            var at = Time("2026-01-04T00:00:00Z").AddMinutes(one.at);
            var since = (one.at - ((one.fromDay * 1440) + one.fromMinute) + (7 * 1440 * 10)) % (7 * 1440);
            return freeze.EndOf(at) == (since < one.length ? at.AddMinutes(one.length - since) : null);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
