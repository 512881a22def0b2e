using Steward.Engines.Retrieval;
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
    private readonly RecallWords _words;
    private readonly VectorIndex? _vectors;
    private readonly RecallWeights _weights;

    /// <summary>Creates an empty one.</summary>
    /// <param name="dimensions">The length of the embedder's vectors; null without an embedder.</param>
    /// <param name="weights">How much each sign counts; null takes the defaults.</param>
    public RecallIndex(int? dimensions = null, RecallWeights? weights = null)
    {
        (_vectors, _weights) = (dimensions is { } length ? new VectorIndex(length) : null, weights ?? new RecallWeights());
        _words = new RecallWords(_weights);
    }

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds an entry, or replaces the one of the same id.</summary>
    public void Set(RecallEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Remove(entry.Id);
        _entries[entry.Id] = entry;
        _words.Add(entry);
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

        _words.Remove(entry);
        _constraints.Remove(id);
        _vectors?.Remove(id);
        return true;
    }

    /// <summary>What fits the query best, best first; constraints come before everything else.</summary>
    public IReadOnlyList<Recalled> Recall(RecallQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        using var byWords = _words.Find(query);
        using var words = _words.Best(byWords, Candidates);
        var byMeaning = _vectors is not null && query.Vector is { IsEmpty: false } vector ? _vectors.Search(vector.Span, Candidates, query.Filter) : [];
        var fused = RankFusion.Fuse((words.Keys.ToArray(), _weights.Words), (byMeaning.Select(match => match.Id), _weights.Meaning));
        var ranking = new (double Score, long Id)[fused.Count];
        var place = 0;
        foreach (var (id, score) in fused)
        {
            ranking[place++] = (score * Freshness(_entries[id], query.Now), id);
        }

        Array.Sort(ranking, static (left, right) => right.Score.CompareTo(left.Score) is var order and not 0 ? order : left.Id.CompareTo(right.Id));
        HashSet<long> meant = [.. byMeaning.Select(match => match.Id)];
        var found = ranking.Select(pair => new Recalled(_entries[pair.Id], pair.Score, !_words.IsAmong(byWords, pair.Id) ? "meaning" : meant.Contains(pair.Id) ? "words and meaning" : "words"));
        return RecallChoice.Choose(Constraints(query, fused), found, query, _weights.Repetition, _words.TermsOf);
    }

    private IEnumerable<Recalled> Constraints(RecallQuery query, Dictionary<long, double> fused) => _constraints
        .Where(id => query.Filter is null || query.Filter(id))
        .Select(id => new Recalled(_entries[id], fused.GetValueOrDefault(id), "constraint"))
        .OrderByDescending(recalled => recalled.Score)
        .ThenBy(recalled => recalled.Entry.Id);

    private double Freshness(RecallEntry entry, DateTimeOffset? now) =>
        entry.Kind == MemoryKind.Constraint || entry.LastUsed is not { } used || now is not { } today || today <= used ? 1
        : _weights.LeastOfFaded + ((1 - _weights.LeastOfFaded) * Math.Pow(0.5, (today - used) / _weights.HalfLife));
}
