namespace Steward.Engines.Approvals.Learning;

/// <summary>How good predictions were on the last part of the history, which they had not seen.</summary>
public sealed record ForecastQuality
{
    /// <summary>How many levels were held back.</summary>
    public required int HeldOut { get; init; }

    /// <summary>The mean squared error of the predictions (Brier score); 0 is perfect.</summary>
    public required double Brier { get; init; }

    /// <summary>That of always saying the rate of the part before.</summary>
    public required double BaseBrier { get; init; }

    /// <summary>Whether the predictions are better than that by more than chance explains (one-sided, 5 %).</summary>
    public required bool IsUseful { get; init; }

    /// <summary>What became of levels by what was predicted for them, in ascending order.</summary>
    public required IReadOnlyList<ReliabilityBin> Reliability { get; init; }

    /// <summary>How often the predicted approver was the one who decided; null when there was nothing to tell from.</summary>
    public double? ApproverHits { get; init; }

    /// <summary>How often a guess among those asked would have been.</summary>
    public double? ApproverChance { get; init; }

    /// <summary>Judges predictions.</summary>
    internal static ForecastQuality Of(IReadOnlyList<double> predicted, IReadOnlyList<bool> happened, double baseRate)
    {
        var gains = new List<double>(predicted.Count);
        var (brier, baseBrier) = (0d, 0d);
        for (var i = 0; i < predicted.Count; i++)
        {
            var truth = happened[i] ? 1 : 0;
            var (error, baseError) = (Math.Pow(predicted[i] - truth, 2), Math.Pow(baseRate - truth, 2));
            (brier, baseBrier) = (brier + error, baseBrier + baseError);
            gains.Add(baseError - error);
        }

        var count = Math.Max(1, predicted.Count);
        var mean = gains.Sum() / count;
        var deviation = gains.Count < 2 ? double.PositiveInfinity : Math.Sqrt(gains.Sum(gain => Math.Pow(gain - mean, 2)) / (gains.Count - 1) / gains.Count);
        return new ForecastQuality
        {
            HeldOut = predicted.Count,
            Brier = brier / count,
            BaseBrier = baseBrier / count,
            IsUseful = mean > 1.645 * deviation,
            Reliability = [.. Enumerable.Range(0, predicted.Count)
                .GroupBy(i => Math.Min(4, (int)(predicted[i] * 5)))
                .OrderBy(bin => bin.Key)
                .Select(bin => new ReliabilityBin(bin.Count(), bin.Average(i => predicted[i]), bin.Average(i => happened[i] ? 1d : 0d)))],
        };
    }
}

/// <summary>Levels for which about the same was predicted.</summary>
/// <param name="Count">How many.</param>
/// <param name="Predicted">The mean of what was predicted.</param>
/// <param name="Observed">How many of them were late, 0 to 1.</param>
public sealed record ReliabilityBin(int Count, double Predicted, double Observed);
