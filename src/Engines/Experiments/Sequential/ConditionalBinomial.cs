namespace Steward.Engines.Experiments.Sequential;

/// <summary>
/// Events of two groups that are observed side by side: each event belongs to the one with the probability of its share, if both have the same rate (Przyborowski and Wilenski, 1940). Pure.
/// </summary>
public static class ConditionalBinomial
{
    /// <summary>By how much the logarithm of a bettor's wealth grows who expects events to be so many times as likely in the one group. On the average it does not grow when they are no likelier.</summary>
    /// <param name="odds">How many times as likely; above 0.</param>
    /// <param name="share">The one group's share of both, above 0 and below 1.</param>
    /// <param name="ours">New events of the one group.</param>
    /// <param name="others">New events of the other.</param>
    public static double LogGain(double odds, double share, long ours, long others)
    {
        var expected = odds * share / ((odds * share) + 1 - share);
        return (ours * Math.Log(expected / share)) + (others * Math.Log((1 - expected) / (1 - share)));
    }
}
