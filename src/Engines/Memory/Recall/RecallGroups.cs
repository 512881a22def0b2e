using System.Runtime.InteropServices;
using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Recall;

/// <summary>What entries belong together, in which order, and what they say together. Entries are known by their slots in the index of words.</summary>
internal sealed class RecallGroups(TextIndex entries)
{
    /// <summary>How far away an entry may be to count as standing next to another.</summary>
    public const int Reach = 2;

    private readonly Dictionary<string, RecallGroup> _groups = new(StringComparer.Ordinal);
    private readonly List<RecallPlace> _places = [];
    private readonly HashSet<RecallGroup> _stale = [];
    private readonly TextIndex _words = new();
    private readonly Lock _brought = new();
    private long _next;

    /// <summary>How many groups there are.</summary>
    public int Count => _groups.Count;

    /// <summary>Adds an entry to its group.</summary>
    public void Add(RecallEntry entry, int slot)
    {
        while (_places.Count <= slot)
        {
            _places.Add(default);
        }

        if (entry.Group is not { } name)
        {
            return;
        }

        if (!_groups.TryGetValue(name, out var group))
        {
            _groups[name] = group = new RecallGroup(_next++);
        }

        group.Members.Add((entry.Position, entry.Id, slot));
        _places[slot] = new RecallPlace(group, 0);
        _stale.Add(group);
    }

    /// <summary>Removes an entry from its group.</summary>
    public void Remove(RecallEntry entry, int slot)
    {
        if (_places[slot].Group is not { } group)
        {
            return;
        }

        _places[slot] = default;
        group.Members.Remove((entry.Position, entry.Id, slot));
        _stale.Add(group);
        if (group.Members.Count == 0)
        {
            _groups.Remove(entry.Group!);
            _stale.Remove(group);
            _words.Remove(group.Id);
        }
    }

    /// <summary>Brings groups that have changed into order; to be called before what follows.</summary>
    public void Order()
    {
        lock (_brought)
        {
            foreach (var group in _stale)
            {
                group.Members.Sort();
                for (var place = 0; place < group.Members.Count; place++)
                {
                    _places[group.Members[place].Slot] = new RecallPlace(group, place);
                }

                group.Slot = _words.Set(group.Id, group.Members.SelectMany(member => entries.TermsOf(member.Id)));
            }

            _stale.Clear();
        }
    }

    /// <summary>Where an entry stands; no group when it is in none.</summary>
    public RecallPlace PlaceOf(int slot) => _places[slot];

    /// <summary>The slots of a group's entries with their ids, in their order.</summary>
    public static ReadOnlySpan<(int Position, long Id, int Slot)> Members(RecallGroup group) => CollectionsMarshal.AsSpan(group.Members);

    /// <summary>How well each group as a whole fits, by <see cref="RecallGroup.Slot"/>. To be given back.</summary>
    public TextScores Score(IReadOnlyDictionary<string, float> query)
    {
        var scores = new TextScores(_words.Slots);
        _words.Score(query, scores);
        return scores;
    }
}

/// <summary>Entries that belong together.</summary>
/// <param name="id">Its id.</param>
internal sealed class RecallGroup(long id)
{
    /// <summary>Its id.</summary>
    public long Id { get; } = id;

    /// <summary>Its slot in the index of groups.</summary>
    public int Slot { get; set; }

    /// <summary>What belongs to it, in order after <see cref="RecallGroups.Order"/>.</summary>
    public List<(int Position, long Id, int Slot)> Members { get; } = [];
}

/// <summary>Where an entry stands.</summary>
/// <param name="Group">Its group, if any.</param>
/// <param name="Place">Its place among the group's entries.</param>
internal readonly record struct RecallPlace(RecallGroup? Group, int Place);
