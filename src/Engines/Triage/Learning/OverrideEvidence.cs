using Steward.Engines.Experiments.Sequential;

namespace Steward.Engines.Triage.Learning;

/// <summary>
/// Evidence, gathered as it comes, that people override one head more often than another. It is the wealth of a bettor against "no more often", the mean of three bettors who expect 1.5, 2 and 3 times as many: if the
/// head is no worse, it ever reaches <see cref="Enough"/> with a probability of at most one in that number, whenever and how often one looks (Ville, 1939; Shafer, Testing by betting, 2021; Ramdas et al.,
/// Game-theoretic statistics and safe anytime-valid inference, 2023). Immutable.
/// </summary>
public sealed record OverrideEvidence
{
    /// <summary>From where on a head is taken back: 5 % for one that is no worse.</summary>
    public const double Enough = 20;

    private static readonly double[] Factors = [1.5, 2, 3];

    /// <summary>The logarithm of each bettor's wealth.</summary>
    public IReadOnlyList<double> Logs { get; init; } = [0, 0, 0];

    /// <summary>The evidence; 1 for none.</summary>
    public double Value => Logs.Average(Math.Exp);

    /// <summary>
    /// Adds overrides of two heads that answer side by side. Of all overrides, the one's share is then its share of the routed tickets (Przyborowski and Wilenski, 1940: two Poisson rates, conditional on
    /// their sum). That tickets are drawn without replacement only makes it more careful (Hoeffding, 1963).
    /// </summary>
    /// <param name="overridden">New overrides of the head that is judged.</param>
    /// <param name="others">New overrides of the other one.</param>
    /// <param name="share">The judged head's share of the routed tickets, above 0 and below 1.</param>
    public OverrideEvidence Beside(long overridden, long others, double share)
    {
        if (share is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share is above 0 and below 1.");
        }

        return Bet(factor => ConditionalBinomial.LogGain(factor, share, overridden, others));
    }

    /// <summary>Adds overrides of a head that answers alone, against a rate that the one before did not exceed.</summary>
    /// <param name="routed">Tickets that it has routed since.</param>
    /// <param name="overridden">New overrides.</param>
    /// <param name="rate">The share of routed tickets that was overridden before, at most; above 0 and below 1.</param>
    public OverrideEvidence Alone(long routed, long overridden, double rate)
    {
        if (rate is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "A rate is above 0 and below 1.");
        }

        return Bet(factor => ConditionalBinomial.LogGain(factor, rate, overridden, Math.Max(0, routed - overridden)));
    }

    /// <summary>The highest rate of overrides that is compatible with what was seen, with a certainty of 95 %; 1 for nothing seen.</summary>
    public static double HighestRate(long routed, long overridden) => ExactBinomial.UpperBound(Math.Min(overridden, routed), routed, 0.95);

    private OverrideEvidence Bet(Func<double, double> gain) => new() { Logs = [.. Logs.Zip(Factors, (log, factor) => Math.Clamp(log + gain(factor), -700, 700))] };
}
