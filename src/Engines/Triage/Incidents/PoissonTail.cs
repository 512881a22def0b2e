namespace Steward.Engines.Triage.Incidents;

/// <summary>How probable it is that something happens so often by chance.</summary>
internal static class PoissonTail
{
    /// <summary>The probability of at least <paramref name="count"/> where <paramref name="mean"/> are expected.</summary>
    public static double AtLeast(int count, double mean)
    {
        if (count <= 0)
        {
            return 1;
        }

        if (mean <= 0)
        {
            return 0;
        }

        // From the first term of the tail on: 1 minus the head would lose all digits of what is small.
        var logTerm = -mean + (count * Math.Log(mean)) - LogFactorial(count);
        var (term, sum) = (1.0, 1.0);
        for (var more = count + 1; more < count + 1_000 && term > sum * 1e-12; more++)
        {
            term *= mean / more;
            sum += term;
        }

        return Math.Min(1, Math.Exp(logTerm + Math.Log(sum)));
    }

    private static double LogFactorial(int number)
    {
        var sum = 0.0;
        for (var factor = 2; factor <= number; factor++)
        {
            sum += Math.Log(factor);
        }

        return sum;
    }
}
