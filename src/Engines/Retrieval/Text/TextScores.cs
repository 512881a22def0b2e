using System.Buffers;

namespace Steward.Engines.Retrieval.Text;

/// <summary>Scores of texts by their slots in a <see cref="TextIndex"/>, in pooled arrays. For one thread, for as long as the index does not change, and given back by disposing.</summary>
public sealed class TextScores : IDisposable
{
    private float[] _values;
    private int[] _slots;

    /// <summary>Creates scores of zero.</summary>
    /// <param name="capacity">How many slots there are: <see cref="TextIndex.Slots"/>.</param>
    public TextScores(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _values = ArrayPool<float>.Shared.Rent(capacity);
        // One more than there are slots: a slot is written down before it is known whether it is new.
        _slots = ArrayPool<int>.Shared.Rent(capacity + 1);
        _values.AsSpan(0, capacity).Clear();
    }

    /// <summary>How many slots have a score.</summary>
    public int Count { get; private set; }

    /// <summary>The slots that have a score, in the order in which they got it.</summary>
    public ReadOnlySpan<int> Slots => _slots.AsSpan(0, Count);

    /// <summary>A slot's score; zero when it has none. What is set has to be above zero and to have a score already.</summary>
    public float this[int slot]
    {
        get => _values[slot];
        set => _values[slot] = value;
    }

    /// <summary>Adds to a slot's score.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="score">Above zero.</param>
    public void Add(int slot, float score)
    {
        ref var value = ref _values[slot];
        _slots[Count] = slot;
        Count += value == 0 ? 1 : 0;
        value += score;
    }

    /// <summary>Takes the scores of all slots that do not count.</summary>
    public void Keep(Func<int, bool> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            var slot = _slots[i];
            if (counts(slot))
            {
                _slots[kept++] = slot;
            }
            else
            {
                _values[slot] = 0;
            }
        }

        Count = kept;
    }

    /// <summary>Sets all scores to those of another.</summary>
    public void CopyFrom(TextScores other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Clear();
        foreach (var slot in other.Slots)
        {
            _values[slot] = other._values[slot];
        }

        other.Slots.CopyTo(_slots);
        Count = other.Count;
    }

    /// <summary>Sets all scores to zero.</summary>
    public void Clear()
    {
        foreach (var slot in Slots)
        {
            _values[slot] = 0;
        }

        Count = 0;
    }

    /// <summary>Gives the arrays back.</summary>
    public void Dispose()
    {
        if (_slots.Length > 0)
        {
            ArrayPool<float>.Shared.Return(_values);
            ArrayPool<int>.Shared.Return(_slots);
            (_values, _slots, Count) = ([], [], 0);
        }
    }
}
