namespace Steward.Engines.Triage.Incidents;

/// <summary>How probable it is that something happens so often by chance.</summary>
internal static class BinomialTail
{
    /// <summary>The probability of at least <paramref name="count"/> of <paramref name="trials"/> where each happens with a probability of <paramref name="share"/>.</summary>
    public static double AtLeast(int count, int trials, double share)
    {
        if (count <= 0 || share >= 1)
        {
            return 1;
        }

        if (count > trials || share <= 0)
        {
            return 0;
        }

        // From the first term of the tail on: 1 minus the head would lose all digits of what is small.
        var logTerm = (count * Math.Log(share)) + ((trials - count) * Math.Log(1 - share));
        for (var factor = 1; factor <= count; factor++)
        {
            logTerm += Math.Log(trials - count + factor) - Math.Log(factor);
        }

        var (term, sum, odds) = (1.0, 1.0, share / (1 - share));
        for (var more = count + 1; more <= trials; more++)
        {
            term *= odds * (trials - more + 1) / more;
            sum += term;
        }

        return Math.Min(1, Math.Exp(logTerm + Math.Log(sum)));
    }
}
