namespace Steward.EnterpriseSim.Hosting;

/// <summary>Remembers the newest calls in the order in which they were answered.</summary>
internal sealed class CallLog(int capacity)
{
    private readonly Lock gate = new();
    private readonly Queue<RecordedCall> calls = new();
    private long sequence;

    public RecordedCall Add(Func<long, RecordedCall> create)
    {
        lock (gate)
        {
            var call = create(++sequence);
            calls.Enqueue(call);
            while (calls.Count > capacity)
            {
                calls.Dequeue();
            }

            return call;
        }
    }

    public IReadOnlyList<RecordedCall> Snapshot()
    {
        lock (gate)
        {
            return [.. calls];
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            calls.Clear();
        }
    }
}
