namespace Steward.Notifications;

/// <summary>The notices of one thread that a channel still has to send, in order. For one owner at a time.</summary>
internal sealed class NoticeThread(string id)
{
    private readonly List<QueueItem> _items = [];

    /// <summary>The thread.</summary>
    public string Id { get; } = id;

    /// <summary>Whether one of its notices is being sent: the next one waits.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Tells entries of the board's order that are out of date.</summary>
    public int Stamp { get; set; }

    /// <summary>What is sent next: the first, or something urgent that only waits for what quiet hours hold up. Null when there is nothing.</summary>
    public QueueItem? Head => _items.Count == 0 ? null : Urgent() ?? _items[0];

    /// <summary>The notices, in order.</summary>
    public IReadOnlyList<QueueItem> Items => _items;

    /// <summary>Adds a notice in its place.</summary>
    public void Add(QueueItem item)
    {
        var at = _items.Count;
        while (at > 0 && _items[at - 1].Row.Number > item.Row.Number)
        {
            at--;
        }

        _items.Insert(at, item);
    }

    /// <summary>Takes a notice out.</summary>
    public void Remove(QueueItem item) => _items.Remove(item);

    // What was tried before goes first whenever it is tried again: people may have seen it.
    private QueueItem? Urgent()
    {
        for (var at = 1; at < _items.Count; at++)
        {
            if (_items[at].Notice.IsUrgent)
            {
                var urgent = _items[at];
                return _items.Take(at).All(item => item.Row.Attempts == 0 && item.DueAt > urgent.DueAt) ? urgent : null;
            }
        }

        return null;
    }
}
