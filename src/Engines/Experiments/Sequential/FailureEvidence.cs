using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Sequential;

/// <summary>
/// Evidence, gathered as it comes, that one group fails more often than another that is served beside it: the mean wealth of bettors who expect odds of 2, 4 and 8. If it fails no more often, it ever reaches 20 with
/// a probability of at most 5 %, whenever and how often one looks (Ville, 1939; Ramdas et al., Game-theoretic statistics and safe anytime-valid inference, 2023). A failure is one of an independent unit: a conversation that
/// fails twice counts once. Immutable.
/// </summary>
public sealed record FailureEvidence
{
    private static readonly double[] Odds = [2, 4, 8];

    /// <summary>The logarithm of each bettor's wealth.</summary>
    public IReadOnlyList<double> Logs { get; init; } = [0, 0, 0];

    /// <summary>The evidence; 1 for none.</summary>
    [JsonIgnore]
    public double Value => Logs.Average(Math.Exp);

    /// <summary>Adds failures.</summary>
    /// <param name="ours">New failures of the group that is judged.</param>
    /// <param name="others">New failures of the other.</param>
    /// <param name="share">The share that the judged group was given of both, above 0 and below 1.</param>
    public FailureEvidence Add(long ours, long others, double share)
    {
        if (share is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share is above 0 and below 1.");
        }

        var logs = new double[Odds.Length];
        for (var i = 0; i < logs.Length; i++)
        {
            logs[i] = Math.Clamp(Logs[i] + ConditionalBinomial.LogGain(Odds[i], share, ours, others), -700, 700);
        }

        return this with { Logs = logs };
    }
}
