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

    /// <summary>What is sent next; null when there is nothing.</summary>
    public QueueItem? Head => _items.Count > 0 ? _items[0] : null;

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
}
