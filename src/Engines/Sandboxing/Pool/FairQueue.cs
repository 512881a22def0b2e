namespace Steward.Engines.Sandboxing;

/// <summary>
/// Jobs that wait, one line per tenant. The next is the first of the tenant with the highest priority at its head, then of the tenant that has the fewest running, then
/// of the one that was served longest ago. Not thread-safe.
/// </summary>
internal sealed class FairQueue<T>(int perTenant)
    where T : class
{
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private long _served;
    private long _arrivals;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of a tenant wait.</summary>
    public int CountOf(string tenant) => _lines.TryGetValue(tenant, out var line) ? line.Waiting.Count : 0;

    public void Add(string tenant, int priority, T item)
    {
        var line = Of(tenant);
        line.Waiting.Add(new Entry(priority, ++_arrivals, item));
        line.Waiting.Sort(static (one, other) => one.Priority != other.Priority ? other.Priority.CompareTo(one.Priority) : one.Arrival.CompareTo(other.Arrival));
        Count++;
    }

    /// <summary>Takes one out of the line; false when it is not there any more.</summary>
    public bool Remove(string tenant, T item)
    {
        if (!_lines.TryGetValue(tenant, out var line) || line.Waiting.RemoveAll(entry => ReferenceEquals(entry.Item, item)) == 0)
        {
            return false;
        }

        Count--;
        Forget(tenant, line);
        return true;
    }

    /// <summary>Takes the next one and counts it as running; null when none may run.</summary>
    public T? Next()
    {
        var best = _lines.Values.Where(line => line.Waiting.Count > 0 && line.Running < perTenant)
            .OrderByDescending(line => line.Waiting[0].Priority).ThenBy(line => line.Running).ThenBy(line => line.Served).ThenBy(line => line.Waiting[0].Arrival)
            .FirstOrDefault();
        if (best is null)
        {
            return null;
        }

        var entry = best.Waiting[0];
        best.Waiting.RemoveAt(0);
        best.Running++;
        best.Served = ++_served;
        Count--;
        return entry.Item;
    }

    /// <summary>Counts one of a tenant as no longer running.</summary>
    public void Finished(string tenant)
    {
        var line = _lines[tenant];
        line.Running--;
        Forget(tenant, line);
    }

    /// <summary>Those that wait with their positions, counted from 1: by priority, then by turns of the tenants.</summary>
    public IEnumerable<(T Item, int Position)> Positions() => _lines.Values
        .SelectMany(line => line.Waiting.Select((entry, turn) => (entry, turn: turn + line.Running)))
        .OrderByDescending(one => one.entry.Priority).ThenBy(one => one.turn).ThenBy(one => one.entry.Arrival)
        .Select((one, index) => (one.entry.Item, index + 1));

    private Line Of(string tenant)
    {
        if (!_lines.TryGetValue(tenant, out var line))
        {
            _lines[tenant] = line = new Line();
        }

        return line;
    }

    private void Forget(string tenant, Line line)
    {
        if (line.Waiting.Count == 0 && line.Running == 0)
        {
            _lines.Remove(tenant);
        }
    }

    private sealed class Line
    {
        public List<Entry> Waiting { get; } = [];

        public int Running { get; set; }

        public long Served { get; set; }
    }

    private sealed record Entry(int Priority, long Arrival, T Item);
}
