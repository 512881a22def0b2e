using Steward.Engines.Memory.Patterns;

namespace Steward.Engines.Memory.Tests.Patterns;

public class RequestPatternsTests
{
    // A Monday.
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("weekly on Monday", 0, 7, 14)]
    [InlineData("daily", 0, 1, 2, 3, 4, 7, 8)]
    [InlineData("often", 0, 2, 9)]
    public void Find_RepeatedRequests_TellTheirRhythm(string rhythm, params int[] days)
    {
        var pattern = Assert.Single(RequestPatterns.Find(On(days), Start.AddDays(20)));

        Assert.Equal(("playbook:report", rhythm, days.Length), (pattern.Topic, pattern.Rhythm, pattern.Count));
        Assert.Equal(days.Select(day => $"r-{day}").TakeLast(8), pattern.RunIds);
    }

    [Fact]
    public void Find_TwiceOnOneDayOrLongAgo_IsNoPattern()
    {
        Assert.Empty(RequestPatterns.Find(On(0, 1), Start.AddDays(3)));
        Assert.Empty(RequestPatterns.Find([.. On(0), .. Enumerable.Range(1, 5).Select(i => new SeenRequest("playbook:report", $"r-again-{i}", Start.AddHours(i)))], Start.AddDays(1)));
        Assert.Empty(RequestPatterns.Find(On(0, 7, 14), Start.AddDays(31)));
        Assert.Empty(RequestPatterns.Find([.. On(0, 1), .. On(0, 1)], Start.AddDays(3)));
    }

    [Fact]
    public void Counts_OldRequests_DoNotCount() =>
        Assert.Equal([KeyValuePair.Create("playbook:report", 2)], RequestPatterns.Counts(On(0, 7, 14), Start.AddDays(36)));

    private static List<SeenRequest> On(params int[] days) => [.. days.Select(day => new SeenRequest("playbook:report", $"r-{day}", Start.AddDays(day)))];
}
