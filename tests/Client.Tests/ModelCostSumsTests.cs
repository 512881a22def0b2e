using Steward.Errors;
using Steward.Models;

namespace Steward.Client.Tests;

public class ModelCostSumsTests
{
    private static readonly DateOnly Day = new(2026, 11, 22);

    [Fact]
    public void Add_SameCallTwice_CountsOnce()
    {
        var sums = new ModelCostSums(Query("user"));
        sums.Add(Cost("mc-1"));
        sums.Add(Cost("mc-1"));

        Assert.Equal((1, 0.25m), (sums.ToReport().Total.Calls, sums.ToReport().Total.CostUsd));
    }

    [Fact]
    public void Report_ByTeamTagAndDay_AddsUpAndSaysWhatHasNoPrice()
    {
        var sums = new ModelCostSums(Query("day", "team", "tag:project"));
        sums.Add(Cost("mc-1") with { Team = "ops", Tags = new Dictionary<string, string> { ["project"] = "apollo" } });
        sums.Add(Cost("mc-2") with { Team = "ops", Tags = new Dictionary<string, string> { ["project"] = "apollo" }, CostUsd = null, IsEstimated = true });
        sums.Add(Cost("mc-3") with { At = Cost("").At.AddDays(1), Cache = "exact", CostUsd = 0, InputTokens = 0 });
        var report = sums.ToReport();

        Assert.Equal([["2026-11-22", "ops", "apollo"], ["2026-11-23", "", ""]], report.Rows.Select(row => row.Keys));
        Assert.Equal((2, 0.25m, 1, 1, 20), (report.Rows[0].Calls, report.Rows[0].CostUsd, report.Rows[0].UnpricedCalls, report.Rows[0].EstimatedCalls, report.Rows[0].InputTokens));
        Assert.Equal((1, 1), (report.Rows[1].Calls, report.Rows[1].CachedCalls));
        Assert.Equal(3, report.Total.Calls);
    }

    [Fact]
    public void Report_ByPrompt_NamesTheRegisteredVersion()
    {
        var sums = new ModelCostSums(Query("prompt"));
        sums.Add(Cost("mc-1") with { PromptVersion = "agent-assistant@3" });
        sums.Add(Cost("mc-2") with { PromptVersion = "agent-assistant@3" });
        sums.Add(Cost("mc-3"));

        Assert.Equal([("", 1L), ("agent-assistant@3", 2L)], sums.ToReport().Rows.Select(row => (row.Keys[0], row.Calls)));
    }

    [Theory]
    [InlineData("by", 0, "")]
    [InlineData("by", 0, "user,user")]
    [InlineData("by", 0, "tag:")]
    [InlineData("by", 0, "cost")]
    [InlineData("toDay", -1, "user")]
    [InlineData("toDay", 366, "user")]
    public void Check_WrongField_IsNamed(string field, int days, string by)
    {
        var query = new ModelCostReportQuery { FromDay = Day, ToDay = Day.AddDays(days), By = by.Length == 0 ? [] : by.Split(',') };
        Assert.Equal(field, Assert.Throws<StewardException>(() => ModelCostSums.Check(query)).Field);
    }

    private static ModelCostReportQuery Query(params string[] by) => new() { FromDay = Day, ToDay = Day.AddDays(1), By = by };

    private static ModelCost Cost(string id) => new() { CallId = id, At = new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), UserId = "u-ada", Feature = "chat", InputTokens = 10, OutputTokens = 5, CostUsd = 0.25m, Outcome = "completed" };
}
