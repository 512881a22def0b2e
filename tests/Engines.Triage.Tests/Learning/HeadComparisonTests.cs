using Steward.Engines.Triage.Learning;

namespace Steward.Engines.Triage.Tests.Learning;

public class HeadComparisonTests
{
    [Theory]
    [InlineData(0, 1, 0.5, 0.5)]
    [InlineData(3, 10, 0.5, 0.171875)]
    [InlineData(10, 10, 0.3, 1)]
    [InlineData(700, 1500, 0.5, 0.005280)]
    public void AtMost_Known_IsExact(int successes, int trials, double probability, double expected) =>
        Assert.Equal(expected, ExactBinomial.AtMost(successes, trials, probability), 6);

    [Fact]
    public void UpperBound_Known_IsClopperAndPearson()
    {
        Assert.Equal(1 - Math.Pow(0.05, 1 / 30d), ExactBinomial.UpperBound(0, 30, 0.95), 9);
        Assert.Equal(1, ExactBinomial.UpperBound(0, 0, 0.95));
    }

    [Fact]
    public void Compare_ClearlyBetter_IsAccepted()
    {
        var verdict = HeadComparison.Compare(Tickets(400, lost: 10, won: 60, both: 280));

        Assert.True(verdict.IsAccepted, verdict.Reason);
        Assert.Equal((290d / 400, 340d / 400), (verdict.ChampionAccuracy, verdict.ChallengerAccuracy));
    }

    [Fact]
    public void Compare_AsGoodOnFewTickets_IsNotProved()
    {
        var verdict = HeadComparison.Compare(Tickets(200, lost: 12, won: 12, both: 150));

        Assert.False(verdict.IsAccepted);
        Assert.StartsWith("Not proved", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_BetterOverallButWorseInOneGroup_IsRefused()
    {
        var good = Tickets(400, lost: 10, won: 80, both: 250);
        var bad = Enumerable.Range(0, 30).Select(i => ("small", true, i >= 9));

        var verdict = HeadComparison.Compare([.. good, .. bad]);

        Assert.False(verdict.IsAccepted);
        Assert.Contains("small", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("b", false)]
    [InlineData(null, false)]
    public void Compare_ChampionAlwaysSaysOneGroup_DoesNotLookAtThatGroup(string? only, bool isAccepted)
    {
        var tickets = Enumerable.Range(0, 400).Select(i => (i % 4 == 0 ? "a" : "b", i % 4 == 0, i % 10 != 0)).ToList();

        Assert.Equal(isAccepted, HeadComparison.Compare(tickets, only).IsAccepted);
    }

    [Fact]
    public void Compare_WorseByTheMargin_PassesSeldom()
    {
        var passed = 0;
        var random = new Random(5);
        for (var trial = 0; trial < 2000; trial++)
        {
            // Loses 5.5 of 100 and wins 4.5: worse by exactly the margin.
            var tickets = Enumerable.Range(0, 1000).Select(_ => random.NextDouble() switch { < 0.055 => ("a", true, false), < 0.10 => ("a", false, true), _ => ("a", true, true) }).ToList();
            passed += HeadComparison.Compare(tickets).IsAccepted ? 1 : 0;
        }

        Assert.InRange(passed / 2000d, 0.005, 0.055);
    }

    [Fact]
    public void Compare_SameHeadsInManyGroups_IsSeldomRefusedForOne()
    {
        var refused = 0;
        var random = new Random(6);
        for (var trial = 0; trial < 500; trial++)
        {
            // Better overall, in each of fifty groups alike.
            var tickets = Enumerable.Range(0, 2000).Select(i => random.NextDouble() switch { < 0.04 => ($"g{i % 50}", true, false), < 0.10 => ($"g{i % 50}", false, true), _ => ($"g{i % 50}", true, true) }).ToList();
            refused += HeadComparison.Compare(tickets).Reason.StartsWith("Worse", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.InRange(refused / 500d, 0, 0.10);
    }

    private static List<(string Label, bool Champion, bool Challenger)> Tickets(int count, int lost, int won, int both) =>
        [.. Enumerable.Range(0, count).Select(i => ("abcd"[i % 4].ToString(), i < lost || (i >= lost + won && i < lost + won + both), i >= lost && i < lost + won + both))];
}
