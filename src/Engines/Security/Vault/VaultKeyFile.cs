using System.Security.Cryptography;

namespace Steward.Engines.Security.Vault;

/// <summary>
/// The master keys of the embedded vault: a file with mode 600, one base64 key a line, the current one first. Older keys open what they sealed until everything is
/// sealed with the current one.
/// </summary>
public sealed class VaultKeyFile(string path, TimeProvider time)
{
    private const string Purpose = "steward/vault/v1";
    private const string Heading = "# Steward vault keys, one a line, base64, the current one first. Whoever has this file and the database has all secrets;\n# whoever loses it loses them.\n";
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private ClusterKeyRing? _ring;
    private long _readAt;

    /// <summary>The file's full path.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Whether the file is there.</summary>
    public bool Exists => File.Exists(Path);

    /// <summary>Makes the file with one new key when there is none.</summary>
    /// <returns>Whether this call made it; of several at once, that is so for one.</returns>
    /// <exception cref="VaultException">It cannot be made, others may read it, or it holds something else.</exception>
    public bool Create() => Guard(() =>
    {
        var own = Heading + NewKey() + "\n";
        return OwnerOnlyFile.ReadOrCreate(Path, () => own) == own;
    });

    /// <summary>The id of the key that seals now.</summary>
    /// <exception cref="VaultException">The file is missing, others may read it, or it holds something else.</exception>
    public string CurrentKeyId => Ring(refresh: true).CurrentKeyId;

    /// <summary>The ids of all keys.</summary>
    /// <exception cref="VaultException">The file is missing, others may read it, or it holds something else.</exception>
    public IReadOnlyCollection<string> KeyIds => Ring(refresh: true).KeyIds;

    /// <summary>The key that seals now.</summary>
    internal (string Id, byte[] Key) Current()
    {
        var ring = Ring(refresh: true);
        return (ring.CurrentKeyId, ring.TryDeriveKey(ring.CurrentKeyId, Purpose)!);
    }

    /// <summary>The 32 bytes that data keys are wrapped with; null when the file has no such key, also after reading it again.</summary>
    internal byte[]? Find(string keyId) => Ring(refresh: false).TryDeriveKey(keyId, Purpose) ?? Ring(refresh: true).TryDeriveKey(keyId, Purpose);

    /// <summary>Puts a new key in front; the others stay.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="VaultException">The file is missing, or cannot be written.</exception>
    public string AddKey() => Guard(() =>
    {
        lock (_gate)
        {
            var keys = Lines(OwnerOnlyFile.Read(Path)).Prepend(NewKey()).ToList();
            Write(keys);
            return _ring!.CurrentKeyId;
        }
    });

    /// <summary>Removes all keys but the current one. Only for when nothing is sealed with them any more.</summary>
    /// <exception cref="VaultException">The file is missing, or cannot be written.</exception>
    public void RemoveOldKeys() => Guard(() =>
    {
        lock (_gate)
        {
            Write([.. Lines(OwnerOnlyFile.Read(Path)).Take(1)]);
            return 0;
        }
    });

    private void Write(IReadOnlyList<string> keys)
    {
        OwnerOnlyFile.Replace(Path, Heading + string.Join('\n', keys) + "\n");
        _ring = ClusterKeyRing.Parse(keys, $"The key file '{Path}'");
        _readAt = time.GetTimestamp();
    }

    private ClusterKeyRing Ring(bool refresh)
    {
        lock (_gate)
        {
            if (_ring is null || (refresh && time.GetElapsedTime(_readAt) >= Freshness))
            {
                _ring = Guard(() => ClusterKeyRing.Parse(Lines(OwnerOnlyFile.Read(Path)), $"The key file '{Path}'"));
                _readAt = time.GetTimestamp();
            }

            return _ring;
        }
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(ClusterKeyRing.MinKeyBytes));

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#');

    private TResult Guard<TResult>(Func<TResult> action)
    {
        try
        {
            return action();
        }
        catch (FileNotFoundException exception)
        {
            throw new VaultException($"The vault's key file '{Path}' is missing. Put it back from its backup.", isRetryable: false, exception, VaultCodes.Sealed);
        }
        catch (InvalidOperationException exception)
        {
            throw new VaultException(exception.Message, isRetryable: false, exception, VaultCodes.Sealed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"The vault's key file '{Path}' cannot be read or written.", isRetryable: false, exception, VaultCodes.Sealed);
        }
    }
}
