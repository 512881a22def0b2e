using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Memory.Days;

namespace Steward.Engines.Memory.Tests.Days;

public class SpokenDatesTests
{
    // 2026-11-22 is a Sunday, 2026-11-24 a Tuesday, 2026-11-26 a Thursday, 2026-11-30 a Monday.
    [Theory]
    [InlineData("next Thursday", "2026-11-27", "2026-12-03", "2026-12-03")]
    [InlineData("next Thursday", "2026-11-26", "2026-12-03", "2026-12-03")]
    [InlineData("on Thursday", "2026-11-24", "2026-11-26", "2026-11-26")]
    [InlineData("this Thursday", "2026-11-24", "2026-11-26", "2026-11-26")]
    [InlineData("this Thursday", "2026-11-26", "2026-11-26", "2026-11-26")]
    [InlineData("tomorrow", "2026-12-31", "2027-01-01", "2027-01-01")]
    [InlineData("the day after tomorrow", "2028-02-28", "2028-03-01", "2028-03-01")]
    [InlineData("next week", "2026-11-22", "2026-11-23", "2026-11-29")]
    [InlineData("next week", "2026-12-31", "2027-01-04", "2027-01-10")]
    [InlineData("this week", "2026-11-26", "2026-11-26", "2026-11-29")]
    [InlineData("next month", "2026-12-31", "2027-01-01", "2027-01-31")]
    [InlineData("next month", "2028-01-31", "2028-02-01", "2028-02-29")]
    [InlineData("on the 1st", "2026-12-31", "2027-01-01", "2027-01-01")]
    [InlineData("on 3 March", "2026-11-22", "2027-03-03", "2027-03-03")]
    [InlineData("on December 3rd", "2026-11-22", "2026-12-03", "2026-12-03")]
    [InlineData("29 February", "2028-01-10", "2028-02-29", "2028-02-29")]
    [InlineData("2026-12-24", "2026-11-22", "2026-12-24", "2026-12-24")]
    [InlineData("24.12.2026", "2026-11-22", "2026-12-24", "2026-12-24")]
    [InlineData("12/24/2026", "2026-11-22", "2026-12-24", "2026-12-24")]
    [InlineData("from Monday to Wednesday", "2026-11-26", "2026-11-30", "2026-12-02")]
    [InlineData("from 28 December to 4 January", "2026-11-22", "2026-12-28", "2027-01-04")]
    [InlineData("since March", "2026-11-22", "2026-03-01", null)]
    [InlineData("since December", "2026-11-22", "2025-12-01", null)]
    [InlineData("since November", "2026-11-22", "2026-11-01", null)]
    [InlineData("since March 2024", "2026-11-22", "2024-03-01", null)]
    [InlineData("since 2021", "2026-11-22", "2021-01-01", null)]
    [InlineData("since the 3rd of March", "2026-02-01", "2025-03-03", null)]
    [InlineData("since Monday", "2026-11-26", "2026-11-23", null)]
    [InlineData("since last Friday", "2026-11-24", "2026-11-20", null)]
    [InlineData("since last month", "2027-01-05", "2026-12-01", null)]
    [InlineData("since yesterday", "2027-01-01", "2026-12-31", null)]
    [InlineData("for two weeks now", "2027-01-05", "2026-12-22", null)]
    [InlineData("for a year now", "2028-02-29", "2027-02-28", null)]
    [InlineData("three months ago", "2026-05-31", "2026-02-28", null)]
    [InlineData("from Monday on", "2026-11-26", "2026-11-30", null)]
    [InlineData("as of January", "2026-11-22", "2027-01-01", null)]
    [InlineData("starting next month", "2026-12-02", "2027-01-01", null)]
    [InlineData("with effect from the first of December", "2026-11-22", null, null)]
    [InlineData("until the end of the month", "2028-02-10", null, "2028-02-29")]
    [InlineData("until the end of the year", "2026-12-31", null, "2026-12-31")]
    [InlineData("until the end of March", "2026-11-22", null, "2027-03-31")]
    [InlineData("until Friday", "2026-11-24", null, "2026-11-27")]
    public void Read_OnADay_IsThatDay(string words, string today, string? from, string? until)
    {
        var read = SpokenDates.Read(words, Of(today)!.Value);

        Assert.Equal(from is null && until is null ? null : new DateSpan(Of(from), Of(until)), read);
    }

    [Theory]
    [InlineData("next Thursday", "2026-11-24")]
    [InlineData("on Thursday", "2026-11-26")]
    [InlineData("from Thursday on", "2026-11-26")]
    [InlineData("since Thursday", "2026-11-26")]
    [InlineData("since last Friday", "2026-11-28")]
    [InlineData("this Monday", "2026-11-26")]
    [InlineData("29 February", "2026-11-22")]
    [InlineData("31 November", "2026-11-22")]
    [InlineData("03/04/2026", "2026-11-22")]
    [InlineData("on the 22nd", "2026-11-22")]
    [InlineData("soon", "2026-11-22")]
    [InlineData("since forever", "2026-11-22")]
    [InlineData("since 2031", "2026-11-22")]
    [InlineData("in a few weeks", "2026-11-22")]
    [InlineData("from 9999-12-31 on", "2026-11-22")]
    [InlineData("", "2026-11-22")]
    public void Read_WhatCanBeMeantInTwoWaysOrInNone_IsNoDay(string words, string today) => Assert.Null(SpokenDates.Read(words, Of(today)!.Value));

    [Fact]
    public void Read_AnyDay_LiesOnTheRightSideOfToday()
    {
        string[] past = ["since {0}", "since last {0}"];
        string[] future = ["on {0}", "next {0}", "from {0} on", "until {0}", "this coming {0}"];
        var cases = from day in Gen.Choose(0, 40_000) from named in Gen.Elements(Enum.GetNames<DayOfWeek>()) from isPast in Gen.Elements(true, false) from words in Gen.Elements(isPast ? past : future)
                    select (Today: new DateOnly(1990, 1, 1).AddDays(day), Named: named, IsPast: isPast, Words: string.Format(CultureInfo.InvariantCulture, words, named));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Arb.From(cases), said =>
        {
            if (SpokenDates.Read(said.Words, said.Today) is not { } read)
            {
                return;
            }

            var day = (read.From ?? read.Until)!.Value;
            Assert.Equal(said.Named, day.DayOfWeek.ToString());
            Assert.InRange(day.DayNumber - said.Today.DayNumber, said.IsPast ? -7 : 1, said.IsPast ? -1 : 7);
        }));
    }

    [Theory]
    [InlineData("next week", "from Monday 30 November 2026 to Sunday 6 December 2026")]
    [InlineData("tomorrow", "Friday 27 November 2026")]
    [InlineData("until the end of the month", "until Monday 30 November 2026")]
    public void Say_IsInWords(string words, string said) => Assert.Equal(said, SpokenDates.Read(words, new DateOnly(2026, 11, 26)).ToString());

    private static DateOnly? Of(string? day) => day is null ? null : DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
