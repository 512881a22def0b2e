namespace Steward.Sessions;

/// <summary>The values of the last keys that were added; the first value of a key stays.</summary>
internal sealed class RecentKeys<T>(int capacity)
{
    private readonly Dictionary<string, T> _values = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public T? Find(string key) => _values.GetValueOrDefault(key);

    public void Add(string key, T value)
    {
        if (!_values.TryAdd(key, value))
        {
            return;
        }

        _order.Enqueue(key);
        while (_order.Count > capacity)
        {
            _values.Remove(_order.Dequeue());
        }
    }
}
