using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Experiments.Sequential;

namespace Steward.Engines.Experiments.Tests;

public class SequentialTests
{
    [Fact]
    public void ConditionalBinomial_AnyOddsAndShare_IsAFairBetWithoutDifference() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(1, 99).Select(percent => percent / 100d).Zip(Gen.Choose(1, 1000).Select(odds => odds / 100d)).ToArbitrary(),
            one =>
            {
                var (share, odds) = one;
                var expected = (share * Math.Exp(ConditionalBinomial.LogGain(odds, share, 1, 0))) + ((1 - share) * Math.Exp(ConditionalBinomial.LogGain(odds, share, 0, 1)));
                return Math.Abs(expected - 1) < 1e-9;
            }));

    [Fact]
    public void FailureEvidence_FailuresAtOddsOfFour_ReachesTwenty()
    {
        // At a share of 5 % and odds of 4, 17.4 % of all failures are the canary's.
        var evidence = new FailureEvidence();
        for (var i = 0; i < 100; i++)
        {
            evidence = evidence.Add(i % 6 == 0 ? 1 : 0, i % 6 == 0 ? 0 : 1, 0.05);
        }

        Assert.True(evidence.Value > 20, $"{evidence.Value}");
    }

    [Fact]
    public void FailureEvidence_FailuresByShare_StaysBelowOne()
    {
        var evidence = new FailureEvidence();
        for (var i = 0; i < 200; i++)
        {
            evidence = evidence.Add(i % 20 == 0 ? 1 : 0, i % 20 == 0 ? 0 : 1, 0.05);
        }

        Assert.True(evidence.Value < 1, $"{evidence.Value}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void FailureEvidence_ShareThatIsNone_IsRefused(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FailureEvidence().Add(1, 0, share));

    [Fact]
    public void MeanEvidence_TwoValuesWithTheBoundAsMean_IsAFairBet() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(-99, 99).Select(value => value / 100d).Two().ToArbitrary(),
            one =>
            {
                // Values −1 and 1 so often that their mean is the bound, from any state.
                var (bound, past) = one;
                var high = (1 + bound) / 2;
                var before = new MeanEvidence().Above(past, 0);
                var above = (high * before.Above(1, bound).Value) + ((1 - high) * before.Above(-1, bound).Value);
                var below = (high * before.Below(1, bound).Value) + ((1 - high) * before.Below(-1, bound).Value);
                return Math.Abs(above - before.Value) < 1e-9 && Math.Abs(below - before.Value) < 1e-9;
            }));

    [Fact]
    public void MeanEvidence_DifferenceOutOfBounds_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new MeanEvidence().Above(1.5, 0));

    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(0.05, 0.1)]
    [InlineData(0.9, 0.99)]
    public void MeanInterval_AlwaysLooked_HoldsTheMean(double first, double second)
    {
        var random = new Random(5);
        var missed = 0;
        for (var run = 0; run < 200; run++)
        {
            var interval = new MeanInterval();
            var isMissed = false;
            for (var i = 0; i < 2_000; i++)
            {
                interval = interval.Add((random.NextDouble() < first ? 1 : 0) - (random.NextDouble() < second ? 1 : 0));
                var (low, high) = interval.Bounds;
                isMissed |= first - second < low || first - second > high;
            }

            missed += isMissed ? 1 : 0;
        }

        Assert.True(missed <= 0.05 * 200, $"{missed}");
    }

    [Fact]
    public void MeanInterval_ManyValues_IsNarrow()
    {
        var interval = new MeanInterval();
        for (var i = 0; i < 10_000; i++)
        {
            interval = interval.Add(i % 2 == 0 ? 0.3 : 0.1);
        }

        var (low, high) = interval.Bounds;
        Assert.InRange(interval.Mean, 0.19, 0.21);
        Assert.True(high - low < 0.02, $"{low} to {high}");
    }

    [Fact]
    public void ShareMismatch_RightDivisionLookedAtAlways_SeldomAlarms()
    {
        var random = new Random(7);
        var alarms = 0;
        for (var run = 0; run < 300; run++)
        {
            var units = new long[2];
            for (var i = 0; i < 3_000; i++)
            {
                units[random.NextDouble() < 0.05 ? 1 : 0]++;
                if (ShareMismatch.Evidence(units, [0.95, 0.05]) >= ShareMismatch.Enough)
                {
                    alarms++;
                    break;
                }
            }
        }

        Assert.True(alarms <= 2, $"{alarms}");
    }

    [Theory]
    [InlineData(5_200, 4_800, false)]
    [InlineData(5_400, 4_600, true)]
    public void ShareMismatch_Halves_AlarmsWhenTheyAreNone(long first, long second, bool expected) =>
        Assert.Equal(expected, ShareMismatch.Evidence([first, second], [1, 1]) >= ShareMismatch.Enough);

    [Fact]
    public void PairedBlocks_AnyUnits_LoseNoneAndHoldBoth() =>
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(0, 1).ListOf(500).Zip(Gen.Choose(1, 99).Select(percent => percent / 100d)).ToArbitrary(),
            one =>
            {
                var (units, share) = one;
                var (blocks, closed) = (new PairedBlocks(), 0);
                foreach (var unit in units)
                {
                    // The judged group's values are all 0.7, the other's 0.2: each block shows half a point.
                    blocks = blocks.Add(unit == 1 ? 0.7 : 0.2, unit == 1, share, out var difference);
                    closed += difference is null ? 0 : 1;
                    if (difference is { } known && Math.Abs(known - 0.5) > 1e-9)
                    {
                        return false;
                    }
                }

                return closed <= units.Sum() && closed <= units.Count - units.Sum();
            }));
}
