namespace Steward.Notifications;

/// <summary>The channel's references of threads that were looked up or sent lately. Bounded; not safe for concurrent use.</summary>
internal sealed class KnownReferences
{
    private const int Most = 5000;

    private readonly Dictionary<string, string?> _known = new(StringComparer.Ordinal);

    /// <summary>What is known of a thread; null when it is known to have none.</summary>
    public bool TryGet(string threadId, out string? reference) => _known.TryGetValue(threadId, out reference);

    /// <summary>Notes a reference.</summary>
    public void Set(string threadId, string? reference)
    {
        if (_known.Count >= Most)
        {
            // All of it is in the table.
            _known.Clear();
        }

        _known[threadId] = reference;
    }
}
