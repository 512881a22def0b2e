using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Triage.Calibration;

namespace Steward.Engines.Triage.Tests;

public class CalibrationTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(4)]
    public void Temperature_ScoresOfAKnownOne_IsFoundAgain(double temperature)
    {
        var random = new Random(7);
        var (scores, labels) = (new List<float[]>(), new List<int>());
        var probabilities = new double[5];
        for (var i = 0; i < 20_000; i++)
        {
            float[] row = [.. Enumerable.Range(0, 5).Select(_ => (float)(random.NextDouble() * 8 * temperature))];
            TemperatureScaling.Softmax(row, temperature, probabilities);
            var (draw, label) = (random.NextDouble(), 0);
            while (label < 4 && (draw -= probabilities[label]) > 0)
            {
                label++;
            }

            scores.Add(row);
            labels.Add(label);
        }

        Assert.InRange(TemperatureScaling.Fit(scores, labels) / temperature, 0.97, 1.03);
    }

    [Fact]
    public void Softmax_AnyScores_SumsToOneAndKeepsTheOrder() =>
        Prop.ForAll(Arb.From(Gen.NonEmptyListOf(Gen.Choose(-9000, 9000).Select(score => score / 10f))), Arb.From(Gen.Choose(1, 400).Select(t => t / 20d)), (scores, temperature) =>
        {
            var probabilities = new double[scores.Count];
            TemperatureScaling.Softmax([.. scores], temperature, probabilities);
            return Math.Abs(probabilities.Sum() - 1) < 1e-9
                && scores.Index().All(one => scores.Index().All(other => one.Item <= other.Item || probabilities[one.Index] >= probabilities[other.Index]));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Isotonic_AnyAnswers_RisesAndCanBeReadBack()
    {
        var answers = Gen.NonEmptyListOf(from confidence in Gen.Choose(0, 40)
                                         from right in Gen.Elements(true, false)
                                         select (Confidence: confidence / 40d, IsRight: right));
        Prop.ForAll(Arb.From(answers), all =>
        {
            var calibration = IsotonicCalibration.Fit(all)!;
            var again = IsotonicCalibration.Of(calibration.Confidences, calibration.Shares);
            var grid = Enumerable.Range(0, 101).Select(i => again.Apply(i / 100d)).ToList();
            return grid.Zip(grid.Skip(1)).All(pair => pair.First <= pair.Second + 1e-12)
                && grid.All(share => share is >= 0 and <= 1)
                && grid.SequenceEqual(Enumerable.Range(0, 101).Select(i => calibration.Apply(i / 100d)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Isotonic_OverconfidentModel_IsPutRight()
    {
        var random = new Random(5);
        // Says x, is right as often as x squared.
        var answers = Enumerable.Range(0, 40_000).Select(_ => random.NextDouble()).Select(said => (said, random.NextDouble() < said * said)).ToList();

        var calibration = IsotonicCalibration.Fit(answers)!;

        Assert.All(Enumerable.Range(1, 9).Select(i => i / 10d), said => Assert.InRange(calibration.Apply(said), (said * said) - 0.05, (said * said) + 0.05));
    }

    [Fact]
    public void Isotonic_NothingToFitOn_IsNone() => Assert.Null(IsotonicCalibration.Fit([]));

    [Theory]
    [InlineData(new double[0], new double[0])]
    [InlineData(new[] { 0.5, 0.4 }, new[] { 0.1, 0.2 })]
    [InlineData(new[] { 0.4, 0.5 }, new[] { 0.2, 0.1 })]
    [InlineData(new[] { 0.4 }, new[] { 1.1 })]
    public void IsotonicOf_DoesNotRise_IsRefused(double[] confidences, double[] shares) => Assert.Throws<ArgumentException>(() => IsotonicCalibration.Of(confidences, shares));
}
