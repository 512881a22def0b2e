using System.Runtime.InteropServices;

namespace Steward.Engines.Retrieval.Text;

/// <summary>
/// Scores texts by the words that they share with a query: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). Kept in memory. Any number of queries may run at the same time, or one change.
/// </summary>
public sealed class TextIndex
{
    private const float K1 = 1.2f;
    private const float B = 0.5f;

    // Norms of texts up to this length are computed once a query.
    private const int Norms = 256;

    private readonly Dictionary<string, int> _numberOf = new(StringComparer.Ordinal);
    private readonly List<Postings> _postings = [];
    private readonly List<string?> _termOf = [];
    private readonly Stack<int> _freeNumbers = [];
    private readonly List<int> _lengths = [];
    private readonly List<long> _ids = [];
    private readonly List<TermCount[]> _terms = [];
    private readonly Dictionary<long, int> _slotOf = [];
    private readonly Stack<int> _free = [];
    private long _length;

    /// <summary>How many texts there are.</summary>
    public int Count => _slotOf.Count;

    /// <summary>All slots are below this number. A text keeps its slot as long as it is there; then another gets it.</summary>
    public int Slots => _ids.Count;

    /// <summary>Adds a text, or replaces the one of the same id.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="terms">Its terms, from <see cref="TextAnalyzer.Terms"/>.</param>
    /// <returns>Its slot.</returns>
    public int Set(long id, IReadOnlyList<string> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return Set(id, terms.Select(term => (term, 1)));
    }

