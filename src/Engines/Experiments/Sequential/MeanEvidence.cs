using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Sequential;

/// <summary>
/// Evidence against "the mean of these differences is at most (or at least) so much", for differences from −1 to 1: a mixture sequential test in its non-parametric form. Bettors stake fixed parts of their wealth on each
/// difference; the mean of their wealth is a test martingale for every distribution within the bounds (Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2023), so it ever reaches 1/α with a
/// probability of at most α, also for few and skewed values, where the mixture SPRT with normal likelihoods (Johari et al., Always valid inference, 2022) does not keep its level. The stakes, that is the mixing
/// distribution, are fixed before the start. Immutable.
/// </summary>
public sealed record MeanEvidence
{
    private static readonly double[] Stakes = [0.01, 0.03, 0.08, 0.2, 0.4, 0.8];

    /// <summary>The logarithm of each bettor's wealth.</summary>
    public IReadOnlyList<double> Logs { get; init; } = [0, 0, 0, 0, 0, 0];

    /// <summary>The evidence; 1 for none.</summary>
    [JsonIgnore]
    public double Value => Logs.Average(Math.Exp);

    /// <summary>Adds a difference, as evidence that the mean is above the bound.</summary>
    /// <param name="difference">−1 to 1.</param>
    /// <param name="bound">What the mean is at most if nothing is to be found; −1 to 1.</param>
    public MeanEvidence Above(double difference, double bound) => Bet(difference - bound, bound);

    /// <summary>Adds a difference, as evidence that the mean is below the bound.</summary>
    /// <param name="difference">−1 to 1.</param>
    /// <param name="bound">What the mean is at least if nothing is to be found; −1 to 1.</param>
    public MeanEvidence Below(double difference, double bound) => Bet(bound - difference, bound);

    private MeanEvidence Bet(double gain, double bound)
    {
        if (!(Math.Abs(gain) <= 1 + Math.Abs(bound) + 1e-9))
        {
            throw new ArgumentOutOfRangeException(nameof(gain), gain, "A difference is −1 to 1.");
        }

        // Nobody can lose more than there is: the most that one can lose is 1 plus the bound.
        var scale = gain / (1 + Math.Abs(bound));
        var logs = new double[Stakes.Length];
        for (var i = 0; i < logs.Length; i++)
        {
            logs[i] = Math.Clamp(Logs[i] + Math.Log(1 + (Stakes[i] * scale)), -700, 700);
        }

        return this with { Logs = logs };
    }
}
