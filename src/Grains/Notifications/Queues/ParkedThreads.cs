namespace Steward.Notifications;

/// <summary>
/// Threads whose notices are due much later, because of quiet hours, and stay in the table until then, so that they do not take the place of others. Not safe for concurrent use.
/// </summary>
internal sealed class ParkedThreads
{
    private readonly HashSet<string> _threads = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wanted = new(StringComparer.Ordinal);

    /// <summary>How many notices.</summary>
    public int Count { get; private set; }

    /// <summary>When the first of them is near enough; null when there are none.</summary>
    public DateTimeOffset? Until { get; private set; }

    /// <summary>Whether a notice stays in the table.</summary>
    /// <param name="item">The notice.</param>
    /// <param name="hasThread">Whether others of its thread are in memory.</param>
    /// <param name="horizon">Until when notices are due that are kept in memory.</param>
    /// <param name="company">Whether it stays there only until all of its thread is read, which has to be asked for.</param>
    public bool Keeps(QueueItem item, bool hasThread, DateTimeOffset horizon, out bool company)
    {
        var thread = item.Row.ThreadId;
        company = false;
        if (_wanted.Contains(thread) || hasThread)
        {
            return false;
        }

        if (item.DueAt > horizon)
        {
            _threads.Add(thread);
            Count++;
            var until = item.DueAt - TimeSpan.FromMinutes(1);
            Until = Until is { } known && known <= until ? known : until;
            return true;
        }

        // In memory it would overtake what is parked of its thread.
        company = _threads.Contains(thread);
        if (company)
        {
            _wanted.Add(thread);
            Forget();
        }

        return company;
    }

    /// <summary>Everything is read again.</summary>
    public void Clear()
    {
        Forget();
        _wanted.Clear();
    }

    private void Forget()
    {
        _threads.Clear();
        Count = 0;
        Until = null;
    }
}
