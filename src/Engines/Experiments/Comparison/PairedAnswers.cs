namespace Steward.Engines.Experiments.Comparison;

/// <summary>Two who answered the same questions, each right or wrong. Only those questions count about which they differ (McNemar, 1947), and they count exactly. Pure.</summary>
public static class PairedAnswers
{
    /// <summary>How probable as few losses are if the challenger is worse by the margin (Liu et al., Tests for equivalence or non-inferiority for paired binary data, 2002, here conditional on how many differ).</summary>
    /// <param name="won">What only the challenger had right.</param>
    /// <param name="lost">What only the other one had right.</param>
    /// <param name="all">All questions.</param>
    /// <param name="margin">The share of all questions by which it is worse.</param>
    public static double NotWorse(long won, long lost, long all, double margin)
    {
        // If so few differ, it cannot be worse by the margin on these questions.
        var share = won + lost == 0 ? 1 : 0.5 * (1 + (margin * all / (won + lost)));
        return share >= 1 ? 0 : ExactBinomial.AtMost(lost, won + lost, share);
    }

    /// <summary>How probable as many losses are if the two are equally good.</summary>
    public static double Worse(long won, long lost) => ExactBinomial.AtLeast(lost, won + lost, 0.5);

    /// <summary>How probable a difference of this size in either direction is if the two are equally good.</summary>
    public static double Differ(long won, long lost) => Math.Min(1, 2 * ExactBinomial.AtLeast(Math.Max(won, lost), won + lost, 0.5));
}
