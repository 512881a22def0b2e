using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Security;

/// <summary>
/// The secret that the processes of one cluster share: the current key signs, older ones still verify. Rotation: put a new key in front
/// everywhere as an older key first, then make it current, then remove the old one after the longest lifetime of what it signed.
/// </summary>
public sealed class ClusterKeyRing
{
    /// <summary>The environment variable that holds the key or, separated by commas, the current key and the older ones.</summary>
    public const string EnvironmentVariable = "STEWARD_CLUSTER_KEY";

    /// <summary>The shortest key, in bytes.</summary>
    public const int MinKeyBytes = 32;

    private readonly FrozenDictionary<string, byte[]> _keys;

    /// <summary>Creates a ring.</summary>
    /// <param name="keys">Keys of at least 32 bytes; the first is the current one.</param>
    public ClusterKeyRing(IEnumerable<byte[]> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var ordered = keys.Select(key => key.Length >= MinKeyBytes
            ? (Id: IdOf(key), Key: key.ToArray())
            : throw new ArgumentException($"A cluster key has at least {MinKeyBytes} bytes; one of {key.Length} was given. {HowToMakeOne}", nameof(keys))).ToList();
        if (ordered.Count == 0)
        {
            throw new ArgumentException($"There is no cluster key. {HowToMakeOne}", nameof(keys));
        }

        CurrentKeyId = ordered[0].Id;
        _keys = ordered.DistinctBy(key => key.Id).ToFrozenDictionary(key => key.Id, key => key.Key, StringComparer.Ordinal);
    }

    /// <summary>The id of the key that signs.</summary>
    public string CurrentKeyId { get; }

    /// <summary>The ids of all keys; an id says nothing about its key.</summary>
    public IReadOnlyCollection<string> KeyIds => _keys.Keys;

    internal const string HowToMakeOne = "Make one with: openssl rand -base64 32";

    /// <summary>Reads the ring from a file, one base64 key a line, current first; creates the file with one new key and mode 600 if there is none.</summary>
    /// <exception cref="InvalidOperationException">The file is accessible to others, or holds something else than keys.</exception>
    public static ClusterKeyRing FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var text = OwnerOnlyFile.ReadOrCreate(path, () =>
            "# Steward cluster keys, one a line, base64, the current one first. Keep this file secret.\n" +
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(MinKeyBytes)) + "\n");
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#');
        return Parse(lines, $"The key file '{path}'");
    }

    /// <summary>Reads the ring from texts in base64.</summary>
    /// <param name="keys">Base64 keys of at least 32 bytes each; the first is the current one.</param>
    /// <param name="source">Where they come from, as the beginning of an error message.</param>
    /// <exception cref="InvalidOperationException">One of them is not such a key.</exception>
    public static ClusterKeyRing Parse(IEnumerable<string> keys, string source)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var decoded = new List<byte[]>();
        foreach (var key in keys)
        {
            decoded.Add(TryDecode(key, out var bytes)
                ? bytes
                : throw new InvalidOperationException($"{source} must hold base64 of at least {MinKeyBytes} bytes. {HowToMakeOne}"));
        }

        return decoded.Count > 0 ? new ClusterKeyRing(decoded) : throw new InvalidOperationException($"{source} holds no key. {HowToMakeOne}");
    }

    /// <summary>Derives a key for one purpose (HKDF-SHA256, RFC 5869), so that no two uses share a key.</summary>
    /// <param name="keyId">One of <see cref="KeyIds"/>.</param>
    /// <param name="purpose">A constant text of the caller, for example <c>steward/approval-link/v1</c>.</param>
    /// <returns>32 bytes, or null when the ring has no such key.</returns>
    public byte[]? TryDeriveKey(string keyId, string purpose)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return _keys.TryGetValue(keyId, out var key) ? HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: Encoding.UTF8.GetBytes(purpose)) : null;
    }

    internal static bool TryDecode(string text, out byte[] key)
    {
        key = [];
        try
        {
            key = Convert.FromBase64String(text.Trim());
        }
        catch (FormatException)
        {
            return false;
        }

        return key.Length >= MinKeyBytes;
    }

    private static string IdOf(byte[] key) =>
        Base64Url.EncodeToString(HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 6, info: "steward/cluster-key-id/v1"u8.ToArray()));
}
