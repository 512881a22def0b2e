using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Recall;

/// <summary>Whom entries are about, and by which terms a query names them.</summary>
internal sealed class RecallSubjects
{
    private readonly Dictionary<string, RecallSubject> _subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<RecallSubject>> _byTerm = new(StringComparer.Ordinal);

    /// <summary>The subject of that name, with one entry more.</summary>
    public RecallSubject Add(string name)
    {
        if (!_subjects.TryGetValue(name, out var subject))
        {
            _subjects[name] = subject = new RecallSubject(name, TextAnalyzer.Terms(name));
            foreach (var term in subject.Terms)
            {
                if (!_byTerm.TryGetValue(term, out var named))
                {
                    _byTerm[term] = named = [];
                }

                named.Add(subject);
            }
        }

        subject.Entries++;
        return subject;
    }

    /// <summary>One entry less; without entries nothing of it stays.</summary>
    public void Remove(RecallSubject subject)
    {
        if (--subject.Entries > 0)
        {
            return;
        }

        _subjects.Remove(subject.Name);
        foreach (var term in subject.Terms)
        {
            if (_byTerm.TryGetValue(term, out var named) && named.Remove(subject) && named.Count == 0)
            {
                _byTerm.Remove(term);
            }
        }
    }

    /// <summary>Whether a term names somebody.</summary>
    public bool IsSubject(string term) => _byTerm.ContainsKey(term);

    /// <summary>All whom one of the terms names; null when they name nobody.</summary>
    public HashSet<RecallSubject>? Named(IEnumerable<string> terms)
    {
        HashSet<RecallSubject>? all = null;
        foreach (var term in terms)
        {
            if (_byTerm.TryGetValue(term, out var named))
            {
                (all ??= []).UnionWith(named);
            }
        }

        return all;
    }
}

/// <summary>Whom entries are about.</summary>
/// <param name="name">As it is written.</param>
/// <param name="terms">Its terms.</param>
internal sealed class RecallSubject(string name, IReadOnlyList<string> terms)
{
    /// <summary>As it is written.</summary>
    public string Name { get; } = name;

    /// <summary>Its terms.</summary>
    public IReadOnlyList<string> Terms { get; } = terms;

    /// <summary>How many entries are about it.</summary>
    public int Entries { get; set; }
}
