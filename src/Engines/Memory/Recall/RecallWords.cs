using System.Runtime.InteropServices;
using Steward.Engines.Retrieval;
using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Recall;

/// <summary>Finds entries by their own words, those around them, those of their group, and those that the first results have.</summary>
internal sealed class RecallWords
{
    private const int MaxTerms = 64;

    private readonly TextIndex _index = new();
    private readonly RecallGroups _groups;
    private readonly RecallSubjects _subjects = new();
    private readonly List<RecallSubject?> _subjectOf = [];
    private readonly RecallWeights _weights;

    /// <summary>Creates it with no entries.</summary>
    public RecallWords(RecallWeights weights) => (_weights, _groups) = (weights, new RecallGroups(_index));

    /// <summary>Adds an entry that is not there yet.</summary>
    public void Add(RecallEntry entry)
    {
        var subject = entry.Subject is { } name ? _subjects.Add(name) : null;
        var slot = _index.Set(entry.Id, [.. subject?.Terms ?? [], .. TextAnalyzer.Terms(entry.Text)]);
        while (_subjectOf.Count <= slot)
        {
            _subjectOf.Add(null);
        }

        _subjectOf[slot] = subject;
        _groups.Add(entry, slot);
    }

    /// <summary>Removes an entry that is there.</summary>
    public void Remove(RecallEntry entry)
    {
        var slot = _index.SlotOf(entry.Id)!.Value;
        _groups.Remove(entry, slot);
        if (_subjectOf[slot] is { } subject)
        {
            _subjectOf[slot] = null;
            _subjects.Remove(subject);
        }

        _index.Remove(entry.Id);
    }

    /// <summary>The entries that count and fit by words. To be given back.</summary>
    public TextScores Find(RecallQuery query)
    {
        _groups.Order();
        var asked = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach (var term in TextAnalyzer.Terms(query.Text).Take(MaxTerms))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(asked, term, out _)++;
        }

        var scores = new TextScores(_index.Slots);
        using var own = new TextScores(_index.Slots);
        Score(asked, query.Filter, own);
        InContext(asked, query.Filter, own, scores);
        if (_weights.Feedback > 0 && scores.Count > 0 && Feedback(asked, scores) is { Count: > 0 } added)
        {
            // What was asked keeps its scores: only the added terms are looked up.
            Score(added, query.Filter, own);
            InContext(new Dictionary<string, float>(asked.Concat(added), StringComparer.Ordinal), query.Filter, own, scores);
        }

        if (_subjects.Named(asked.Keys) is { } named)
        {
            foreach (var slot in scores.Slots)
            {
                if (_subjectOf[slot] is { } subject && named.Contains(subject))
                {
                    scores[slot] *= 1 + _weights.Subject;
                }
            }
        }

        return scores;
    }

    /// <summary>Whether an entry is among those that were found.</summary>
    public bool IsAmong(TextScores scores, long id) => _index.SlotOf(id) is { } slot && scores[slot] > 0;

    /// <summary>The best of them, best first; of equal ones the smaller id first. To be given back.</summary>
    public TopScores Best(TextScores scores, int count) => _index.Best(scores, count);

    /// <summary>The numbers of the terms of an entry's text, each once, ascending.</summary>
    public int[] TermsOf(RecallEntry entry) => _index.NumbersOf(entry.Id, _subjectOf[_index.SlotOf(entry.Id)!.Value]?.Terms ?? []);

    private void Score(IReadOnlyDictionary<string, float> terms, Func<long, bool>? filter, TextScores own)
    {
        _index.Score(terms, own);
        if (filter is not null)
        {
            own.Keep(slot => filter(_index.IdOf(slot)));
        }
    }

    // What stands around an entry tells what it is about: "yes, next Friday" answers the question before it.
    private void InContext(IReadOnlyDictionary<string, float> query, Func<long, bool>? filter, TextScores own, TextScores scores)
    {
        scores.CopyFrom(own);
        if (_weights.Neighbour > 0 && _groups.Count > 0)
        {
            foreach (var slot in own.Slots)
            {
                if (_groups.PlaceOf(slot) is { Group: { } group } at)
                {
                    Lend(RecallGroups.Members(group), at.Place, own[slot], filter, scores);
                }
            }
        }

        if (_weights.Group > 0 && _groups.Count > 0 && scores.Count > 0 && filter is null)
        {
            AddGroups(query, scores);
        }
    }

    private void Lend(ReadOnlySpan<(int Position, long Id, int Slot)> members, int place, float score, Func<long, bool>? filter, TextScores scores)
    {
        for (var distance = 1; distance <= RecallGroups.Reach; distance++)
        {
            var lent = _weights.Neighbour / distance * score;
            if (place - distance >= 0 && (filter is null || filter(members[place - distance].Id)))
            {
                scores.Add(members[place - distance].Slot, lent);
            }

            if (place + distance < members.Length && (filter is null || filter(members[place + distance].Id)))
            {
                scores.Add(members[place + distance].Slot, lent);
            }
        }
    }

    private void AddGroups(IReadOnlyDictionary<string, float> query, TextScores scores)
    {
        using var groups = _groups.Score(query);
        if (groups.Count == 0)
        {
            return;
        }

        var (best, top) = (scores.Highest, groups.Highest);
        foreach (var slot in scores.Slots)
        {
            if (_groups.PlaceOf(slot).Group is { } group)
            {
                scores[slot] += _weights.Group * best * groups[group.Slot] / top;
            }
        }
    }

    // The words of the first results stand for those that the query did not find: relevance model 3 (Abdul-Jaleel et al., TREC 2004).
    private Dictionary<string, float> Feedback(Dictionary<string, float> query, TextScores scores)
    {
        const int Results = 5;
        const int Terms = 10;
        using var first = Best(scores, Results);
        var sum = 0.0;
        foreach (var score in first.Scores)
        {
            sum += score;
        }

        var total = (float)sum;

        var model = new Dictionary<string, float>(StringComparer.Ordinal);
        for (var i = 0; i < first.Keys.Length; i++)
        {
            var terms = _index.TermsOf(first.Keys[i]).ToList();
            var length = terms.Sum(term => term.Count);
            foreach (var (term, count) in terms.Where(term => !query.ContainsKey(term.Term)))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(model, term, out _) += first.Scores[i] / total * count / length * _index.Rarity(term);
            }
        }

        var added = model.Where(pair => !_subjects.IsSubject(pair.Key)).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(Terms).ToList();
        var weight = added.Sum(pair => pair.Value);
        return added.ToDictionary(pair => pair.Key, pair => _weights.Feedback * query.Count * pair.Value / weight, StringComparer.Ordinal);
    }
}
