namespace Steward.Connectors;

/// <summary>Knows how long the oldest audit entry of a tenant has been waiting to become durable. Entries become durable in the order in which they came. Safe for concurrent use.</summary>
internal sealed class AuditBacklog
{
    private readonly Lock _lock = new();
    private int _count;
    private long _since;

    /// <summary>Counts an entry.</summary>
    /// <param name="now">The time, as a timestamp of the clock.</param>
    /// <returns>No entry that waits came before this time: that of the oldest one, or an earlier one.</returns>
    public long Enter(long now)
    {
        lock (_lock)
        {
            _since = _count++ == 0 ? now : _since;
            return _since;
        }
    }

    /// <summary>Entries are durable, or lost.</summary>
    /// <param name="count">How many.</param>
    /// <param name="newest">When the last of them came; those that are left came later.</param>
    public void Leave(int count, long newest)
    {
        lock (_lock)
        {
            _count -= count;
            _since = Math.Max(_since, newest);
        }
    }
}
