namespace Steward.Engines.Retrieval.Vectors;

/// <summary>Keeps the rows with the highest scores: a heap whose root is the lowest of them.</summary>
internal sealed class TopRows(int capacity)
{
    private readonly PriorityQueue<int, float> _heap = new(capacity + 1);

    /// <summary>What a score has to exceed to be kept.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    /// <summary>How many are kept.</summary>
    public int Count => _heap.Count;

    /// <summary>Those that are kept, in no order.</summary>
    public IEnumerable<int> Rows => _heap.UnorderedItems.Select(item => item.Element);

    /// <summary>Keeps a row; the lowest leaves when there are too many.</summary>
    public void Add(float score, int row)
    {
        if (_heap.Count < capacity)
        {
            _heap.Enqueue(row, score);
        }
        else
        {
            _heap.EnqueueDequeue(row, score);
        }

        if (_heap.Count == capacity && _heap.TryPeek(out _, out var lowest))
        {
            Threshold = lowest;
        }
    }
}
