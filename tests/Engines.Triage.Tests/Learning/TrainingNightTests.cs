using Steward.Engines.Triage.Learning;

namespace Steward.Engines.Triage.Tests.Learning;

public class TrainingNightTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void Next_AYear_ComesOnceADayInTheHourAlsoWhenTheClockChanges()
    {
        var at = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        for (var day = new DateOnly(2026, 1, 2); day.Year == 2026; day = day.AddDays(1))
        {
            at = TrainingNight.Next(at, 2, Berlin, "t-acme");
            var local = TimeZoneInfo.ConvertTime(at, Berlin);
            Assert.Equal(day, DateOnly.FromDateTime(local.Date));
            // The last Sunday of March has no hour from two to three.
            Assert.Equal(day == new DateOnly(2026, 3, 29) ? 3 : 2, local.Hour);
        }
    }

    [Fact]
    public void Next_ManyTenants_AreSpreadOverTheHour()
    {
        var noon = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

        var minutes = Enumerable.Range(0, 600).Select(i => TrainingNight.Next(noon, 2, TimeZoneInfo.Utc, $"t-{i}").Minute).CountBy(minute => minute).ToList();

        Assert.Equal(60, minutes.Count);
        Assert.All(minutes, minute => Assert.InRange(minute.Value, 1, 30));
    }
}
