namespace Steward.Engines.Triage.Routing;

/// <summary>
/// Finds the least confidence above which answers are as often right as somebody wants, and says what share of tickets that covers. A confidence of 0.95 is not a precision of 95 %: on one corpus
/// 0.80 gives it, on another no confidence does.
/// </summary>
public static class ThresholdTuner
{
    /// <summary>The fewest answers above a threshold on which it may rest.</summary>
    public const int FewestAnswers = 30;

    /// <summary>Finds a threshold on data that the model was not trained on.</summary>
    /// <param name="answers">Confidence and truth of each answer.</param>
    /// <param name="precision">The wanted share of right answers, above 0 and at most 1.</param>
    /// <param name="certainty">
    /// How sure the share must be, from 0.5 (as observed) to below 1: the lower end of its one-sided Wilson interval has to reach <paramref name="precision"/>.
    /// </param>
    /// <returns>The threshold with the most coverage; a null one when no threshold gives the precision.</returns>
    public static TunedThreshold Tune(IReadOnlyCollection<(double Confidence, bool IsRight)> answers, double precision, double certainty = 0.5)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (precision is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(precision), precision, "A precision is above 0 and at most 1.");
        }

        if (certainty is not (>= 0.5 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(certainty), certainty, "A certainty is 0.5 to below 1.");
        }

        var z = NormalQuantile(certainty);
        var ordered = answers.OrderByDescending(answer => answer.Confidence).ToList();
        var best = new TunedThreshold(null, null, 0);
        var right = 0;
        for (var i = 0; i < ordered.Count; i++)
        {
            right += ordered[i].IsRight ? 1 : 0;
            var count = i + 1;
            // Equal confidences are on the same side.
            if (count < FewestAnswers || (count < ordered.Count && ordered[count].Confidence == ordered[i].Confidence))
            {
                continue;
            }

            if (LowerBound(right, count, z) >= precision)
            {
                best = new TunedThreshold(ordered[i].Confidence, (double)right / count, (double)count / ordered.Count);
            }
        }

        return best;
    }

    /// <summary>The lower end of the Wilson score interval (Wilson, 1927) for a share; the share itself for z = 0.</summary>
    internal static double LowerBound(int right, int count, double z)
    {
        var share = (double)right / count;
        var square = z * z;
        var centre = share + (square / (2 * count));
        var width = z * Math.Sqrt(((share * (1 - share)) + (square / (4d * count))) / count);
        return (centre - width) / (1 + (square / count));
    }

    // Acklam, An algorithm for computing the inverse normal cumulative distribution function (2003): relative error below 1.15e-9.
    internal static double NormalQuantile(double probability)
    {
        if (probability == 0.5)
        {
            return 0;
        }

        if (probability <= 0.97575)
        {
            var q = probability - 0.5;
            var r = q * q;
            return ((((((((((-3.969683028665376e+01 * r) + 2.209460984245205e+02) * r) - 2.759285104469687e+02) * r) + 1.383577518672690e+02) * r) - 3.066479806614716e+01) * r) + 2.506628277459239e+00) * q
                / ((((((((((-5.447609879822406e+01 * r) + 1.615858368580409e+02) * r) - 1.556989798598866e+02) * r) + 6.680131188771972e+01) * r) - 1.328068155288572e+01) * r) + 1);
        }

        var tail = Math.Sqrt(-2 * Math.Log(1 - probability));
        return -((((((((((-7.784894002430293e-03 * tail) - 3.223964580411365e-01) * tail) - 2.400758277161838e+00) * tail) - 2.549732539343734e+00) * tail) + 4.374664141464968e+00) * tail) + 2.938163982698783e+00)
            / ((((((((7.784695709041462e-03 * tail) + 3.224671290700398e-01) * tail) + 2.445134137142996e+00) * tail) + 3.754408661907416e+00) * tail) + 1);
    }
}

/// <summary>A threshold that was found.</summary>
/// <param name="Threshold">The least confidence; null when no confidence gives the precision.</param>
/// <param name="Precision">The share of right answers above it on the data.</param>
/// <param name="Coverage">The share of the data above it; 0 when there is no threshold.</param>
public readonly record struct TunedThreshold(double? Threshold, double? Precision, double Coverage);
