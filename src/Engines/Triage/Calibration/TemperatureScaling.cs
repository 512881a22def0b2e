namespace Steward.Engines.Triage.Calibration;

/// <summary>
/// One number that scores are divided by before they become probabilities, so that confidences are as often right as they say (Guo et al., On Calibration of Modern Neural Networks, 2017). It changes no answer.
/// </summary>
public static class TemperatureScaling
{
    /// <summary>The temperatures that are tried lie between this and its inverse.</summary>
    public const double Highest = 50;

    private const int Steps = 60;

    /// <summary>Finds the temperature under which the true labels are the most likely.</summary>
    /// <param name="scores">The scores of each text, one per label.</param>
    /// <param name="labels">The index of each text's label.</param>
    /// <returns>1 for no data.</returns>
    public static double Fit(IReadOnlyList<float[]> scores, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNotEqual(labels.Count, scores.Count);
        if (scores.Count == 0)
        {
            return 1;
        }

        // The loss is convex in the inverse temperature, so its logarithm has one minimum: golden-section search.
        var ratio = (Math.Sqrt(5) - 1) / 2;
        var (low, high) = (-Math.Log(Highest), Math.Log(Highest));
        var (left, right) = (high - (ratio * (high - low)), low + (ratio * (high - low)));
        var (lossLeft, lossRight) = (Loss(scores, labels, Math.Exp(left)), Loss(scores, labels, Math.Exp(right)));
        for (var step = 0; step < Steps; step++)
        {
            if (lossLeft <= lossRight)
            {
                (high, right, lossRight) = (right, left, lossLeft);
                left = high - (ratio * (high - low));
                lossLeft = Loss(scores, labels, Math.Exp(left));
            }
            else
            {
                (low, left, lossLeft) = (left, right, lossRight);
                right = low + (ratio * (high - low));
                lossRight = Loss(scores, labels, Math.Exp(right));
            }
        }

        return Math.Exp((low + high) / 2);
    }

    /// <summary>Writes the probabilities of scores.</summary>
    public static void Softmax(ReadOnlySpan<float> scores, double temperature, Span<double> probabilities)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        var highest = double.NegativeInfinity;
        foreach (var score in scores)
        {
            highest = Math.Max(highest, score);
        }

        var sum = 0d;
        for (var i = 0; i < scores.Length; i++)
        {
            sum += probabilities[i] = Math.Exp((scores[i] - highest) / temperature);
        }

        foreach (ref var probability in probabilities[..scores.Length])
        {
            probability /= sum;
        }
    }

    private static double Loss(IReadOnlyList<float[]> scores, IReadOnlyList<int> labels, double temperature)
    {
        var loss = 0d;
        for (var i = 0; i < scores.Count; i++)
        {
            var row = scores[i];
            var highest = double.NegativeInfinity;
            foreach (var score in row)
            {
                highest = Math.Max(highest, score);
            }

            var sum = 0d;
            foreach (var score in row)
            {
                sum += Math.Exp((score - highest) / temperature);
            }

            loss += Math.Log(sum) - ((row[labels[i]] - highest) / temperature);
        }

        return loss / scores.Count;
    }
}
