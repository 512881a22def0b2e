using System.Runtime.InteropServices;
using Steward.Engines.Retrieval;
using Steward.Engines.Retrieval.Text;
using Steward.Engines.Retrieval.Vectors;

namespace Steward.Engines.Memory.Recall;

/// <summary>
/// What one person's or one tenant's memory holds, and how it is found again: by words with what stands around them, by meaning, fused by reciprocal rank; faded by disuse; constraints always; nothing twice. Kept in memory; any number of recalls
/// may run at the same time, or one change.
/// </summary>
public sealed class RecallIndex
{
    private const int Candidates = 200;

    private readonly Dictionary<long, RecallEntry> _entries = [];
    private readonly HashSet<long> _constraints = [];
    private readonly TextIndex _words = new();
    private readonly RecallGroups _groups = new();
    private readonly VectorIndex? _vectors;
    private readonly RecallWeights _weights;

    /// <summary>Creates an empty one.</summary>
    /// <param name="dimensions">The length of the embedder's vectors; null without an embedder.</param>
    /// <param name="weights">How much each sign counts; null takes the defaults.</param>
    public RecallIndex(int? dimensions = null, RecallWeights? weights = null) =>
        (_vectors, _weights) = (dimensions is { } length ? new VectorIndex(length) : null, weights ?? new RecallWeights());

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds an entry, or replaces the one of the same id.</summary>
    public void Set(RecallEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Remove(entry.Id);
        var terms = TermsOf(entry);
        _entries[entry.Id] = entry;
        _words.Set(entry.Id, terms);
        _groups.Add(entry, terms);
        if (entry.Kind == MemoryKind.Constraint)
        {
            _constraints.Add(entry.Id);
        }

        if (_vectors is not null && entry.Vector is { } vector)
        {
            _vectors.Set(entry.Id, vector.Span);
        }
    }

    /// <summary>Removes an entry: nothing of it stays.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(long id)
    {
        if (!_entries.Remove(id, out var entry))
        {
            return false;
        }

        _words.Remove(id);
        _groups.Remove(entry);
        _constraints.Remove(id);
        _vectors?.Remove(id);
        return true;
    }

    /// <summary>What fits the query best, best first; constraints come before everything else.</summary>
    public IReadOnlyList<Recalled> Recall(RecallQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var byWords = ByWords(query);
        var byMeaning = _vectors is not null && query.Vector is { } vector ? _vectors.Search(vector.Span, Candidates, query.Filter) : [];
        var words = byWords.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(Candidates).Select(pair => pair.Key).ToList();
        var fused = RankFusion.Fuse((words, _weights.Words), (byMeaning.Select(match => match.Id), _weights.Meaning));
        var meant = byMeaning.Select(match => match.Id).ToHashSet();
        var found = fused
            .Select(pair => new Recalled(_entries[pair.Key], pair.Value * Freshness(_entries[pair.Key], query.Now), !byWords.ContainsKey(pair.Key) ? "meaning" : meant.Contains(pair.Key) ? "words and meaning" : "words"))
            .OrderByDescending(recalled => recalled.Score)
            .ThenBy(recalled => recalled.Entry.Id);
        return RecallChoice.Choose(Constraints(query, fused), found, query, _weights.Repetition);
    }

    /// <summary>The scores by words, of entries that count.</summary>
    private Dictionary<long, float> ByWords(RecallQuery query)
    {
        var asked = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach (var term in TextAnalyzer.Terms(query.Text).Take(64))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(asked, term, out _)++;
        }

        var scores = InContext(asked, query.Filter);
        if (_weights.Feedback > 0 && scores.Count > 0)
        {
            scores = InContext(Expanded(asked, scores), query.Filter);
        }

        foreach (var (id, score) in scores)
        {
            if (_entries[id].Subject is { } subject && TextAnalyzer.Terms(subject) is { Count: > 0 } named && named.Any(asked.ContainsKey))
            {
                scores[id] = score * (1 + _weights.Subject);
            }
        }

        return scores;
    }

    // What stands around an entry tells what it is about: "yes, next Friday" answers the question before it.
    private Dictionary<long, float> InContext(IReadOnlyDictionary<string, float> query, Func<long, bool>? filter)
    {
        var own = _words.Score(query);
        if (filter is not null)
        {
            foreach (var id in own.Keys.Where(id => !filter(id)).ToList())
            {
                own.Remove(id);
            }
        }

        var scores = new Dictionary<long, float>(own);
        foreach (var (id, score) in own)
        {
            foreach (var (neighbour, distance) in _groups.Around(_entries[id]))
            {
                if (filter is null || filter(neighbour))
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(scores, neighbour, out _) += _weights.Neighbour / distance * score;
                }
            }
        }

        if (_weights.Group > 0 && scores.Count > 0 && filter is null)
        {
            var best = scores.Values.Max();
            var groups = _groups.Score(query);
            var top = groups.Count == 0 ? 1 : groups.Values.Max();
            foreach (var (id, score) in scores)
            {
                scores[id] = score + (_entries[id].Group is { } group ? _weights.Group * best * groups.GetValueOrDefault(group) / top : 0);
            }
        }

        return scores;
    }

    // The words of the first results stand for those that the query did not find: relevance model 3 (Abdul-Jaleel et al., TREC 2004).
    private Dictionary<string, float> Expanded(Dictionary<string, float> query, Dictionary<long, float> scores)
    {
        const int Results = 5;
        const int Terms = 10;
        var first = scores.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(Results).ToList();
        var total = first.Sum(pair => pair.Value);
        var model = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach (var (id, score) in first)
        {
            var terms = _words.TermsOf(id).ToList();
            var length = terms.Sum(term => term.Count);
            foreach (var (term, count) in terms.Where(term => !query.ContainsKey(term.Term)))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(model, term, out _) += score / total * count / length * _words.Rarity(term);
            }
        }

        var added = model.Where(pair => !_groups.IsSubject(pair.Key)).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(Terms).ToList();
        var weight = added.Sum(pair => pair.Value);
        var expanded = new Dictionary<string, float>(query, StringComparer.Ordinal);
        foreach (var (term, worth) in added)
        {
            expanded[term] = _weights.Feedback * query.Count * worth / weight;
        }

        return expanded;
    }

    private IEnumerable<Recalled> Constraints(RecallQuery query, Dictionary<long, double> fused) => _constraints
        .Where(id => query.Filter is null || query.Filter(id))
        .Select(id => new Recalled(_entries[id], fused.GetValueOrDefault(id), "constraint"))
        .OrderByDescending(recalled => recalled.Score)
        .ThenBy(recalled => recalled.Entry.Id);

    private double Freshness(RecallEntry entry, DateTimeOffset? now) =>
        entry.Kind == MemoryKind.Constraint || entry.LastUsed is not { } used || now is not { } today || today <= used ? 1
        : _weights.LeastOfFaded + ((1 - _weights.LeastOfFaded) * Math.Pow(0.5, (today - used) / _weights.HalfLife));

    private static List<string> TermsOf(RecallEntry entry) => [.. entry.Subject is null ? [] : TextAnalyzer.Terms(entry.Subject), .. TextAnalyzer.Terms(entry.Text)];
}
