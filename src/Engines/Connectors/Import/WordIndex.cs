namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Finds entries by words with BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009). Deterministic. Filled once, then safe for concurrent use.
/// </summary>
internal sealed class WordIndex
{
    private const double K1 = 1.2;
    private const double B = 0.5;

    private static readonly HashSet<string> Stop = new(StringComparer.Ordinal)
    {
        "a", "an", "the", "of", "to", "for", "in", "on", "at", "by", "with", "and", "or", "is", "are", "be", "it", "its", "this", "that", "from", "as", "all", "any", "me", "my", "i", "please", "can",
        "you", "we", "our", "api", "rest", "result", "v1", "v2", "v3",
    };

    // What people say and what interfaces say.
    private static readonly Dictionary<string, string> Same = new(StringComparer.Ordinal)
    {
        ["remov"] = "delet", ["destroy"] = "delet", ["fetch"] = "get", ["read"] = "get", ["show"] = "get", ["retriev"] = "get", ["lookup"] = "find", ["search"] = "find", ["query"] = "find",
        ["add"] = "creat", ["new"] = "creat", ["open"] = "creat", ["insert"] = "creat", ["modify"] = "updat", ["chang"] = "updat", ["edit"] = "updat", ["patch"] = "updat", ["person"] = "user", ["peopl"] = "user",
        ["employe"] = "user", ["mail"] = "email",
    };

    private readonly Dictionary<string, List<(int Entry, float Weight)>> _postings = new(StringComparer.Ordinal);
    private readonly int _count;

    /// <summary>Builds the index of entries, each a number of texts with their weights.</summary>
    public WordIndex(IEnumerable<IEnumerable<(string Text, int Weight)>> entries)
    {
        var counts = new List<Dictionary<string, int>>();
        foreach (var entry in entries)
        {
            var terms = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var (text, weight) in entry)
            {
                foreach (var term in Terms(text))
                {
                    terms[term] = terms.GetValueOrDefault(term) + weight;
                }
            }

            counts.Add(terms);
        }

        _count = counts.Count;
        var lengths = counts.ConvertAll(terms => terms.Values.Sum());
        var average = lengths.Count == 0 ? 1 : lengths.Average();
        for (var at = 0; at < counts.Count; at++)
        {
            foreach (var (term, count) in counts[at])
            {
                if (!_postings.TryGetValue(term, out var list))
                {
                    _postings[term] = list = [];
                }

                list.Add((at, (float)(count * (K1 + 1) / (count + (K1 * (1 - B + (B * lengths[at] / average)))))));
            }
        }
    }

    /// <summary>The entries that share a word, by their position, with their scores.</summary>
    public IReadOnlyDictionary<int, double> Find(string query)
    {
        var scores = new Dictionary<int, double>();
        foreach (var term in Terms(ImportText.Trim(query, 1_000)).Distinct(StringComparer.Ordinal).Take(40))
        {
            if (_postings.TryGetValue(term, out var list))
            {
                var rarity = Math.Log(1 + ((_count - list.Count + 0.5) / (list.Count + 0.5)));
                foreach (var (entry, weight) in list)
                {
                    scores[entry] = scores.GetValueOrDefault(entry) + (rarity * weight);
                }
            }
        }

        return scores;
    }

    private static IEnumerable<string> Terms(string text) => ImportText.Words(text).Where(word => !Stop.Contains(word)).Select(Stem).Select(stem => Same.GetValueOrDefault(stem, stem));

    // Plurals and the endings of verbs; more would join words that mean different things.
    private static string Stem(string word) => word switch
    {
        { Length: > 4 } when word.EndsWith("ies", StringComparison.Ordinal) => word[..^3] + "y",
        { Length: > 5 } when word.EndsWith("ing", StringComparison.Ordinal) => word[..^3].TrimEnd('e'),
        { Length: > 4 } when word.EndsWith("ed", StringComparison.Ordinal) => word[..^2],
        { Length: > 4 } when word.EndsWith("es", StringComparison.Ordinal) => word[..^2],
        { Length: > 3 } when word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) => word[..^1].TrimEnd('e') is { Length: > 2 } cut ? cut : word[..^1],
        { Length: > 4 } when word.EndsWith('e') => word[..^1],
        _ => word,
    };
}
