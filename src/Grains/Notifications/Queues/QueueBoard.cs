using Steward.Storage;

namespace Steward.Notifications;

/// <summary>
/// What a channel has to send and is in memory: by thread, in order; the threads by when their next notice is due. A pure data structure, not safe for concurrent use.
/// </summary>
internal sealed class QueueBoard
{
    private readonly Dictionary<string, QueueItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NoticeThread> _threads = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(NoticeThread Thread, int Stamp), (DateTimeOffset DueAt, long Number)> _order = new();

    /// <summary>How many notices are in memory.</summary>
    public int Count => _items.Count;

    /// <summary>The notices.</summary>
    public IReadOnlyCollection<QueueItem> Items => _items.Values;

    /// <summary>Whether a notice is there.</summary>
    public bool Holds(string noticeId) => _items.ContainsKey(noticeId);

    /// <summary>A thread that has notices here; null when it has none.</summary>
    public NoticeThread? FindThread(string threadId) => _threads.GetValueOrDefault(threadId);

    /// <summary>Takes a notice in; one that is there already stays as it is.</summary>
    public void Add(QueueItem item)
    {
        if (!_items.TryAdd(item.Row.NoticeId, item))
        {
            return;
        }

        if (!_threads.TryGetValue(item.Row.ThreadId, out var thread))
        {
            _threads[item.Row.ThreadId] = thread = new NoticeThread(item.Row.ThreadId);
        }

        thread.Add(item);
        Order(thread);
    }

    /// <summary>Takes a notice out: it is done with.</summary>
    public void Remove(QueueItem item)
    {
        if (!_items.Remove(item.Row.NoticeId) || !_threads.TryGetValue(item.Row.ThreadId, out var thread))
        {
            return;
        }

        thread.Remove(item);
        if (thread.Head is null && !thread.IsBusy)
        {
            _threads.Remove(thread.Id);
        }
        else
        {
            Order(thread);
        }
    }

    /// <summary>A thread whose next notice is due and that is not busy; it is busy from now on. Null when there is none.</summary>
    public NoticeThread? TakeDue(DateTimeOffset now)
    {
        while (Peek() is { } next && next.DueAt <= now)
        {
            _order.Dequeue();
            next.Thread.IsBusy = true;
            return next.Thread;
        }

        return null;
    }

    /// <summary>A thread is not busy any more.</summary>
    public void Release(NoticeThread thread)
    {
        thread.IsBusy = false;
        if (thread.Head is null)
        {
            _threads.Remove(thread.Id);
        }
        else
        {
            Order(thread);
        }
    }

    /// <summary>When the next thread that is not busy is due; null when there is none.</summary>
    public DateTimeOffset? NextAt => Peek()?.DueAt;

    private (NoticeThread Thread, DateTimeOffset DueAt)? Peek()
    {
        while (_order.TryPeek(out var entry, out var priority))
        {
            if (entry.Stamp == entry.Thread.Stamp && !entry.Thread.IsBusy && entry.Thread.Head is not null)
            {
                return (entry.Thread, priority.DueAt);
            }

            _order.Dequeue();
        }

        return null;
    }

    // A thread waits for its head, also when a later notice is due before that is not urgent.
    private void Order(NoticeThread thread)
    {
        thread.Stamp++;
        if (!thread.IsBusy && thread.Head is { } head)
        {
            _order.Enqueue((thread, thread.Stamp), (head.DueAt, head.Row.Number));
        }
    }
}
