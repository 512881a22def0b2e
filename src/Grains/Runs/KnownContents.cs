using System.Collections.Concurrent;

namespace Steward.Runs;

/// <summary>
/// Which contents this process has stored lately: a playbook or an agent that every run refers to is not sent to the store with each of them. Bounded; forgetting
/// costs a repetition. Thread-safe.
/// </summary>
internal sealed class KnownContents(TimeProvider time)
{
    private const int Capacity = 8_192;

    /// <summary>How long a content is not sent again, so that the store learns of a reference to it this much late at most. Retention waits as much longer.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromHours(6);

    private readonly ConcurrentDictionary<(string Tenant, string Hash), DateTimeOffset> _storedAt = new();

    /// <summary>Whether the content need not be sent.</summary>
    public bool IsStored(string tenantId, string hash) => _storedAt.TryGetValue((tenantId, hash), out var at) && time.GetUtcNow() - at < Trust;

    /// <summary>Notes that the content is durable.</summary>
    public void Stored(string tenantId, string hash)
    {
        if (_storedAt.Count >= Capacity)
        {
            _storedAt.Clear();
        }

        _storedAt[(tenantId, hash)] = time.GetUtcNow();
    }
}