    /// <summary>Adds a text, or replaces the one of the same id.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="terms">Its terms, each with how often; a term may come more than once.</param>
    /// <returns>Its slot.</returns>
    public int Set(long id, IEnumerable<(string Term, int Count)> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        var (counts, length) = (new Dictionary<string, int>(StringComparer.Ordinal), 0);
        foreach (var (term, count) in terms)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, term, out _) += count;
            length += count;
        }

        Remove(id);
        var entry = counts.Select(pair => new TermCount(Number(pair.Key), pair.Value)).OrderBy(term => term.Term).ToArray();
        if (!_free.TryPop(out var slot))
        {
            slot = _ids.Count;
            _ids.Add(0);
            _lengths.Add(0);
            _terms.Add([]);
        }

        (_ids[slot], _lengths[slot], _terms[slot]) = (id, length, entry);
        _slotOf[id] = slot;
        _length += length;
        foreach (var (term, count) in entry)
        {
            _postings[term].Add(slot, count);
        }

        return slot;
    }

    /// <summary>Removes a text: nothing of it stays, nor do its words unless another text has them.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(long id)
    {
        if (!_slotOf.Remove(id, out var slot))
        {
            return false;
        }

        foreach (var (term, _) in _terms[slot])
        {
            _postings[term].Remove(slot);
            if (_postings[term].Count == 0)
            {
                _numberOf.Remove(_termOf[term]!);
                _termOf[term] = null;
                _freeNumbers.Push(term);
            }
        }

        _length -= _lengths[slot];
        (_ids[slot], _lengths[slot], _terms[slot]) = (0, 0, []);
        _free.Push(slot);
        return true;
    }

    /// <summary>The scores of all texts that share a term with the query.</summary>
    /// <param name="query">Terms with their weights; those of zero and below do not count.</param>
    /// <returns>By id.</returns>
    public Dictionary<long, float> Score(IReadOnlyDictionary<string, float> query)
    {
        using var scores = new TextScores(Slots);
        Score(query, scores);
        var byId = new Dictionary<long, float>(scores.Count);
        foreach (var slot in scores.Slots)
        {
            byId[_ids[slot]] = scores[slot];
        }

        return byId;
    }

    /// <summary>Adds the scores of all texts that share a term with the query to those of their slots.</summary>
    /// <param name="query">Terms with their weights; those of zero and below do not count.</param>
    /// <param name="scores">With room for all <see cref="Slots"/>.</param>
    public void Score(IReadOnlyDictionary<string, float> query, TextScores scores)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(scores);
        var average = _slotOf.Count == 0 ? 1 : Math.Max(1f, (float)_length / _slotOf.Count);
        var lengths = CollectionsMarshal.AsSpan(_lengths);
        Span<float> norms = stackalloc float[Norms];
        for (var length = 0; length < Norms; length++)
        {
            norms[length] = Norm(length, average);
        }

        foreach (var (term, weight) in query)
        {
            if (!(weight > 0) || !_numberOf.TryGetValue(term, out var number))
            {
                continue;
            }

            var worth = weight * Rarity(_postings[number].Count);
            scores.Add(_postings[number].Entries, worth, K1, lengths, norms, length => Norm(length, average));
        }
    }

    /// <summary>The best of some scores, best first; of equal ones the smaller id first. To be given back.</summary>
    public TopScores Best(TextScores scores, int count)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var best = new TopScores(count);
        scores.AddTo(best, CollectionsMarshal.AsSpan(_ids));
        best.Sort();
        return best;
    }

    /// <summary>How much a term says: the rarer, the more. Zero for terms that no text has.</summary>
    public float Rarity(string term) => _numberOf.TryGetValue(term, out var number) ? Rarity(_postings[number].Count) : 0;

    /// <summary>A text's terms and how often it has each; empty for unknown ids.</summary>
    public IEnumerable<(string Term, int Count)> TermsOf(long id) =>
        _slotOf.TryGetValue(id, out var slot) ? _terms[slot].Select(term => (_termOf[term.Term]!, term.Count)) : [];

    /// <summary>The numbers of a text's terms, ascending, without those that it has as often as <paramref name="without"/> has them. Numbers hold as long as the index does not change.</summary>
    public int[] NumbersOf(long id, IReadOnlyList<string> without)
    {
        ArgumentNullException.ThrowIfNull(without);
        return _slotOf.TryGetValue(id, out var slot)
            ? [.. _terms[slot].Where(term => without.Count == 0 || without.Count(other => other == _termOf[term.Term]) < term.Count).Select(term => term.Term)]
            : [];
    }

    /// <summary>The id of the text in a slot.</summary>
    public long IdOf(int slot) => _ids[slot];

    /// <summary>The slot of a text; null for unknown ids.</summary>
    public int? SlotOf(long id) => _slotOf.TryGetValue(id, out var slot) ? slot : null;

    private static float Norm(int length, float average) => K1 * (1 - B + (B * length / average));

    private float Rarity(int texts) => MathF.Log(1 + ((_slotOf.Count - texts + 0.5f) / (texts + 0.5f)));

    private int Number(string term)
    {
        if (!_numberOf.TryGetValue(term, out var number))
        {
            if (!_freeNumbers.TryPop(out number))
            {
                number = _postings.Count;
                _postings.Add(new Postings());
                _termOf.Add(null);
            }

            (_numberOf[term], _termOf[number]) = (number, term);
        }

        return number;
    }

    private readonly record struct TermCount(int Term, int Count);

    /// <summary>The texts that have one term, with how often.</summary>
    private sealed class Postings
    {
        private readonly List<(int Slot, int Count)> _entries = [];

        public int Count => _entries.Count;

        public ReadOnlySpan<(int Slot, int Count)> Entries => CollectionsMarshal.AsSpan(_entries);

        // In the order of slots, so that removal finds its place.
        public void Add(int slot, int count)
        {
            if (_entries.Count == 0 || _entries[^1].Slot < slot)
            {
                _entries.Add((slot, count));
                return;
            }

            _entries.Insert(~Find(slot), (slot, count));
        }

        public void Remove(int slot)
        {
            var at = Find(slot);
            if (at >= 0)
            {
                _entries.RemoveAt(at);
            }
        }

        private int Find(int slot) => _entries.BinarySearch((slot, 0), BySlot.Instance);
    }

    private sealed class BySlot : IComparer<(int Slot, int Count)>
    {
        public static BySlot Instance { get; } = new();

        public int Compare((int Slot, int Count) left, (int Slot, int Count) right) => left.Slot.CompareTo(right.Slot);
    }
}
