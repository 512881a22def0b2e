using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Tests;

public class ThresholdTunerTests
{
    [Fact]
    public void Tune_AnyAnswers_FindsTheThresholdWithTheMostCoverage()
    {
        var answers = Gen.ListOf(from confidence in Gen.Choose(0, 50)
                                 from luck in Gen.Choose(0, 60)
                                 select (Confidence: confidence / 50d, IsRight: luck < confidence + 8), 300);
        Prop.ForAll(Arb.From(answers), Arb.From(Gen.Elements(0.6, 0.8, 0.95, 1)), (all, precision) =>
        {
            var tuned = ThresholdTuner.Tune(all, precision);
            var possible = all.Select(answer => answer.Confidence).Distinct()
                .Select(threshold => (Threshold: threshold, Above: all.Where(answer => answer.Confidence >= threshold).ToList()))
                .Where(choice => choice.Above.Count >= ThresholdTuner.FewestAnswers && choice.Above.Count(answer => answer.IsRight) >= precision * choice.Above.Count)
                .ToList();
            return possible.Count == 0
                ? tuned is { Threshold: null, Coverage: 0 }
                : tuned.Threshold == possible.Min(choice => choice.Threshold) && Math.Abs(tuned.Coverage - (possible.Max(choice => choice.Above.Count) / (double)all.Count)) < 1e-12;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Tune_WithCertainty_AsksForMoreAnswers()
    {
        // 96 of 100: above 95 %, but not surely.
        var answers = Enumerable.Range(0, 100).Select(i => (Confidence: 0.9, IsRight: i >= 4)).ToList();

        Assert.Equal(0.9, ThresholdTuner.Tune(answers, 0.95).Threshold);
        Assert.Null(ThresholdTuner.Tune(answers, 0.95, certainty: 0.95).Threshold);
        Assert.Equal(0.9, ThresholdTuner.Tune(answers, 0.90, certainty: 0.95).Threshold);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.9, 1.2815515655446004)]
    [InlineData(0.95, 1.6448536269514722)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.99, 2.3263478740408408)]
    [InlineData(0.999, 3.090232306167813)]
    public void NormalQuantile_KnownProbabilities_AreThoseOfTheTables(double probability, double quantile) =>
        Assert.Equal(quantile, ThresholdTuner.NormalQuantile(probability), 7);

    [Theory]
    [InlineData(0.96, false, RoutingBand.AutoRoute)]
    [InlineData(0.95, false, RoutingBand.AutoRoute)]
    [InlineData(0.9499, false, RoutingBand.Review)]
    [InlineData(0.6999, false, RoutingBand.Human)]
    [InlineData(0.99, true, RoutingBand.Human)]
    public void BandOf_Defaults_AreThoseOfTheBands(double confidence, bool outOfScope, RoutingBand band) =>
        Assert.Equal(band, BandThresholds.Default.BandOf(confidence, outOfScope));

    [Fact]
    public void BandOf_NothingMayBeRoutedByItself_IsReviewAtMost() =>
        Assert.Equal(RoutingBand.Review, new BandThresholds { AutoRoute = null, Review = 0.7 }.BandOf(1));

    [Theory]
    [InlineData(0.95, 0.7, null)]
    [InlineData(null, 0.7, null)]
    [InlineData(0.6, 0.7, "autoRoute must not be below review.")]
    [InlineData(1.2, 0.7, "autoRoute must be above 0")]
    [InlineData(0.95, 0, "review must be above 0")]
    public void Problem_Thresholds_SaysWhatIsWrong(double? autoRoute, double review, string? problem)
    {
        var said = new BandThresholds { AutoRoute = autoRoute, Review = review }.Problem();

        Assert.True(problem is null ? said is null : said!.StartsWith(problem, StringComparison.Ordinal), said);
    }
}
