using System.Collections.Concurrent;
using System.Security.Cryptography;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// Calls of this silo that take longer than a grain call may, on their way from the grain that began them to the one that is asked for their end. Also bounds how many a tenant may have.
/// Safe for concurrent use.
/// </summary>
internal sealed class CallsUnderWay
{
    /// <summary>The most of one tenant at a time.</summary>
    public const int MaxPerTenant = 64;

    /// <summary>How long a grain call waits for the end: well within the time after which it counts as lost.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<string, CallUnderWay> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Whether the tenant may begin another call.</summary>
    public bool HasRoom(string tenantId) => _counts.GetValueOrDefault(tenantId) < MaxPerTenant;

    /// <summary>Keeps a call until it is taken over.</summary>
    /// <returns>Its id.</returns>
    public string Keep(string tenantId, CallUnderWay call)
    {
        var id = "x-" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        _counts.AddOrUpdate(tenantId, 1, static (_, count) => count + 1);
        _waiting[GrainKeys.CallUnderWay(tenantId, id)] = call;
        _ = ForgetAsync(tenantId, call.Result);
        return id;
    }

    /// <summary>Takes a call over; null when there is none.</summary>
    public CallUnderWay? Take(string key) => _waiting.TryRemove(key, out var call) ? call : null;

    private async Task ForgetAsync(string tenantId, Task call)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var count = _counts[tenantId]; ; count = _counts[tenantId])
        {
            if (count == 1 ? _counts.TryRemove(KeyValuePair.Create(tenantId, 1)) : _counts.TryUpdate(tenantId, count - 1, count))
            {
                return;
            }
        }
    }
}

/// <summary>One of them.</summary>
/// <param name="UserId">Who made it.</param>
/// <param name="Result">Its end.</param>
/// <param name="Stop">Stops it.</param>
internal sealed record CallUnderWay(string UserId, Task<ConnectorCallResult> Result, CancellationTokenSource Stop);
