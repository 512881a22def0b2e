namespace Steward.Engines.Retrieval;

/// <summary>Joins rankings: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).</summary>
public static class RankFusion
{
    /// <summary>The constant of the original paper: how little the first places stand out.</summary>
    public const int Smoothing = 60;

    /// <summary>The fused scores: the sum over rankings of weight / (60 + place), places from 1.</summary>
    /// <param name="rankings">Ids, best first, with the ranking's weight.</param>
    public static Dictionary<long, double> Fuse(params IReadOnlyList<(IEnumerable<long> Ranking, double Weight)> rankings)
    {
        ArgumentNullException.ThrowIfNull(rankings);
        var scores = new Dictionary<long, double>();
        foreach (var (ranking, weight) in rankings)
        {
            var place = 0;
            foreach (var id in ranking)
            {
                scores[id] = scores.GetValueOrDefault(id) + (weight / (Smoothing + ++place));
            }
        }

        return scores;
    }
}
