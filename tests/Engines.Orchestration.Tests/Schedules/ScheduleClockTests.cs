using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Schedules;

namespace Steward.Engines.Orchestration.Tests.Schedules;

public sealed class ScheduleClockTests
{
    private static readonly CronExpression Hourly = CronExpression.Parse("0 * * * *");

    [Theory]
    [InlineData(CatchUpPolicy.None)]
    [InlineData(CatchUpPolicy.Last)]
    [InlineData(CatchUpPolicy.All)]
    public void Due_OnTime_IsThatTimeWhateverThePolicy(CatchUpPolicy policy) =>
        Assert.Equal([Time("10:00:00")], ScheduleClock.Due(Hourly, TimeZoneInfo.Utc, policy, Time("09:00:00"), Time("10:00:01")));

    [Theory]
    [InlineData(CatchUpPolicy.None)]
    [InlineData(CatchUpPolicy.All)]
    public void Due_BeforeTheNextTime_IsNothing(CatchUpPolicy policy) =>
        Assert.Empty(ScheduleClock.Due(Hourly, TimeZoneInfo.Utc, policy, Time("09:00:00"), Time("09:59:59")));

    [Fact]
    public void Due_AfterDowntime_FollowsThePolicy()
    {
        Assert.Empty(Due(CatchUpPolicy.None));
        Assert.Equal([Time("12:00:00")], Due(CatchUpPolicy.Last));
        Assert.Equal([Time("10:00:00"), Time("11:00:00"), Time("12:00:00")], Due(CatchUpPolicy.All));

        static IReadOnlyList<DateTimeOffset> Due(CatchUpPolicy policy) => ScheduleClock.Due(Hourly, TimeZoneInfo.Utc, policy, Time("09:00:00"), Time("12:30:00"));
    }

    [Fact]
    public void Due_BackJustInTime_DoesNotRepeatOlderOnesForLast() =>
        Assert.Equal([Time("12:00:00")], ScheduleClock.Due(Hourly, TimeZoneInfo.Utc, CatchUpPolicy.Last, Time("09:00:00"), Time("12:01:00")));

    [Fact]
    public void Due_AYearOfMinutes_IsBoundedAndQuick()
    {
        var due = ScheduleClock.Due(CronExpression.Parse("* * * * *"), TimeZoneInfo.Utc, CatchUpPolicy.All, Time("12:00:00").AddYears(-1), Time("12:00:00"));

        Assert.Equal(Enumerable.Range(0, 24).Select(back => Time("12:00:00").AddMinutes(back - 23)), due);
    }

    [Fact]
    public void Due_InPieces_IsTheSameAsAtOnce()
    {
        var cases = from step in Gen.Choose(1, 59) from cut in Gen.Choose(1, 179) select (step, cut);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var cron = CronExpression.Parse($"*/{one.step} * * * *");
            var from = Time("06:00:00");
            var cut = from.AddMinutes(one.cut);
            var end = from.AddMinutes(180);
            var pieces = ScheduleClock.Due(cron, TimeZoneInfo.Utc, CatchUpPolicy.All, from, cut).Concat(ScheduleClock.Due(cron, TimeZoneInfo.Utc, CatchUpPolicy.All, cut, end)).ToList();
            var whole = ScheduleClock.Due(cron, TimeZoneInfo.Utc, CatchUpPolicy.All, from, end);
            Assert.Equal(whole, pieces.TakeLast(whole.Count));
            Assert.Equal(pieces.Distinct().Count(), pieces.Count);
        }).Check(Config.QuickThrowOnFailure);
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("/etc/localtime", false)]
    [InlineData("right/Europe/Berlin", false)]
    [InlineData("Europe/Berlin\n", false)]
    [InlineData("+02:00", false)]
    public void TimeZone_Name_IsFoundOrNot(string? name, bool found) => Assert.Equal(found, TimeZones.TryFind(name, out _));

    private static DateTimeOffset Time(string time) => DateTimeOffset.Parse($"2026-11-21T{time}Z", CultureInfo.InvariantCulture);
}
