using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace Steward.Engines.Retrieval.Text;

/// <summary>Scores of texts by their slots in a <see cref="TextIndex"/>, in pooled arrays. For one thread, for as long as the index does not change, and given back by disposing.</summary>
public sealed class TextScores : IDisposable
{
    // From this share of all slots on it is faster to walk through all of them.
    private const int Dense = 16;

    private readonly int _capacity;
    private float[] _values;
    private int[] _slots;

    /// <summary>Creates scores of zero.</summary>
    /// <param name="capacity">How many slots there are: <see cref="TextIndex.Slots"/>.</param>
    public TextScores(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _capacity = capacity;
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

    /// <summary>The highest score; zero when there is none.</summary>
    public float Highest => Count == 0 ? 0 : TensorPrimitives.Max<float>(_values.AsSpan(0, _capacity));

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
    /// <param name="other">Of as many slots.</param>
    public void CopyFrom(TextScores other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfNotEqual(other._capacity, _capacity, nameof(other));
        other._values.AsSpan(0, _capacity).CopyTo(_values);
        other.Slots.CopyTo(_slots);
        Count = other.Count;
    }

    /// <summary>Sets all scores to zero.</summary>
    public void Clear()
    {
        _values.AsSpan(0, _capacity).Clear();
        Count = 0;
    }

    /// <summary>Adds all of them to the best, by the ids of their texts.</summary>
    /// <param name="ids">The id of the text in each slot.</param>
    /// <param name="best">Where they are kept.</param>
    internal void AddTo(TopScores best, ReadOnlySpan<long> ids)
    {
        if (Count * Dense < _capacity)
        {
            foreach (var slot in Slots)
            {
                if (_values[slot] >= best.Threshold)
                {
                    best.Add(_values[slot], ids[slot]);
                }
            }

            return;
        }

        // Most are below what is kept already: several at a time are compared with it.
        var values = _values.AsSpan(0, _capacity);
        var step = Vector<float>.Count;
        for (var at = 0; at < values.Length; at += step)
        {
            var until = Math.Min(at + step, values.Length);
            if (until == at + step && !Vector.GreaterThanOrEqualAny(new Vector<float>(values[at..]), new Vector<float>(Math.Max(best.Threshold, float.Epsilon))))
            {
                continue;
            }

            for (var slot = at; slot < until; slot++)
            {
                if (values[slot] > 0 && values[slot] >= best.Threshold)
                {
                    best.Add(values[slot], ids[slot]);
                }
            }
        }
    }

    /// <summary>Adds what one term is worth to all texts that have it.</summary>
    internal void Add(ReadOnlySpan<(int Slot, int Count)> postings, float worth, float k1, ReadOnlySpan<int> lengths, ReadOnlySpan<float> norms, Func<int, float> norm)
    {
        Span<float> values = _values;
        Span<int> slots = _slots;
        var count = Count;
        // Most texts have a term once: what that is worth depends on their length alone.
        Span<float> once = stackalloc float[postings.Length > norms.Length ? norms.Length : 0];
        for (var length = 0; length < once.Length; length++)
        {
            once[length] = Worth(worth, 1, k1, norms[length]);
        }

        foreach (var (slot, often) in postings)
        {
            var length = lengths[slot];
            ref var value = ref values[slot];
            slots[count] = slot;
            count += value == 0 ? 1 : 0;
            value += often == 1 && length < once.Length ? once[length] : Worth(worth, often, k1, length < norms.Length ? norms[length] : norm(length));
        }

        Count = count;
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

    private static float Worth(float worth, int often, float k1, float norm) => worth * often * (k1 + 1) / (often + norm);
}
