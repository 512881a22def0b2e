using Steward.Engines.Memory.Days;
using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Tests.Days;

public class StatementDatesTests
{
    // Friday, 23:30 in UTC.
    private static readonly DateTimeOffset Said = new(2026, 11, 27, 23, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("I'm away next Thursday.", "Thursday 3 December 2026")]
    [InlineData("I'm on holiday until Monday.", "until Monday 30 November 2026")]
    [InlineData("I'll be off next week.", "from Monday 30 November 2026 to Sunday 6 December 2026")]
    [InlineData("I won't be in tomorrow.", "Saturday 28 November 2026")]
    [InlineData("I have next Wednesday off.", "Wednesday 2 December 2026")]
    [InlineData("I'm out of office from Monday to Wednesday.", "from Monday 30 November 2026 to Wednesday 2 December 2026")]
    [InlineData("I'm away from 3 to 14 August.", "from 3 to 14 August")]
    [InlineData("I don't work on Fridays.", "Fridays")]
    public void Resolve_Away_HasDays(string text, string value)
    {
        var statement = Assert.Single(RuleExtractor.Extract(text), said => said.Slot == "absent");

        Assert.Equal(value, StatementDates.Resolve(statement, Said, TimeZoneInfo.Utc)!.Value);
    }

    [Theory]
    [InlineData("I'm away next Sunday.")]
    [InlineData("I'm away on Friday.")]
    [InlineData("I'm off this Wednesday.")]
    public void Resolve_AwayOnADayThatIsNotClear_IsNotRemembered(string text) =>
        Assert.Null(StatementDates.Resolve(Assert.Single(RuleExtractor.Extract(text)), Said, TimeZoneInfo.Utc));

    [Theory]
    [InlineData("My manager is Anna Berg since March.", "manager", "Anna Berg", "2026-03-01")]
    [InlineData("From Monday on my desk is 4.112.", "desk", "4.112", "2026-11-30")]
    [InlineData("From Monday on, my desk is 4.112.", "desk", "4.112", "2026-11-30")]
    [InlineData("As of December my cost centre is 4711-A.", "cost centre", "4711-A", "2026-12-01")]
    [InlineData("I've been based in Porto since last year.", "office", "Porto", "2025-01-01")]
    [InlineData("I report to Anna Berg.", "manager", "Anna Berg", null)]
    [InlineData("I report to Anna Berg since Friday.", "manager", "Anna Berg", null)]
    public void Resolve_SinceWhen_IsWhenItHolds(string text, string slot, string value, string? from)
    {
        var resolved = StatementDates.Resolve(Assert.Single(RuleExtractor.Extract(text)), Said, TimeZoneInfo.Utc)!;

        Assert.Equal((slot, value, null), (resolved.Slot, resolved.Value, resolved.When));
        Assert.Equal(from, resolved.From?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Resolve_UntilWhen_IsNotRememberedAsIfItLasted() =>
        Assert.Null(StatementDates.Resolve(Assert.Single(RuleExtractor.Extract("My manager is Anna Berg until the end of March.")), Said, TimeZoneInfo.Utc));

    [Theory]
    [InlineData("UTC", "Saturday 28 November 2026", "2026-11-27T00:00:00")]
    [InlineData("Asia/Tokyo", "Sunday 29 November 2026", "2026-11-27T15:00:00")]
    [InlineData("Tokyo", "Sunday 29 November 2026", "2026-11-27T15:00:00")]
    [InlineData("UTC+2", "Sunday 29 November 2026", "2026-11-27T22:00:00")]
    [InlineData("America/New_York", "Saturday 28 November 2026", "2026-11-27T05:00:00")]
    [InlineData("Middle Earth", "Saturday 28 November 2026", "2026-11-27T00:00:00")]
    [InlineData("UTC+99", "Saturday 28 November 2026", "2026-11-27T00:00:00")]
    [InlineData(null, "Saturday 28 November 2026", "2026-11-27T00:00:00")]
    public void Resolve_WhereItIsAnotherDay_CountsFromThatDay(string? zone, string tomorrow, string today)
    {
        var away = Assert.Single(RuleExtractor.Extract("I won't be in tomorrow."));
        var since = new Statement { Kind = MemoryKind.Fact, Subject = Statement.Speaker, Slot = "office", Value = "Porto", When = "since today" };

        Assert.Equal(tomorrow, StatementDates.Resolve(away, Said, StatementDates.ZoneOf(zone))!.Value);
        Assert.Equal(today, StatementDates.Resolve(since, Said, StatementDates.ZoneOf(zone))!.From!.Value.UtcDateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture));
    }
}
