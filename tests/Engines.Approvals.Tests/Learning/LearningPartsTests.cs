using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Tests.Learning;

public sealed class LearningPartsTests
{
    private static readonly DateTimeOffset Opened = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void ShrunkenRates_FewObservations_StayNearTheOverallRate()
    {
        var rates = new ShrunkenRates();
        Add(rates, "often", 100, 80);
        Add(rates, "seldom", 100, 10);
        Add(rates, "new", 1, 1);
        rates.Fit();

        Assert.InRange(rates.RateOf("often"), 0.72, 0.8);
        Assert.InRange(rates.RateOf("seldom"), 0.1, 0.18);
        Assert.InRange(rates.RateOf("new"), rates.Overall, 0.85);
        Assert.Equal(rates.Overall, rates.RateOf("never seen"), 10);
    }

    [Fact]
    public void ShrunkenRates_GroupsThatDifferByChanceOnly_AreAllTheOverallRate()
    {
        var random = new Random(3);
        var rates = new ShrunkenRates();
        for (var group = 0; group < 40; group++)
        {
            Add(rates, $"g{group}", 50, Enumerable.Range(0, 50).Count(_ => random.NextDouble() < 0.3));
        }

        rates.Fit();

        Assert.True(rates.Prior > 100, $"{rates.Prior}");
        Assert.All(Enumerable.Range(0, 40), group => Assert.InRange(rates.RateOf($"g{group}"), rates.Overall - 0.08, rates.Overall + 0.08));
    }

    [Fact]
    public void LogisticRegression_KnownWeights_AreRecovered()
    {
        var random = new Random(4);
        var rows = Enumerable.Range(0, 20_000).Select(_ => new[] { 1, (random.NextDouble() * 4) - 2, (random.NextDouble() * 4) - 2 }).ToList();
        var happened = rows.ConvertAll(row => random.NextDouble() < LogisticRegression.Sigmoid(-0.5 + (1.5 * row[1]) - (0.7 * row[2])));

        var weights = LogisticRegression.Fit(rows, happened, 1);

        Assert.Equal(-0.5, weights[0], 0.1);
        Assert.Equal(1.5, weights[1], 0.1);
        Assert.Equal(-0.7, weights[2], 0.1);
    }

    [Fact]
    public void LogisticRegression_PerfectlySeparable_StaysFinite()
    {
        var rows = Enumerable.Range(0, 100).Select(i => new[] { 1d, i < 50 ? -1e3 : 1e3, 0 }).ToList();

        var weights = LogisticRegression.Fit(rows, [.. Enumerable.Range(0, 100).Select(i => i >= 50)], 1);

        Assert.All(weights, weight => Assert.True(double.IsFinite(weight)));
        Assert.True(LogisticRegression.Predict(weights, [1, 1e3, 0]) > 0.95);
    }

    [Fact]
    public void Observations_OfStates_CountWhatIsKnown()
    {
        var open = States.Open("jo@acme.example", "okta", Opened, TimeSpan.FromHours(8));
        var vote = new VoteState { Seat = 0, Decision = VoteDecision.Approve, At = Opened.AddHours(2), Email = "jo@acme.example" };
        var decided = open with { Levels = [open.Levels[0] with { Status = LevelStatus.Approved, Votes = [vote] }] };
        var escalated = decided with { Levels = [decided.Levels[0] with { EscalateAt = Opened.AddHours(1) }] };
        var withdrawn = open with { End = new EndState { At = Opened.AddHours(1) }, Status = ApprovalStatus.Cancelled };

        Assert.Empty(LevelObservation.Of(open, Opened.AddHours(4)));
        Assert.True(LevelObservation.Of(open, Opened.AddHours(9)).Single().IsLate);
        Assert.Empty(LevelObservation.Of(withdrawn, Opened.AddDays(9)));
        Assert.Equal((false, "jo@acme.example"), (LevelObservation.Of(decided, Opened.AddHours(4)).Single().IsLate, LevelObservation.Of(decided, Opened).Single().DecidedBy));
        Assert.True(LevelObservation.Of(escalated, Opened.AddHours(4)).Single().IsLate);
        Assert.Empty(LevelObservation.Of(decided with { Levels = [decided.Levels[0] with { EndsAt = null }] }, Opened.AddHours(4)));
    }

    private static void Add(ShrunkenRates rates, string group, int times, int hits)
    {
        for (var i = 0; i < times; i++)
        {
            rates.Add(group, i < hits);
        }
    }
}
