using System.Collections.Concurrent;

namespace Steward.Gateway.Access;

/// <summary>
/// Remembers for a moment which tenants were told that too many of their runs wait. Their next messages are refused here, so that a tenant that floods
/// the cluster costs it little more than reading the requests.
/// </summary>
internal sealed class TenantBackpressure(TimeProvider time)
{
    private const int Most = 10_000;

    /// <summary>However long the cluster says that it takes, it is asked again after this.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, long> _until = new(StringComparer.Ordinal);

    /// <summary>How long the tenant's messages are refused still; null when they are not.</summary>
    public TimeSpan? RetryAfter(string tenantId)
    {
        if (!_until.TryGetValue(tenantId, out var until))
        {
            return null;
        }

        var left = time.GetElapsedTime(time.GetTimestamp(), until);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _until.TryRemove(new KeyValuePair<string, long>(tenantId, until));
        return null;
    }

    /// <summary>Notes that the cluster refused a message of the tenant.</summary>
    public void Refused(string tenantId, TimeSpan retryAfter)
    {
        if (_until.Count >= Most)
        {
            _until.Clear();
        }

        var wait = retryAfter < Longest ? retryAfter : Longest;
        _until[tenantId] = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
    }
}
