using System.Runtime.InteropServices;

namespace Steward.Engines.Retrieval.Text;

/// <summary>
/// Scores texts by the words that they share with a query: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). Kept in memory. Any number of queries may run at the same time, or one change.
/// </summary>
public sealed class TextIndex
{
    private const float K1 = 1.2f;
    private const float B = 0.5f;

    private readonly Dictionary<string, int> _numberOf = new(StringComparer.Ordinal);
    private readonly List<Postings> _postings = [];
    private readonly List<string> _termOf = [];
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<long, int> _slotOf = [];
    private readonly Stack<int> _free = [];
    private long _length;

    /// <summary>How many texts there are.</summary>
    public int Count => _slotOf.Count;

    /// <summary>Adds a text, or replaces the one of the same id.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="terms">Its terms, from <see cref="TextAnalyzer.Terms"/>.</param>
    public void Set(long id, IReadOnlyList<string> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        Remove(id);
        var counts = new Dictionary<int, int>();
        foreach (var term in terms)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, Number(term), out _);
            count++;
        }

        var slot = _free.TryPop(out var used) ? used : _entries.Count;
        var entry = new Entry(id, terms.Count, [.. counts.Select(pair => new TermCount(pair.Key, pair.Value))]);
        if (slot == _entries.Count)
        {
            _entries.Add(entry);
        }
        else
        {
            _entries[slot] = entry;
        }

        _slotOf[id] = slot;
        _length += terms.Count;
        foreach (var (term, count) in entry.Terms)
        {
            _postings[term].Add(slot, count);
        }
    }

    /// <summary>Removes a text.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(long id)
    {
        if (!_slotOf.Remove(id, out var slot))
        {
            return false;
        }

        var entry = _entries[slot];
        foreach (var (term, _) in entry.Terms)
        {
            _postings[term].Remove(slot);
        }

        _length -= entry.Length;
        _entries[slot] = Entry.None;
        _free.Push(slot);
        return true;
    }

    /// <summary>The scores of all texts that share a term with the query.</summary>
    /// <param name="query">Terms with their weights.</param>
    /// <returns>By id.</returns>
    public Dictionary<long, float> Score(IReadOnlyDictionary<string, float> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var scores = new Dictionary<long, float>();
        var average = _slotOf.Count == 0 ? 1 : Math.Max(1f, (float)_length / _slotOf.Count);
        foreach (var (term, weight) in query)
        {
            if (!_numberOf.TryGetValue(term, out var number))
            {
                continue;
            }

            var worth = weight * Rarity(_postings[number].Count);
            foreach (var (slot, count) in _postings[number].Entries)
            {
                var entry = _entries[slot];
                ref var score = ref CollectionsMarshal.GetValueRefOrAddDefault(scores, entry.Id, out _);
                score += worth * count * (K1 + 1) / (count + (K1 * (1 - B + (B * entry.Length / average))));
            }
        }

        return scores;
    }

    /// <summary>How much a term says: the rarer, the more. Zero for terms that no text has.</summary>
    public float Rarity(string term) => _numberOf.TryGetValue(term, out var number) && _postings[number].Count > 0 ? Rarity(_postings[number].Count) : 0;

    /// <summary>A text's terms and how often it has each; empty for unknown ids.</summary>
    public IEnumerable<(string Term, int Count)> TermsOf(long id) =>
        _slotOf.TryGetValue(id, out var slot) ? _entries[slot].Terms.Select(term => (_termOf[term.Term], term.Count)) : [];

    private float Rarity(int texts) => MathF.Log(1 + ((_slotOf.Count - texts + 0.5f) / (texts + 0.5f)));

    private int Number(string term)
    {
        if (!_numberOf.TryGetValue(term, out var number))
        {
            _numberOf[term] = number = _postings.Count;
            _postings.Add(new Postings());
            _termOf.Add(term);
        }

        return number;
    }

    private readonly record struct TermCount(int Term, int Count);

    private sealed record Entry(long Id, int Length, TermCount[] Terms)
    {
        public static Entry None { get; } = new(0, 0, []);
    }

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
