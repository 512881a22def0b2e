using Steward.Notifications;

namespace Steward.Grains.Tests.Notifications;

public sealed class QuietHoursTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("2026-03-02T21:59:59+01:00", null)]
    [InlineData("2026-03-02T22:00:00+01:00", "2026-03-03T07:00:00+01:00")]
    [InlineData("2026-03-03T06:59:59+01:00", "2026-03-03T07:00:00+01:00")]
    [InlineData("2026-03-03T07:00:00+01:00", null)]
    [InlineData("2026-03-02T21:00:00+00:00", "2026-03-03T07:00:00+01:00")]
    public void EndAt_OverMidnight_IsTheNextMorningWhereThePersonIs(string now, string? end) => AssertEnd("22:00", "07:00", now, end);

    [Theory]
    [InlineData("2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00")]
    [InlineData("2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00")]
    public void EndAt_ClockChangesInTheNight_IsSevenOnTheWall(string now, string end) => AssertEnd("22:00", "07:00", now, end);

    [Fact]
    public void EndAt_EndIsSkippedByTheClock_IsTheFirstMomentAfter() => AssertEnd("22:00", "02:30", "2026-03-28T23:00:00+01:00", "2026-03-29T03:00:00+02:00");

    [Fact]
    public void EndAt_EndComesTwice_IsTheFirst() => AssertEnd("22:00", "02:30", "2026-10-25T00:00:00+02:00", "2026-10-25T02:30:00+02:00");

    [Fact]
    public void EndAt_InTheHourThatComesTwiceAfterTheEnd_IsOver() => AssertEnd("22:00", "02:30", "2026-10-25T02:10:00+01:00", null);

    [Theory]
    [InlineData("2026-03-02T12:30:00+01:00", "2026-03-02T14:00:00+01:00")]
    [InlineData("2026-03-02T14:00:00+01:00", null)]
    public void EndAt_InTheDay_IsThatDay(string now, string? end) => AssertEnd("12:00", "14:00", now, end);

    [Fact]
    public void EndAt_EndIsTheBeginning_NeverHolds() => AssertEnd("08:00", "08:00", "2026-03-02T08:00:00+01:00", null);

    [Theory]
    [InlineData("7:00")]
    [InlineData("24:00")]
    [InlineData("07:00:00")]
    [InlineData("noon")]
    public void TryRead_NoTimeOfDay_IsFalse(string text) => Assert.False(QuietHours.TryRead(text, out _));

    private static void AssertEnd(string from, string until, string now, string? end) => Assert.Equal(
        end is null ? null : DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture),
        QuietHours.Of(new NotificationPreferences { QuietFrom = from, QuietUntil = until })!.EndAt(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), Berlin));
}
