using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Recall;

/// <summary>Takes from what was found what is worth its place: constraints first, then the best, no entry that only repeats another one, until the budget is used up.</summary>
internal static class RecallChoice
{
    private const int CharactersPerToken = 4;
    private const double Same = 0.8;

    public static List<Recalled> Choose(IEnumerable<Recalled> constraints, IEnumerable<Recalled> found, RecallQuery query, double repetition)
    {
        var chosen = new List<Recalled>();
        var known = new HashSet<long>();
        var tokens = 0;
        foreach (var recalled in constraints.Concat(Diverse(found, query.Top, repetition)))
        {
            var cost = (recalled.Entry.Text.Length / CharactersPerToken) + 1;
            if (chosen.Count == query.Top)
            {
                break;
            }

            if (!known.Contains(recalled.Entry.Id) && cost <= query.MaxTokens - tokens)
            {
                known.Add(recalled.Entry.Id);
                chosen.Add(recalled);
                tokens += cost;
            }
        }

        return chosen;
    }

    // Each entry is compared with those before it: one that says the same counts less and falls back.
    private static IEnumerable<Recalled> Diverse(IEnumerable<Recalled> found, int top, double repetition)
    {
        var candidates = found.Take(top * 3).Select(recalled => (Recalled: recalled, Terms: TextAnalyzer.Terms(recalled.Entry.Text).ToHashSet(StringComparer.Ordinal))).ToList();
        var kept = new List<(Recalled Recalled, double Score)>(candidates.Count);
        for (var i = 0; i < candidates.Count; i++)
        {
            var repeated = candidates.Take(i).Count(before => Overlap(before.Terms, candidates[i].Terms) >= Same);
            kept.Add((candidates[i].Recalled, candidates[i].Recalled.Score * Math.Pow(1 - repetition, repeated)));
        }

        return kept.OrderByDescending(pair => pair.Score).Select(pair => pair.Recalled with { Score = pair.Score });
    }

    private static double Overlap(HashSet<string> left, HashSet<string> right)
    {
        var (small, large) = left.Count < right.Count ? (left, right) : (right, left);
        var shared = small.Count(large.Contains);
        return large.Count == 0 ? 1 : (double)shared / (left.Count + right.Count - shared);
    }
}
