using System.Collections.Concurrent;

namespace Steward.Engines.Security;

/// <summary>
/// A bounded concurrent cache: a full generation becomes the old one, and what is not asked for again disappears with it. Holds at most
/// twice the capacity (plus what concurrent writers add in the instant of the change). Reads take no lock.
/// </summary>
internal sealed class TwoGenerationCache<TKey, TValue>(int capacity, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private readonly Lock _turn = new();
    private volatile Generation _young = new(comparer);
    private volatile Generation _old = new(comparer);

    public int Count => _young.Entries.Count + _old.Entries.Count;

    public bool TryGet(TKey key, out TValue value)
    {
        if (_young.Entries.TryGetValue(key, out value!))
        {
            return true;
        }

        if (_old.Entries.TryGetValue(key, out value!))
        {
            Set(key, value);
            return true;
        }

        return false;
    }

    public void Set(TKey key, TValue value)
    {
        var generation = _young;
        generation.Entries[key] = value;
        if (Interlocked.Increment(ref generation.Added) < capacity)
        {
            return;
        }

        lock (_turn)
        {
            if (_young == generation)
            {
                _old = generation;
                _young = new Generation(comparer);
            }
        }
    }

    public void Remove(TKey key)
    {
        _young.Entries.TryRemove(key, out _);
        _old.Entries.TryRemove(key, out _);
    }

    private sealed class Generation(IEqualityComparer<TKey>? comparer)
    {
        public int Added;

        public ConcurrentDictionary<TKey, TValue> Entries { get; } = new(comparer);
    }
}
