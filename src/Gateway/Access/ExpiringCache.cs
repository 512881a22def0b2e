using System.Collections.Concurrent;

namespace Steward.Gateway.Access;

/// <summary>
/// A bounded concurrent cache whose entries expire. When it is full, everything that has expired goes, and if that is not enough, everything:
/// what it holds can be asked for again.
/// </summary>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new();
    private int _count;

    public int Count => _entries.Count;

    public bool TryGet(TKey key, out TValue value)
    {
        if (_entries.TryGetValue(key, out var entry) && time.GetUtcNow() < entry.ExpiresAt)
        {
            value = entry.Value;
            return true;
        }

        value = default!;
        return false;
    }

    /// <summary>Whether there is an entry, expired or not.</summary>
    public bool HasSeen(TKey key, out TValue value)
    {
        var seen = _entries.TryGetValue(key, out var entry);
        value = seen ? entry!.Value : default!;
        return seen;
    }

    public void Set(TKey key, TValue value, DateTimeOffset expiresAt)
    {
        var entry = new Entry(value, expiresAt);
        if (!_entries.TryAdd(key, entry))
        {
            _entries[key] = entry;
            return;
        }

        if (Interlocked.Increment(ref _count) > capacity)
        {
            Shrink();
        }
    }

    private void Shrink()
    {
        lock (_entries)
        {
            if (Volatile.Read(ref _count) <= capacity)
            {
                return;
            }

            var now = time.GetUtcNow();
            foreach (var (key, entry) in _entries)
            {
                if (entry.ExpiresAt <= now)
                {
                    _entries.TryRemove(key, out _);
                }
            }

            // Half, so that a full cache of living entries does not search itself on each addition.
            if (_entries.Count > capacity / 2)
            {
                _entries.Clear();
            }

            Volatile.Write(ref _count, _entries.Count);
        }
    }

    private sealed record Entry(TValue Value, DateTimeOffset ExpiresAt);
}
