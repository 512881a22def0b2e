namespace Steward.Engines.Experiments.Comparison;

/// <summary>Probabilities of a binomial distribution without approximation.</summary>
public static class ExactBinomial
{
    /// <summary>The probability of at most so many successes.</summary>
    public static double AtMost(long successes, long trials, double probability)
    {
        if (successes >= trials || probability <= 0)
        {
            return 1;
        }

        if (successes < 0 || probability >= 1)
        {
            return 0;
        }

        // From the largest term downwards, each from the one before.
        var term = 0d;
        for (long i = 1; i <= successes; i++)
        {
            term += Math.Log(trials - successes + i) - Math.Log(i);
        }

        term = Math.Exp(term + (successes * Math.Log(probability)) + ((trials - successes) * Math.Log(1 - probability)));
        var sum = 0d;
        for (var k = successes; k >= 0 && term > 0; k--)
        {
            sum += term;
            term *= k * (1 - probability) / ((trials - k + 1) * probability);
        }

        return Math.Min(1, sum);
    }

    /// <summary>The probability of at least so many successes.</summary>
    public static double AtLeast(long successes, long trials, double probability) => AtMost(trials - successes, trials, 1 - probability);

    /// <summary>The highest share that so many successes still allow with this certainty (Clopper and Pearson, 1934); 1 for no trials.</summary>
    public static double UpperBound(long successes, long trials, double certainty)
    {
        var (low, high) = (0d, 1d);
        for (var step = 0; step < 60 && trials > successes; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = AtMost(successes, trials, middle) > 1 - certainty ? (middle, high) : (low, middle);
        }

        return trials > successes ? high : 1;
    }
}
