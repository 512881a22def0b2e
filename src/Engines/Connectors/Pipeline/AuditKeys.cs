using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>
/// Each tenant's key for what the audit log shows of arguments as hashes only: without it a hash tells nobody whether a guessed value is right. Equal arguments of a tenant have equal hashes, as long as
/// the cluster's key is the same; the hash names the key. Safe for concurrent use.
/// </summary>
/// <param name="keys">The cluster's keys; without them a key of the process is used.</param>
internal sealed class AuditKeys(ClusterKeyRing? keys)
{
    private const string Purpose = "steward/audit-arguments/v1";
    private const int MaxTenants = 10_000;

    private readonly byte[] _own = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, byte[]> _known = new(StringComparer.Ordinal);

    /// <summary>The hash of a text: <c>{key id}.{HMAC-SHA-256}</c> in hexadecimal.</summary>
    public string Hash(string tenantId, string text)
    {
        if (_known.Count >= MaxTenants)
        {
            _known.Clear();
        }

        var key = _known.GetOrAdd(tenantId, Derive);
        return $"{keys?.CurrentKeyId ?? "process"}.{Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}";
    }

    private byte[] Derive(string tenantId) =>
        keys?.TryDeriveKey(keys.CurrentKeyId, $"{Purpose}/{tenantId}") ?? HMACSHA256.HashData(_own, Encoding.UTF8.GetBytes(tenantId));
}
