using Steward.Engines.Models.Budgets;

namespace Steward.Engines.Models.Tests.Budgets;

public sealed class BudgetWindowTests
{
    [Theory]
    [InlineData(BudgetWindow.Day, "Europe/Berlin", "2026-11-22T23:30:00Z", "2026-11-23", "2026-11-23T23:00:00Z")]
    [InlineData(BudgetWindow.Day, "UTC", "2026-11-22T23:30:00Z", "2026-11-22", "2026-11-23T00:00:00Z")]
    [InlineData(BudgetWindow.Day, "Europe/Berlin", "2026-10-25T10:00:00Z", "2026-10-25", "2026-10-25T23:00:00Z")]
    [InlineData(BudgetWindow.Month, "America/New_York", "2026-12-01T04:59:59Z", "2026-11", "2026-12-01T05:00:00Z")]
    [InlineData(BudgetWindow.Month, "Asia/Tokyo", "2026-11-30T15:00:00Z", "2026-12", "2026-12-31T15:00:00Z")]
    [InlineData(BudgetWindow.Minute, "Asia/Kathmandu", "2026-11-22T10:05:59Z", "2026-11-22T10:05Z", "2026-11-22T10:06:00Z")]
    public void Window_OfATime_HasItsLocalNameAndEndsAtTheNextOnesBeginning(BudgetWindow window, string zone, string at, string label, string end)
    {
        var found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        Assert.Equal(label, BudgetWindows.LabelOf(window, found, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture), BudgetWindows.EndOf(window, found, label));
    }

    [Theory]
    [InlineData("Europe/Berlin", 25, "2026-10-25")]
    [InlineData("Europe/Berlin", 23, "2026-03-29")]
    [InlineData("America/Havana", 25, "2026-11-01")]
    [InlineData("Asia/Beirut", 23, "2026-03-29")]
    public void Day_WhenTheClocksChange_IsAsLongAsItIs(string zone, int hours, string label)
    {
        var found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var before = DateOnly.ParseExact(label, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture).AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var (start, end) = (BudgetWindows.EndOf(BudgetWindow.Day, found, before), BudgetWindows.EndOf(BudgetWindow.Day, found, label));

        Assert.Equal(TimeSpan.FromHours(hours), end - start);
        Assert.Equal(label, BudgetWindows.LabelOf(BudgetWindow.Day, found, start));
        Assert.NotEqual(label, BudgetWindows.LabelOf(BudgetWindow.Day, found, end));
        Assert.NotEqual(label, BudgetWindows.LabelOf(BudgetWindow.Day, found, start.AddTicks(-1)));
    }
}
