using System.Collections.Concurrent;

namespace Steward.Gateway.Access;

/// <summary>
/// Remembers for a moment which tenants were told that too many of their runs wait. Their next messages are refused here, so that a tenant that floods
/// the cluster costs it little more than reading the requests. Background runs wait in a queue of their own: that it is full is no reason to refuse what people wait for.
/// </summary>
internal sealed class TenantBackpressure(TimeProvider time)
{
    private const int Most = 10_000;

    /// <summary>
    /// However long the cluster says that it takes, it is asked again after this. Long pauses would end in bursts of messages that are accepted all at once,
    /// which is what the other tenants feel.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(25);

    private readonly ConcurrentDictionary<(string Tenant, bool Background), (long Until, TimeSpan RetryAfter)> _until = new();

    /// <summary>What the tenant was told, while its messages are refused; null when they are not.</summary>
    public TimeSpan? RetryAfter(string tenantId, bool background)
    {
        if (!_until.TryGetValue((tenantId, background), out var refusal))
        {
            return null;
        }

        if (time.GetTimestamp() < refusal.Until)
        {
            return refusal.RetryAfter;
        }

        _until.TryRemove(new KeyValuePair<(string, bool), (long, TimeSpan)>((tenantId, background), refusal));
        return null;
    }

    /// <summary>Notes that the cluster refused a message of the tenant.</summary>
    public void Refused(string tenantId, bool background, TimeSpan retryAfter)
    {
        if (_until.Count >= Most)
        {
            _until.Clear();
        }

        var wait = retryAfter < Longest ? retryAfter : Longest;
        _until[(tenantId, background)] = (time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency), retryAfter);
    }
}
