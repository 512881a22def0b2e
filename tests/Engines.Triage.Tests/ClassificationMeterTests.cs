using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Triage.Evaluation;
using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Tests;

public class ClassificationMeterTests
{
    [Fact]
    public void Report_KnownAnswers_HasTheFiguresOfTheHand()
    {
        var meter = new ClassificationMeter();
        meter.Add(new Judgement("A", "A", 0.97, ["A", "B", "C"]));
        meter.Add(new Judgement("A", "B", 0.80, ["B", "A", "C"]));
        meter.Add(new Judgement("B", "B", 0.99, ["B", "A", "C"]));
        meter.Add(new Judgement("C", "A", 0.30, ["A", "B", "D", "C"]));

        var report = meter.Report();

        Assert.Equal((4, 0.5, 0.75), (report.Count, report.Accuracy, report.TopThree));
        // A: 1 of 2 found, 1 of 2 answers right; B: 1 of 1 found, 1 of 2 right; C: none.
        Assert.Equal((0.5 + (2d / 3) + 0) / 3, report.MacroF1, 9);
        Assert.Equal([(2L, 0.5, 1d), (1L, 0.25, 0d), (1L, 0.25, 0d)], report.Bands.Select(band => (band.Count, band.Coverage, band.Precision!.Value)));
        // The bins: 0.97 and 0.99 together, both right; 0.80 alone; 0.30 alone.
        Assert.Equal((0.04 + 0.80 + 0.30) / 4, report.CalibrationError, 9);
    }

    [Fact]
    public void Report_Refusals_AreInTheLowestBandAndNeverRouted()
    {
        var meter = new ClassificationMeter();
        meter.Add(new Judgement("A", "A", 0.97, ["A", "B", "C"]));
        meter.Add(new Judgement("oos", "oos", 0.99, ["A", "B", "C"]) { IsOutOfScope = true });
        meter.Add(new Judgement("B", "oos", 0.80, ["C", "D", "A"]) { IsOutOfScope = true });
        meter.Add(new Judgement("B", "A", 0.75, ["A", "C", "D"]));

        var report = meter.Report();

        // From the autonomous band down: the sure right answer, the doubtful wrong one, both refusals, of which one is right.
        Assert.Equal([(1L, 1d), (1L, 0d), (2L, 0.5)], report.Bands.Select(band => (band.Count, band.Precision!.Value)));
        Assert.Equal(new ThresholdReport(0.7, 0.5, 0.5), report.Thresholds.Single(row => row.Threshold == 0.7));
        Assert.Equal(new ThresholdReport(0.95, 0.25, 1), report.Thresholds.Single(row => row.Threshold == 0.95));
        Assert.Equal(new ThresholdReport(0.99, 0, null), report.Thresholds[^1]);
        // The right refusal counts, though its label is not among the first three.
        Assert.Equal((0.5, 0.5), (report.Accuracy, report.TopThree));
    }

    [Fact]
    public void Report_Nothing_IsZeroAndNotAFault()
    {
        var report = new ClassificationMeter().Report();

        Assert.Equal((0, 0, 0, 0), (report.Accuracy, report.MacroF1, report.TopThree, report.CalibrationError));
        Assert.All(report.Bands, band => Assert.Null(band.Precision));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    public void Add_NoConfidence_IsRefused(double confidence) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassificationMeter().Add(new Judgement("A", "A", confidence, [])));

    [Fact]
    public void Report_AnyAnswers_AgreesWithTheDefinitions()
    {
        var judgement = from label in Gen.Elements("A", "B", "C", "D")
                        from answer in Gen.Elements("A", "B", "C", "E")
                        from confidence in Gen.Choose(0, 1000)
                        select new Judgement(label, answer, confidence / 1000d, [answer]);
        Prop.ForAll(Arb.From(Gen.NonEmptyListOf(judgement)), all =>
        {
            var meter = new ClassificationMeter(new BandThresholds { AutoRoute = 0.9, Review = 0.4 });
            foreach (var one in all)
            {
                meter.Add(one);
            }

            var report = meter.Report();
            var labels = all.SelectMany(one => new[] { one.Label, one.Answer }).Distinct().ToList();
            var f1 = labels.Average(label =>
            {
                double right = all.Count(one => one.Label == label && one.Answer == label);
                double precision = right / Math.Max(1, all.Count(one => one.Answer == label)), recall = right / Math.Max(1, all.Count(one => one.Label == label));
                return right == 0 ? 0 : 2 * precision * recall / (precision + recall);
            });
            var error = all.GroupBy(one => Math.Min(14, (int)(one.Confidence * 15)))
                .Sum(bin => bin.Count() * Math.Abs(bin.Average(one => one.Confidence) - bin.Average(one => one.IsRight ? 1 : 0))) / all.Count;
            return Math.Abs(report.MacroF1 - f1) < 1e-9
                && Math.Abs(report.CalibrationError - error) < 1e-9
                && report.Bands.Sum(band => band.Count) == all.Count
                && report.Bands[0].Count == all.Count(one => one.Confidence >= 0.9)
                && report.Bands[2].Count == all.Count(one => one.Confidence < 0.4);
        }).QuickCheckThrowOnFailure();
    }
}
