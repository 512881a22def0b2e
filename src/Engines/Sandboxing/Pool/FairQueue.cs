namespace Steward.Engines.Sandboxing;

/// <summary>
/// Jobs that wait, one line per tenant. The next is the first of the tenant with the highest priority at its head, then of the tenant that has the fewest running for its
/// weight, then of the one that was served the least for its weight while it waited, then of the one that was served longest ago. Not thread-safe.
/// </summary>
internal sealed class FairQueue<T>(int perTenant)
    where T : class
{
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private long _served;
    private long _arrivals;
    private double _passed;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of a tenant wait.</summary>
    public int CountOf(string tenant) => _lines.TryGetValue(tenant, out var line) ? line.Waiting.Count : 0;

    /// <summary>Puts one at the end of its tenant's line.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="priority">A higher one goes first.</param>
    /// <param name="item">What waits.</param>
    /// <param name="weight">The tenant's share beside the others', more than 0; the last one given counts.</param>
    public void Add(string tenant, int priority, T item, double weight = 1)
    {
        var line = Of(tenant);
        line.Weight = weight;
        if (line.Waiting.Count == 0)
        {
            // Nobody saves turns up while nothing of theirs waits.
            line.Passed = Math.Max(line.Passed, _passed);
        }

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
            .OrderByDescending(line => line.Waiting[0].Priority).ThenBy(line => line.Running / line.Weight).ThenBy(line => line.Passed).ThenBy(line => line.Served).ThenBy(line => line.Waiting[0].Arrival)
            .FirstOrDefault();
        if (best is null)
        {
            return null;
        }

        var entry = best.Waiting[0];
        best.Waiting.RemoveAt(0);
        best.Running++;
        best.Served = ++_served;
        _passed = best.Passed;
        best.Passed += 1 / best.Weight;
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
        .SelectMany(line => line.Waiting.Select((entry, turn) => (entry, turn: (turn + line.Running) / line.Weight)))
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

        public double Weight { get; set; } = 1;

        /// <summary>Its turns so far, each divided by its weight.</summary>
        public double Passed { get; set; }
    }

    private sealed record Entry(int Priority, long Arrival, T Item);
}
