using Steward.Engines.Triage.Learning;

namespace Steward.Triage;

/// <summary>
/// What was said, as much of it as is held while it is decided who is believed. Of more, the oldest words of whoever holds most leave, so that nobody drives others' words out by saying much; imported history, which
/// stands for many people, counts a tenth of what it is. Not for several threads.
/// </summary>
/// <param name="mostStatements">How many at most.</param>
/// <param name="mostCharacters">How much text at most.</param>
internal sealed class HeldStatements(int mostStatements, long mostCharacters)
{
    private const int ImportWeight = 10;

    // A word takes memory however short its ticket is.
    private const int OfOne = 500;
    private const string History = "";

    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Weight, string Name)> _order = new(Comparer<(long Weight, string Name)>.Create(
        static (one, other) => one.Weight != other.Weight ? one.Weight.CompareTo(other.Weight) : string.CompareOrdinal(one.Name, other.Name)));

    private int _count;
    private long _characters;

    /// <summary>Takes the next one.</summary>
    public void Add(LabelStatement statement)
    {
        var name = statement.Origin == LabelOrigin.Import ? History : statement.By;
        if (!_holders.TryGetValue(name, out var holder))
        {
            _holders[name] = holder = new Holder();
        }

        Change(name, holder, () => holder.Words.Enqueue(statement), statement, 1);
        while (_count > mostStatements || _characters > mostCharacters)
        {
            var most = _order.Max.Name;
            Change(most, _holders[most], () => _holders[most].Words.Dequeue(), _holders[most].Words.Peek(), -1);
        }
    }

    /// <summary>All that is held, in the order in which it was said.</summary>
    public IReadOnlyList<LabelStatement> ToList() => [.. _holders.Values.SelectMany(holder => holder.Words).OrderBy(statement => statement.Sequence)];

    private static int LengthOf(LabelStatement statement) => statement.Ticket.ShortDescription.Length + statement.Ticket.Description.Length;

    private void Change(string name, Holder holder, Action change, LabelStatement statement, int sign)
    {
        _order.Remove((holder.WeightAs(name), name));
        var length = LengthOf(statement);
        change();
        holder.Cost += sign * (length + OfOne);
        _count += sign;
        _characters += sign * length;
        if (holder.Words.Count > 0)
        {
            _order.Add((holder.WeightAs(name), name));
        }
    }

    private sealed class Holder
    {
        public Queue<LabelStatement> Words { get; } = new();

        public long Cost { get; set; }

        public long WeightAs(string name) => name.Length == 0 ? Cost / ImportWeight : Cost;
    }
}
