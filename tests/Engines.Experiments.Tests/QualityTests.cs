using Steward.Engines.Experiments.Comparison;
using Steward.Engines.Experiments.Quality;

namespace Steward.Engines.Experiments.Tests;

public class QualityTests
{
    // TPR 0.9, TNR 0.8: the case for which reference values are known.
    [Theory]
    [InlineData(865, 0.95)]
    [InlineData(620, 0.60)]
    public void Correct_KnownJudge_GivesTheTrueShare(long calledGood, double expected)
    {
        var corrected = JudgeCorrection.Correct(calledGood, 1_000, new JudgeCalibration(450, 500, 400, 500));

        Assert.Equal(expected, corrected!.Value.Value, 3);
        Assert.InRange(expected, corrected.Value.Low, corrected.Value.High);
    }

    [Theory]
    [InlineData(0.95)]
    [InlineData(0.6)]
    public void Correct_ManyCalibrationsAndSamples_HoldTheTrueShareNineteenTimesOfTwenty(double share)
    {
        var random = new Random(11);
        var held = 0;
        for (var run = 0; run < 1_000; run++)
        {
            var judge = new JudgeCalibration(Count(50, 0.9), 50, Count(50, 0.8), 50);
            var called = Count(1_000, (share * 0.9) + ((1 - share) * 0.2));
            held += JudgeCorrection.Correct(called, 1_000, judge) is { } estimate && estimate.Low <= share && share <= estimate.High ? 1 : 0;
        }

        Assert.True(held >= 930, $"{held}");

        long Count(int trials, double probability) => Enumerable.Range(0, trials).Count(_ => random.NextDouble() < probability);
    }

    [Fact]
    public void Correct_JudgeLikeChance_SaysNothing() => Assert.Null(JudgeCorrection.Correct(50, 100, new JudgeCalibration(25, 50, 25, 50)));

    [Fact]
    public void JudgeCalibration_Answers_AreCounted()
    {
        var judge = JudgeCalibration.Of([(true, true), (true, false), (false, false), (false, false), (true, true)]);

        Assert.Equal(new JudgeCalibration(2, 3, 2, 2), judge);
        Assert.Equal(2d / 3, judge.Youden, 9);
    }

    // Cohen's own kind of table: 20 and 15 agreed, 5 and 10 not: κ = 0.4.
    [Fact]
    public void Kappa_KnownTable_IsAsPublished() => Assert.Equal(0.4, Agreement.Of(20, 5, 10, 15).Kappa!.Value, 9);

    [Fact]
    public void Kappa_OneAlwaysSaysTheSame_IsUnknown() => Assert.Null(Agreement.Of(90, 0, 10, 0).Kappa);

    [Theory]
    [InlineData(100)]
    [InlineData(500)]
    [InlineData(5_000)]
    public void Stability_NoDrift_AlarmsInOneOfAHundredWhateverTheSize(int size)
    {
        var random = new Random(3);
        var alarms = 0;
        for (var run = 0; run < 500; run++)
        {
            alarms += PopulationStability.Compare(Draw(random, size, 0), Draw(random, size, 0))!.Value.IsShifted ? 1 : 0;
        }

        Assert.InRange(alarms, 0, 15);
    }

    [Fact]
    public void Stability_Drift_IsFound()
    {
        var random = new Random(3);

        Assert.True(PopulationStability.Compare(Draw(random, 1_000, 0), Draw(random, 1_000, 0.2))!.Value.IsShifted);
    }

    [Fact]
    public void Stability_FewObservations_SaysNothing() => Assert.Null(PopulationStability.Compare([30, 30], [1_000, 1_000]));

    [Fact]
    public void Stability_RareClasses_ArePutTogether() => Assert.Equal(2, PopulationStability.Compare([1_000, 2, 2, 2], [1_000, 3, 3, 3])!.Value.Classes);

    [Theory]
    [InlineData(10, 10, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 6, 0.03125)]
    public void Differ_KnownCounts_AreExact(long won, long lost, double expected) => Assert.Equal(expected, PairedAnswers.Differ(won, lost), 9);

    [Fact]
    public void Bootstrap_Differences_BoundsHoldTheMean()
    {
        var random = new Random(9);
        var difference = PairedBootstrap.Of([.. Enumerable.Range(0, 200).Select(_ => 0.3 + random.NextDouble() - 0.5)])!.Value;

        Assert.True(difference.Low > 0.2 && difference.High < 0.4 && difference.Low < difference.Mean && difference.Mean < difference.High, $"{difference}");
    }

    [Fact]
    public void Bootstrap_FewPairs_SaysNothing() => Assert.Null(PairedBootstrap.Of([1, 2, 3]));

    private static long[] Draw(Random random, int size, double shift)
    {
        var counts = new long[10];
        for (var i = 0; i < size; i++)
        {
            counts[random.NextDouble() < shift ? 0 : random.Next(10)]++;
        }

        return counts;
    }
}
