namespace Steward.Engines.Memory.Recall;

/// <summary>Takes from what was found what is worth its place: constraints first, then the best, no entry that only repeats another one, until the budget is used up.</summary>
internal static class RecallChoice
{
    private const int CharactersPerToken = 4;
    private const double Same = 0.8;

    public static List<Recalled> Choose(IEnumerable<Recalled> constraints, IEnumerable<Recalled> found, RecallQuery query, double repetition, Func<RecallEntry, int[]> termsOf)
    {
        var chosen = new List<Recalled>();
        var known = new HashSet<long>();
        var tokens = 0;
        foreach (var recalled in constraints.Concat(Diverse(found, query.Top, repetition, termsOf)))
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
    private static IEnumerable<Recalled> Diverse(IEnumerable<Recalled> found, int top, double repetition, Func<RecallEntry, int[]> termsOf)
    {
        var candidates = found.Take(top * 3).Select(recalled => (Recalled: recalled, Terms: termsOf(recalled.Entry))).ToList();
        var kept = new List<(Recalled Recalled, double Score)>(candidates.Count);
        for (var i = 0; i < candidates.Count; i++)
        {
            var repeated = 0;
            for (var before = 0; before < i; before++)
            {
                repeated += Overlap(candidates[before].Terms, candidates[i].Terms) >= Same ? 1 : 0;
            }

            kept.Add((candidates[i].Recalled, candidates[i].Recalled.Score * Math.Pow(1 - repetition, repeated)));
        }

        return kept.OrderByDescending(pair => pair.Score).Select(pair => pair.Recalled with { Score = pair.Score });
    }

    // Of two ascending lists: what both have, as a share of what either has.
    private static double Overlap(int[] left, int[] right)
    {
        var (at, other, shared) = (0, 0, 0);
        while (at < left.Length && other < right.Length)
        {
            var order = left[at].CompareTo(right[other]);
            shared += order == 0 ? 1 : 0;
            at += order <= 0 ? 1 : 0;
            other += order >= 0 ? 1 : 0;
        }

        var either = left.Length + right.Length - shared;
        return either == 0 ? 1 : (double)shared / either;
    }
}
