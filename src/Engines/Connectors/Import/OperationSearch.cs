using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Finds operations of one or many templates by words, so that an agent is shown only those that matter. BM25 (Robertson and Zaragoza, "The Probabilistic Relevance
/// Framework", 2009) over id, summary, path and argument names. Deterministic; equal scores are ordered by id. Immutable, safe for concurrent use.
/// </summary>
public sealed class OperationSearch
{
    private const double K1 = 1.2;
    private const double B = 0.5;
    private const int IdWeight = 4;
    private const int SummaryWeight = 2;

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

    private readonly List<(string Template, OperationTemplate Operation)> _operations = [];
    private readonly Dictionary<string, List<(int Operation, float Weight)>> _postings = new(StringComparer.Ordinal);

    /// <summary>Builds the index.</summary>
    /// <param name="templates">The templates; each name (a template's id or an instance's name) once.</param>
    public OperationSearch(IEnumerable<KeyValuePair<string, ConnectorTemplate>> templates)
    {
        ArgumentNullException.ThrowIfNull(templates);
        var counts = new List<Dictionary<string, int>>();
        var lengths = new List<int>();
        foreach (var (name, template) in templates.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            foreach (var operation in template.Operations)
            {
                var terms = new Dictionary<string, int>(StringComparer.Ordinal);
                Tally(terms, name, 1);
                Tally(terms, template.Name, 1);
                Tally(terms, operation.Id, IdWeight);
                Tally(terms, operation.Summary, SummaryWeight);
                Tally(terms, operation.Path, 1);
                if (operation.Input is { ValueKind: JsonValueKind.Object } input && input.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
                {
                    foreach (var property in properties.EnumerateObject())
                    {
                        Tally(terms, property.Name, 1);
                    }
                }

                _operations.Add((name, operation));
                counts.Add(terms);
                lengths.Add(terms.Values.Sum());
            }
        }

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

    /// <summary>The operations in the index.</summary>
    public int Count => _operations.Count;

    /// <summary>The operations that fit best, best first; none that shares no word.</summary>
    /// <param name="query">What somebody wants, in words.</param>
    /// <param name="top">The most that are returned.</param>
    /// <param name="effect">Only operations with this effect, when given.</param>
    public IReadOnlyList<FoundOperation> Find(string query, int top, OperationEffect? effect = null)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        var scores = new Dictionary<int, double>();
        foreach (var term in Terms(ImportText.Trim(query, 1_000)).Distinct(StringComparer.Ordinal).Take(40))
        {
            if (_postings.TryGetValue(term, out var list))
            {
                var rarity = Math.Log(1 + ((_operations.Count - list.Count + 0.5) / (list.Count + 0.5)));
                foreach (var (operation, weight) in list)
                {
                    scores[operation] = scores.GetValueOrDefault(operation) + (rarity * weight);
                }
            }
        }

        return
        [
            .. scores.Where(score => effect is null || _operations[score.Key].Operation.Effect == effect)
                .OrderByDescending(score => score.Value)
                .ThenBy(score => _operations[score.Key].Template, StringComparer.Ordinal)
                .ThenBy(score => _operations[score.Key].Operation.Id, StringComparer.Ordinal)
                .Take(top)
                .Select(score => new FoundOperation(_operations[score.Key].Template, _operations[score.Key].Operation, Math.Round(score.Value, 6))),
        ];
    }

    private static void Tally(Dictionary<string, int> terms, string text, int weight)
    {
        foreach (var term in Terms(text))
        {
            terms[term] = terms.GetValueOrDefault(term) + weight;
        }
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

/// <summary>An operation that was found.</summary>
/// <param name="Template">The name that its template was given.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Score">Higher fits better; comparable within one search only.</param>
public sealed record FoundOperation(string Template, OperationTemplate Operation, double Score);
