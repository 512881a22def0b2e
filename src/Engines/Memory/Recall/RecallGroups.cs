using System.Runtime.InteropServices;
using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Recall;

/// <summary>What entries belong together, in which order, and what they say together.</summary>
internal sealed class RecallGroups
{
    private const int Reach = 2;

    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _nameOf = [];
    private readonly Dictionary<string, int> _subjects = new(StringComparer.Ordinal);
    private readonly TextIndex _words = new();
    private long _next;

    /// <summary>Adds an entry to its group.</summary>
    public void Add(RecallEntry entry, IReadOnlyList<string> terms)
    {
        foreach (var subject in Subjects(entry))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_subjects, subject, out _)++;
        }

        if (entry.Group is not { } name)
        {
            return;
        }

        if (!_groups.TryGetValue(name, out var group))
        {
            _groups[name] = group = new Group(_next++);
            _nameOf[group.Id] = name;
        }

        group.Entries[(entry.Position, entry.Id)] = terms;
        group.IsStale = true;
    }

    /// <summary>Removes an entry from its group.</summary>
    public void Remove(RecallEntry entry)
    {
        foreach (var subject in Subjects(entry))
        {
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_subjects, subject, out _) == 0)
            {
                _subjects.Remove(subject);
            }
        }

        if (entry.Group is not { } name || !_groups.TryGetValue(name, out var group))
        {
            return;
        }

        group.Entries.Remove((entry.Position, entry.Id));
        group.IsStale = true;
        if (group.Entries.Count == 0)
        {
            _groups.Remove(name);
            _nameOf.Remove(group.Id);
            _words.Remove(group.Id);
        }
    }

    /// <summary>The entries next to one, with how far away they are.</summary>
    public IEnumerable<(long Id, int Distance)> Around(RecallEntry entry)
    {
        if (entry.Group is not { } name || !_groups.TryGetValue(name, out var group))
        {
            yield break;
        }

        var at = group.Entries.IndexOfKey((entry.Position, entry.Id));
        for (var distance = 1; distance <= Reach; distance++)
        {
            if (at - distance >= 0)
            {
                yield return (group.Entries.GetKeyAtIndex(at - distance).Id, distance);
            }

            if (at + distance < group.Entries.Count)
            {
                yield return (group.Entries.GetKeyAtIndex(at + distance).Id, distance);
            }
        }
    }

    /// <summary>How well each group as a whole fits.</summary>
    public Dictionary<string, float> Score(IReadOnlyDictionary<string, float> query)
    {
        lock (_words)
        {
            foreach (var group in _groups.Values.Where(group => group.IsStale))
            {
                _words.Set(group.Id, [.. group.Entries.Values.SelectMany(terms => terms)]);
                group.IsStale = false;
            }

            return _words.Score(query).ToDictionary(pair => _nameOf[pair.Key], pair => pair.Value);
        }
    }

    /// <summary>Whether a term names a subject of some entry.</summary>
    public bool IsSubject(string term) => _subjects.ContainsKey(term);

    private static IEnumerable<string> Subjects(RecallEntry entry) => entry.Subject is null ? [] : TextAnalyzer.Terms(entry.Subject).Distinct(StringComparer.Ordinal);

    private sealed class Group(long id)
    {
        public long Id { get; } = id;

        public SortedList<(int Position, long Id), IReadOnlyList<string>> Entries { get; } = [];

        public bool IsStale { get; set; }
    }
}
