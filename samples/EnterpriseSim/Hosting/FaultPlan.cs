namespace Steward.EnterpriseSim.Hosting;

/// <summary>The faults that wait for their calls. The oldest that matches is used first.</summary>
internal sealed class FaultPlan(int seed)
{
    private readonly Lock gate = new();
    private readonly List<Pending> pending = [];
    private readonly Random random = new(seed);

    public void Add(SimFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(fault.Count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(fault.After);
        ArgumentOutOfRangeException.ThrowIfNegative(fault.DelayMilliseconds);
        ArgumentOutOfRangeException.ThrowIfNegative(fault.RetryAfterSeconds);
        if (fault.Percent is <= 0 or > 100 or double.NaN)
        {
            throw new ArgumentOutOfRangeException(nameof(fault), fault.Percent, "A share of calls is more than 0 and at most 100 per cent.");
        }

        if (fault.Status is < 500 or > 599)
        {
            throw new ArgumentOutOfRangeException(nameof(fault), fault.Status, "A server error has a status from 500 to 599.");
        }

        if (fault.Kind == SimFaultKind.SchemaChange && (string.IsNullOrEmpty(fault.Field) || (fault.Change == SimSchemaChange.Renamed && string.IsNullOrEmpty(fault.NewName))))
        {
            throw new ArgumentOutOfRangeException(nameof(fault), fault.Field, "A schema change names its field, and a renamed one its new name.");
        }

        lock (gate)
        {
            pending.Add(new Pending(fault) { Left = fault.Count, Passing = fault.After });
        }
    }

    /// <summary>The fault that hits a call, if one does.</summary>
    public SimFault? Take(SimSystem system, string operation, string method, string path) => Take(system, operation, method, path, events: false);

    /// <summary>The fault that hits an event on its way out, if one does.</summary>
    public SimFault? TakeForEvent(SimSystem system, string eventType, string url) => Take(system, eventType, "POST", url, events: true);

    private SimFault? Take(SimSystem system, string operation, string method, string path, bool events)
    {
        lock (gate)
        {
            foreach (var candidate in pending)
            {
                var fault = candidate.Fault;
                if (events == IsOfEvents(fault.Kind)
                    && (fault.System is null || fault.System == system)
                    && (fault.Operation is null || fault.Operation.Equals(operation, StringComparison.OrdinalIgnoreCase))
                    && (fault.Method is null || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
                    && (fault.PathContains is null || path.Contains(fault.PathContains, StringComparison.OrdinalIgnoreCase)))
                {
                    if (candidate.Passing > 0)
                    {
                        candidate.Passing--;
                        continue;
                    }

                    if (fault.Percent is { } share && random.NextDouble() * 100 >= share)
                    {
                        continue;
                    }

                    if (--candidate.Left == 0)
                    {
                        pending.Remove(candidate);
                    }

                    return fault;
                }
            }

            return null;
        }
    }

    public IReadOnlyList<SimFault> Snapshot()
    {
        lock (gate)
        {
            return [.. pending.Select(p => p.Fault with { Count = p.Left, After = p.Passing })];
        }
    }

    public void Clear(SimSystem? system = null)
    {
        lock (gate)
        {
            pending.RemoveAll(p => system is null || p.Fault.System == system);
        }
    }

    private static bool IsOfEvents(SimFaultKind kind) => kind is SimFaultKind.DuplicateEvent or SimFaultKind.ReorderEvent or SimFaultKind.LoseEvent;

    private sealed class Pending(SimFault fault)
    {
        public SimFault Fault { get; } = fault;

        public int Left { get; set; }

        public int Passing { get; set; }
    }
}
