namespace Steward.Engines.Triage.Calibration;

/// <summary>
/// A rising step function from confidence to the observed share of right answers, fitted by pooling adjacent violators (Zadrozny and Elkan, 2002), read by linear interpolation between the steps' centres. Better than a
/// temperature where a model is wrong in a way that one number cannot mend, and there are some hundred answers to fit it on.
/// </summary>
public sealed class IsotonicCalibration
{
    private readonly double[] _confidences;
    private readonly double[] _shares;

    private IsotonicCalibration(double[] confidences, double[] shares) => (_confidences, _shares) = (confidences, shares);

    /// <summary>The centres of the steps, rising.</summary>
    public IReadOnlyList<double> Confidences => _confidences;

    /// <summary>The share of right answers at each centre, rising.</summary>
    public IReadOnlyList<double> Shares => _shares;

    /// <summary>Reads one back that was kept.</summary>
    /// <exception cref="ArgumentException">The lists are not of one length above 0, or do not rise, or leave 0 to 1.</exception>
    public static IsotonicCalibration Of(IReadOnlyList<double> confidences, IReadOnlyList<double> shares)
    {
        ArgumentNullException.ThrowIfNull(confidences);
        ArgumentNullException.ThrowIfNull(shares);
        if (confidences.Count == 0 || confidences.Count != shares.Count)
        {
            throw new ArgumentException("There have to be as many shares as confidences, and at least one.", nameof(shares));
        }

        for (var i = 0; i < shares.Count; i++)
        {
            if (confidences[i] is not (>= 0 and <= 1) || shares[i] is not (>= 0 and <= 1) || (i > 0 && (confidences[i] <= confidences[i - 1] || shares[i] < shares[i - 1])))
            {
                throw new ArgumentException("Confidences and shares have to rise from 0 to 1.", nameof(shares));
            }
        }

        return new IsotonicCalibration([.. confidences], [.. shares]);
    }

    /// <summary>Fits one on answers that the model was not trained on; null for none.</summary>
    public static IsotonicCalibration? Fit(IReadOnlyCollection<(double Confidence, bool IsRight)> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var pools = new List<(double Confidence, double Right, int Count)>();
        foreach (var group in answers.GroupBy(answer => answer.Confidence).OrderBy(group => group.Key))
        {
            var count = group.Count();
            (double Confidence, double Right, int Count) pool = (group.Key * count, group.Count(answer => answer.IsRight), count);
            while (pools.Count > 0 && pools[^1].Right / pools[^1].Count >= pool.Right / pool.Count)
            {
                pool = (pools[^1].Confidence + pool.Confidence, pools[^1].Right + pool.Right, pools[^1].Count + pool.Count);
                pools.RemoveAt(pools.Count - 1);
            }

            pools.Add(pool);
        }

        return pools.Count == 0 ? null : new IsotonicCalibration([.. pools.Select(pool => pool.Confidence / pool.Count)], [.. pools.Select(pool => pool.Right / pool.Count)]);
    }

    /// <summary>The share of right answers that a confidence stands for. Never falls when the confidence rises.</summary>
    public double Apply(double confidence)
    {
        var at = Array.BinarySearch(_confidences, confidence);
        if (at >= 0)
        {
            return _shares[at];
        }

        var next = ~at;
        if (next == 0 || next == _confidences.Length)
        {
            return _shares[Math.Min(next, _confidences.Length - 1)];
        }

        var part = (confidence - _confidences[next - 1]) / (_confidences[next] - _confidences[next - 1]);
        return _shares[next - 1] + (part * (_shares[next] - _shares[next - 1]));
    }
}
