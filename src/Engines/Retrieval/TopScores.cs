using System.Buffers;

namespace Steward.Engines.Retrieval;

/// <summary>Keeps the keys with the highest scores; of equal scores the smaller key. A heap whose root leaves first, in pooled arrays: for one thread, and given back by disposing.</summary>
public sealed class TopScores : IDisposable
{
    private readonly int _capacity;
    private float[] _scores;
    private long[] _keys;
    private int _count;

    /// <summary>Creates an empty one.</summary>
    /// <param name="capacity">How many are kept; at least 1.</param>
    public TopScores(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
        _scores = ArrayPool<float>.Shared.Rent(capacity);
        _keys = ArrayPool<long>.Shared.Rent(capacity);
    }

    /// <summary>A score below this one is not kept: the lowest that is kept once there are enough, minus infinity before.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    /// <summary>The keys that are kept; in no order before <see cref="Sort"/>.</summary>
    public ReadOnlySpan<long> Keys => _keys.AsSpan(0, _count);

    /// <summary>Their scores, at the same places.</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, _count);

    /// <summary>Keeps a key; the lowest leaves when there are too many.</summary>
    public void Add(float score, long key)
    {
        if (_count < _capacity)
        {
            Rise(_count++, score, key);
        }
        else if (score > _scores[0] || (score == _scores[0] && key < _keys[0]))
        {
            Sink(score, key);
        }

        Threshold = _count == _capacity ? _scores[0] : Threshold;
    }

    /// <summary>Brings them into order: highest score first, of equal ones the smaller key first. The last thing to do with them.</summary>
    public void Sort()
    {
        // The root is the lowest: taken out one after the other, from the end.
        var all = _count;
        while (_count > 1)
        {
            var (score, key, last) = (_scores[0], _keys[0], --_count);
            Sink(_scores[last], _keys[last]);
            (_scores[last], _keys[last]) = (score, key);
        }

        _count = all;
    }

    /// <summary>Gives the arrays back.</summary>
    public void Dispose()
    {
        if (_scores.Length > 0)
        {
            ArrayPool<float>.Shared.Return(_scores);
            ArrayPool<long>.Shared.Return(_keys);
            (_scores, _keys, _count) = ([], [], 0);
        }
    }

    private static bool IsLower(float score, long key, float than, long of) => score < than || (score == than && key > of);

    private void Rise(int at, float score, long key)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!IsLower(score, key, _scores[parent], _keys[parent]))
            {
                break;
            }

            (_scores[at], _keys[at]) = (_scores[parent], _keys[parent]);
            at = parent;
        }

        (_scores[at], _keys[at]) = (score, key);
    }

    // Puts an entry in the place of the root.
    private void Sink(float score, long key)
    {
        var at = 0;
        for (var child = 1; child < _count; child = (at * 2) + 1)
        {
            if (child + 1 < _count && IsLower(_scores[child + 1], _keys[child + 1], _scores[child], _keys[child]))
            {
                child++;
            }

            if (!IsLower(_scores[child], _keys[child], score, key))
            {
                break;
            }

            (_scores[at], _keys[at]) = (_scores[child], _keys[child]);
            at = child;
        }

        (_scores[at], _keys[at]) = (score, key);
    }
}
