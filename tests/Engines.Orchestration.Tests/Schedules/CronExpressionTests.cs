using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Schedules;

namespace Steward.Engines.Orchestration.Tests.Schedules;

public sealed class CronExpressionTests
{
    private static readonly string[] Zones =
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "America/Santiago", "Pacific/Apia", "Africa/Cairo", "Pacific/Chatham"];

    /// <summary>Days on or next to which one of the zones changes its clocks.</summary>
    private static readonly string[] Changes =
        ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2026-10-03", "2011-12-29", "2026-09-05", "2026-04-23", "2026-02-14", "2026-03-21", "2009-10-03"];

    [Theory]
    [InlineData("* * * * *", "2026-01-31T23:59:00Z", "2026-02-01T00:00:00Z")]
    [InlineData("30 8 * * MON-FRI", "2026-11-20T08:30:00Z", "2026-11-23T08:30:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("*/15 9-17/4 * * *", "2026-01-01T09:45:00Z", "2026-01-01T13:00:00Z")]
    [InlineData("0 12 * * 7", "2026-11-21T00:00:00Z", "2026-11-22T12:00:00Z")]
    [InlineData("0 12 * * sun,wed", "2026-11-22T12:00:00Z", "2026-11-25T12:00:00Z")]
    [InlineData("5 4 1,15 jan-mar/2 *", "2026-01-15T04:05:00Z", "2026-03-01T04:05:00Z")]
    [InlineData("@hourly", "2026-01-01T00:00:30Z", "2026-01-01T01:00:00Z")]
    [InlineData("@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("@weekly", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z")]
    [InlineData("@MONTHLY", "2026-11-21T00:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData("  0\t0  1 1 * ", "2026-11-21T00:00:00Z", "2027-01-01T00:00:00Z")]
    public void Next_InUtc_IsTheNextTimeOfTheLine(string line, string after, string expected) =>
        Assert.Equal(Time(expected), CronExpression.Parse(line).Next(Time(after), TimeZoneInfo.Utc));

    [Theory]
    // Both restricted: either is enough.
    [InlineData("0 9 13 * FRI", "2026-11-01T00:00:00Z", "2026-11-06T09:00:00Z", "2026-11-13T09:00:00Z", "2026-11-20T09:00:00Z", "2026-11-27T09:00:00Z", "2026-12-04T09:00:00Z", "2026-12-11T09:00:00Z", "2026-12-13T09:00:00Z")]
    // A field that begins with a star is no restriction, so both must hold.
    [InlineData("0 9 */10 * MON", "2026-11-01T00:00:00Z", "2026-12-21T09:00:00Z", "2027-01-11T09:00:00Z", "2027-02-01T09:00:00Z")]
    public void Next_DayFields_CombineAsInCron(string line, string after, params string[] expected) =>
        Assert.Equal(expected.Select(Time), Run(line, "UTC", after, expected.Length));

    [Theory]
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC. 25 October: 03:00 becomes 02:00 at 01:00 UTC.
    [InlineData("30 2 * * *", "2026-03-28T00:00:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("*/20 2 * * *", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z")]
    [InlineData("0 2,3 * * *", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z")]
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 * * * *", "2026-03-28T23:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z")]
    [InlineData("0 * * * *", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z")]
    [InlineData("30 */2 * * *", "2026-03-28T23:00:00Z", "2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z")]
    [InlineData("0 9 * * *", "2026-03-28T00:00:00Z", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z")]
    public void Next_WhereTheClocksChange_NeitherLosesNorRepeats(string line, string after, params string[] expected) =>
        Assert.Equal(expected.Select(Time), Run(line, "Europe/Berlin", after, expected.Length));

    [Fact]
    public void Next_DayThatTheZoneLeftOut_HappensRightAfterIt() =>
        // Samoa had no 30 December 2011.
        Assert.Equal([Time("2011-12-29T19:00:00Z"), Time("2011-12-30T10:00:00Z"), Time("2011-12-30T19:00:00Z")], Run("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 3));

    [Theory]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 4,6,9,11 *")]
    public void Next_LineThatNeverHappens_IsNull(string line) => Assert.Null(CronExpression.Parse(line).Next(Time("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc));

    [Fact]
    public void Next_AtTheEndOfTime_IsNull() => Assert.Null(CronExpression.Parse("* * * * *").Next(DateTimeOffset.MaxValue, TimeZoneInfo.Utc));

    [Theory]
    [InlineData("", "five")]
    [InlineData("* * * *", "4 fields")]
    [InlineData("0 0 * * * *", "6 fields")]
    [InlineData("60 * * * *", "'minute' holds '60'")]
    [InlineData("* 24 * * *", "'hour' holds '24'")]
    [InlineData("* * 0 * *", "'day of month' holds '0'")]
    [InlineData("* * 32 * *", "1 to 31")]
    [InlineData("* * * 13 *", "1 to 12 or JAN to DEC")]
    [InlineData("* * * * 8", "0 to 7 or SUN to SAT")]
    [InlineData("* * * FOO *", "'month' holds 'FOO'")]
    [InlineData("5/15 * * * *", "write 5-59/15")]
    [InlineData("*/0 * * * *", "step")]
    [InlineData("*/61 * * * *", "step")]
    [InlineData("*/x * * * *", "step")]
    [InlineData("10-5 * * * *", "backwards")]
    [InlineData("1-2-3 * * * *", "more than one '-'")]
    [InlineData("1, * * * *", "'minute'")]
    [InlineData("-1 * * * *", "'minute'")]
    [InlineData("1- * * * *", "'minute'")]
    [InlineData("+1 * * * *", "'minute'")]
    [InlineData("*/2/2 * * * *", "'minute'")]
    [InlineData("? * * * *", "'minute'")]
    [InlineData("0 0 L * *", "'day of month' holds 'L'")]
    [InlineData("٣ * * * *", "'minute'")]
    [InlineData("@never", "@hourly")]
    public void Parse_WrongLine_SaysTheFieldAndWhatIsAllowed(string line, string part)
    {
        var error = Assert.Throws<CronFormatException>(() => CronExpression.Parse(line));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_VeryLongLine_IsRefused() =>
        Assert.Contains("256", Assert.Throws<CronFormatException>(() => CronExpression.Parse(new string('1', 300) + " * * * *")).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_AnyText_IsALineOrRefused()
    {
        var texts = Gen.Elements("*0123456789-/,@ \tMONJANL?#x".ToCharArray()).ListOf().Select(characters => new string([.. characters]));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            try
            {
                CronExpression.Parse(text).Next(Time("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc);
            }
            catch (CronFormatException)
            {
                return;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void Next_RandomLinesAndZones_AgreesWithALookAtEveryMinute()
    {
        var cases = from minute in Field(0, 59)
                    from hour in Field(0, 23)
                    from dayOfMonth in Field(1, 31)
                    from dayOfWeek in Field(0, 7)
                    from restrictDays in Gen.Choose(0, 3)
                    from zone in Gen.Elements(Zones)
                    from day in Gen.Elements(Changes)
                    from start in Gen.Choose(0, 24 * 60 * 60)
                    select (line: $"{minute} {hour} {(restrictDays is 1 or 3 ? dayOfMonth : "*")} * {(restrictDays is 2 or 3 ? dayOfWeek : "*")}", zone, at: Time(day + "T00:00:00Z").AddSeconds(start));
        Prop.ForAll(cases.ToArbitrary(), one => Assert.Equal(LookAtEveryMinute(one.line, one.zone, one.at, TimeSpan.FromDays(4)), Until(one.line, one.zone, one.at, TimeSpan.FromDays(4))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void Next_RandomLines_IsLaterAndMatchesInLocalTime()
    {
        var cases = from minute in Field(0, 59)
                    from hour in Field(0, 23)
                    from dayOfMonth in Field(1, 31)
                    from month in Field(1, 12)
                    from dayOfWeek in Field(0, 7)
                    from zone in Gen.Elements(Zones)
                    from start in Gen.Choose(0, 60 * 365 * 24 * 60)
                    select (line: $"{minute} {hour} {dayOfMonth} {month} {dayOfWeek}", zone, at: Time("1980-01-01T00:00:00Z").AddMinutes(start));
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var cron = CronExpression.Parse(one.line);
            var zone = TimeZoneInfo.FindSystemTimeZoneById(one.zone);
            if (cron.Next(one.at, zone) is not { } next)
            {
                return;
            }

            Assert.True(next > one.at);
            Assert.Equal(0, next.UtcTicks % TimeSpan.TicksPerMinute);
            var local = TimeZoneInfo.ConvertTime(next, zone).DateTime;
            var before = TimeZoneInfo.ConvertTime(next.AddMinutes(-1), zone).DateTime;
            Assert.True(cron.Matches(local) || local - before > TimeSpan.FromMinutes(1), $"{one.line} in {one.zone}: {local:u}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    /// <summary>The definition, minute by minute: what happened, what was jumped over, what came twice.</summary>
    private static List<DateTimeOffset> LookAtEveryMinute(string line, string zoneName, DateTimeOffset after, TimeSpan span)
    {
        var cron = CronExpression.Parse(line);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var seen = new HashSet<DateTime>();
        var found = new List<DateTimeOffset>();
        var first = new DateTimeOffset(after.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero).AddDays(-2);
        var expected = TimeZoneInfo.ConvertTime(first, zone).DateTime;
        for (var instant = first; instant <= after + span; instant = instant.AddMinutes(1))
        {
            var local = TimeZoneInfo.ConvertTime(instant, zone).DateTime;
            var jumpedOver = new List<DateTime>();
            for (var minute = expected; minute < local; minute = minute.AddMinutes(1))
            {
                jumpedOver.Add(minute);
            }

            expected = local.AddMinutes(1);
            var hits = cron.FollowsRealHours
                ? cron.Matches(local)
                : (cron.Matches(local) && !seen.Contains(local)) || jumpedOver.Any(minute => cron.Matches(minute) && !seen.Contains(minute));
            seen.Add(local);
            if (hits && instant > after)
            {
                found.Add(instant);
            }
        }

        return found;
    }

    private static List<DateTimeOffset> Until(string line, string zone, DateTimeOffset after, TimeSpan span)
    {
        var cron = CronExpression.Parse(line);
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var found = new List<DateTimeOffset>();
        var from = after;
        while (cron.Next(from, info) is { } next && next <= after + span)
        {
            found.Add(next);
            from = next;
        }

        return found;
    }

    private static Gen<string> Field(int min, int max) => Gen.OneOf(
        Gen.Constant("*"),
        Gen.Choose(min, max).Select(value => value.ToString(CultureInfo.InvariantCulture)),
        Gen.Choose(2, Math.Max(2, max / 2)).Select(step => $"*/{step}"),
        from first in Gen.Choose(min, max) from last in Gen.Choose(first, max) select $"{first}-{last}",
        from first in Gen.Choose(min, max) from second in Gen.Choose(min, max) select $"{first},{second}");

    private static IEnumerable<DateTimeOffset> Run(string line, string zone, string after, int count)
    {
        var cron = CronExpression.Parse(line);
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var from = Time(after);
        for (var i = 0; i < count; i++)
        {
            from = cron.Next(from, info)!.Value;
            yield return from;
        }
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
