using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Experiments.Quality;

namespace Steward.Engines.Experiments.Tests;

public class WatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Find_ScoresFallAfterTheSecondChange_NamesIt()
    {
        var changes = new[] { new AnswerChange(Start.AddHours(500), "model"), new AnswerChange(Start.AddHours(1_000), "greeting@2") };

        var found = Assert.Single(RegressionWatch.Find(changes, Scores(1_500, hour => hour < 1_000 ? 0.9 : 0.6)));

        Assert.Equal("greeting@2", found.Change.What);
        Assert.True(found.Before > 0.85 && found.After < 0.7 && found.LeastFall > 0, $"{found}");
    }

    [Fact]
    public void Find_NoFall_FindsNothing()
    {
        var found = Enumerable.Range(0, 100).Sum(seed => RegressionWatch.Find([new AnswerChange(Start.AddHours(200), "model")], Scores(400, _ => 0.8, seed)).Count);

        Assert.Equal(0, found);
    }

    [Fact]
    public void Find_FewScores_SaysNothing() => Assert.Empty(RegressionWatch.Find([new AnswerChange(Start.AddHours(20), "model")], Scores(40, hour => hour < 20 ? 1 : 0)));

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(100, 0.01)]
    [InlineData(10_000, 0.005)]
    [InlineData(10_000_000, 0.001)]
    public void Share_Volumes_StayWithinBounds(long volume, double expected) => Assert.Equal(expected, JudgedSample.Share(volume), 9);

    [Fact]
    public void Includes_ManyCalls_AreTheShare() => Assert.InRange(Enumerable.Range(0, 100_000).Count(i => JudgedSample.Includes($"mc-{i}", 0.01)), 900, 1_100);

    [Fact]
    public void Export_OnlyGoodOnesWithConsent_AreWrittenMasked()
    {
        LabelledAnswer[] answers =
        [
            new() { System = "Be kind.", Input = "I am Ada", Answer = "Hello Ada", IsGood = true, MayBeLearnt = true },
            new() { Input = "no consent", Answer = "x", IsGood = true },
            new() { Input = "bad", Answer = "x", IsGood = false, MayBeLearnt = true },
            new() { Input = "taken over", Answer = "x", IsGood = true, MayBeLearnt = true, IsEscalated = true },
            new() { Input = "edited", Answer = "x", Edited = "better", MayBeLearnt = true },
            new() { Input = "secret", Answer = "x", IsGood = true, MayBeLearnt = true },
        ];

        var lines = FeedbackExport.Lines(answers, text => text == "secret" ? null : text.Replace("Ada", "[name]", StringComparison.Ordinal)).ToList();

        Assert.Equal(
        [
            """{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"I am [name]"},{"role":"assistant","content":"Hello [name]"}]}""",
            """{"messages":[{"role":"user","content":"edited"},{"role":"assistant","content":"better"}]}""",
        ], lines);
    }

    private static List<ScoredAnswer> Scores(int hours, Func<int, double> mean, int seed = 1)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, hours).Select(hour => new ScoredAnswer(Start.AddHours(hour), random.NextDouble() < mean(hour) ? 1 : 0)).ToList();
    }
}
