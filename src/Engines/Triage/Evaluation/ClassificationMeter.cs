using System.Runtime.InteropServices;
using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Evaluation;

/// <summary>Adds up judgements one by one; holds a few numbers a label and none of the texts. Not for several threads.</summary>
public sealed class ClassificationMeter
{
    private const int Bins = 15;

    private static readonly double[] Thresholds = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99];

    private readonly (long Count, long Right)[] _above = new (long, long)[Thresholds.Length];
    private readonly double[] _bounds;
    private readonly long[] _inBand;
    private readonly long[] _rightInBand;
    private readonly (long Count, long Right, double Confidence)[] _bins = new (long, long, double)[Bins];
    private readonly Dictionary<string, (long Count, long Answered, long Right)> _labels = new(StringComparer.Ordinal);
    private long _count;
    private long _right;
    private long _inTopThree;

    /// <summary>Begins with nothing.</summary>
    /// <param name="thresholds">Where the bands lie; null for the defaults.</param>
    public ClassificationMeter(BandThresholds? thresholds = null)
    {
        var bands = thresholds ?? BandThresholds.Default;
        // A model that may route nothing by itself has no upper band.
        _bounds = bands.AutoRoute is { } autoRoute ? [autoRoute, bands.Review, 0] : [bands.Review, 0];
        _inBand = new long[_bounds.Length];
        _rightInBand = new long[_bounds.Length];
    }

    /// <summary>Adds one.</summary>
    public void Add(Judgement judgement)
    {
        if (!(judgement.Confidence is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(judgement), judgement.Confidence, "A confidence is 0 to 1.");
        }

        var right = judgement.IsRight ? 1 : 0;
        _count++;
        _right += right;
        _inTopThree += judgement.IsRight || judgement.Top.Take(3).Contains(judgement.Label, StringComparer.Ordinal) ? 1 : 0;
        var band = judgement.IsOutOfScope ? _bounds.Length - 1 : Array.FindIndex(_bounds, bound => judgement.Confidence >= bound);
        _inBand[band]++;
        _rightInBand[band] += right;
        for (var i = 0; i < Thresholds.Length && !judgement.IsOutOfScope && judgement.Confidence >= Thresholds[i]; i++)
        {
            _above[i] = (_above[i].Count + 1, _above[i].Right + right);
        }

        ref var bin = ref _bins[Math.Min(Bins - 1, (int)(judgement.Confidence * Bins))];
        bin = (bin.Count + 1, bin.Right + right, bin.Confidence + judgement.Confidence);
        ref var truth = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, judgement.Label, out _);
        truth = (truth.Count + 1, truth.Answered, truth.Right + right);
        ref var answer = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, judgement.Answer, out _);
        answer.Answered++;
    }

    /// <summary>The figures so far. Shares of nothing are 0.</summary>
    public ClassificationReport Report()
    {
        var labels = _labels.Select(label => new LabelReport(label.Key, label.Value.Count, label.Value.Answered, label.Value.Right)).ToList();
        return new ClassificationReport
        {
            Count = _count,
            Accuracy = Share(_right, _count),
            MacroF1 = labels.Count == 0 ? 0 : labels.Average(label => label.F1),
            TopThree = Share(_inTopThree, _count),
            CalibrationError = _bins.Sum(bin => Math.Abs(bin.Confidence - bin.Right)) / Math.Max(1, _count),
            Bands = [.. _bounds.Select((from, i) => new BandReport(
                from, i == 0 ? null : _bounds[i - 1], _inBand[i], Share(_inBand[i], _count), _inBand[i] == 0 ? null : Share(_rightInBand[i], _inBand[i])))],
            Thresholds = [.. Thresholds.Zip(_above, (threshold, above) => new ThresholdReport(
                threshold, Share(above.Count, _count), above.Count == 0 ? null : Share(above.Right, above.Count)))],
            Labels = [.. labels.OrderByDescending(label => label.Count).ThenBy(label => label.Label, StringComparer.Ordinal)],
        };
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
