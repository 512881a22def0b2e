using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Security;

/// <summary>
/// A tenant's data keys, kept by the vault and by nothing else: whoever removes them there makes what they sealed unreadable for ever, also in copies of the store. Remembered for a few minutes in the process. Safe for concurrent use.
/// </summary>
public sealed class DataKeys(ISecretVault vault, TimeProvider time)
{
    /// <summary>How long a key is remembered after it was read.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(5);

    /// <summary>How long it is used when the vault cannot be asked; from then on nothing is sealed or opened with it here. Whatever is done to the keys in the vault holds everywhere after this time.</summary>
    public static readonly TimeSpan TrustedFor = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromSeconds(10);

    private const string Current = "current";
    private const string Prefix = "key.";
    private const int KeyBytes = 32;
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<(string Tenant, string Purpose), (DataKeyRing Ring, DateTimeOffset At, DateTimeOffset AskedAt)> _known = new();

    // How often keys were destroyed here: what was read before is not remembered after it.
    private readonly ConcurrentDictionary<(string Tenant, string Purpose), int> _destroyed = new();
    private readonly Lock _remembering = new();

    /// <summary>The keys of a tenant for one purpose; the first one is made when there is none.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="purpose">What for, for example <c>memory</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    public async ValueTask<DataKeyRing> GetAsync(string tenantId, string purpose, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        if (!_known.TryGetValue((tenantId, purpose), out var known))
        {
            return await RefreshAsync(tenantId, purpose, cancellationToken);
        }

        var isTrusted = now - known.At < TrustedFor;
        if (now - known.At < RememberedFor || (isTrusted && now - known.AskedAt < AskedAgainAfter))
        {
            return known.Ring;
        }

        try
        {
            return await RefreshAsync(tenantId, purpose, cancellationToken);
        }
        catch (VaultException exception) when (isTrusted && exception.Code != VaultCodes.Corrupt)
        {
            // The vault is away for a moment: those that are known here still seal and open.
            if (!_known.TryUpdate((tenantId, purpose), known with { AskedAt = now }, known) && !_known.TryGetValue((tenantId, purpose), out known))
            {
                // They were destroyed meanwhile.
                throw;
            }

            return known.Ring;
        }
    }

    /// <summary>The same, asked of the vault in any case: for what was sealed with a key that is not known here yet.</summary>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    public async Task<DataKeyRing> RefreshAsync(string tenantId, string purpose, CancellationToken cancellationToken = default)
    {
        var path = new VaultPath(tenantId, "data-keys/" + purpose);
        while (true)
        {
            var destroyed = Destroyed(tenantId, purpose);
            var ring = Read(await vault.ReadAsync(path, cancellationToken: cancellationToken)) ?? await CreateAsync(path, cancellationToken);
            if (Remember(tenantId, purpose, ring, destroyed))
            {
                return ring;
            }
        }
    }

    /// <summary>The keys, asked of the vault; null when there are none. None is made.</summary>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    public async Task<DataKeyRing?> FindAsync(string tenantId, string purpose, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var destroyed = Destroyed(tenantId, purpose);
            var ring = Read(await vault.ReadAsync(new VaultPath(tenantId, "data-keys/" + purpose), cancellationToken: cancellationToken));
            if (ring is null || Remember(tenantId, purpose, ring, destroyed))
            {
                return ring;
            }
        }
    }

    /// <summary>
    /// Removes all keys but the current one, and all versions of the secret that held them: what they sealed cannot be read any more, in copies of the store neither. For whoever knows that nothing is left that needs them. Idempotent.
    /// </summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="currentId">The key that must be the current one.</param>
    /// <param name="cancellationToken">Stops waiting; the outcome is then unknown.</param>
    /// <returns>Whether it was done; not when another key is the current one by now.</returns>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses; retryable when somebody else wrote at the same time.</exception>
    public async Task<bool> RemoveEarlierAsync(string tenantId, string purpose, string currentId, CancellationToken cancellationToken = default)
    {
        var path = new VaultPath(tenantId, "data-keys/" + purpose);
        var secret = await vault.ReadAsync(path, cancellationToken: cancellationToken);
        if (secret is null || Read(secret)!.CurrentId != currentId)
        {
            return false;
        }

        var version = secret.Version;
        if (secret.Values.Count > 2)
        {
            var values = new Dictionary<string, SecretText>(StringComparer.Ordinal) { [Current] = secret.Values[Current], [Prefix + currentId] = secret.Values[Prefix + currentId] };
            try
            {
                version = await vault.WriteAsync(path, values, secret.Version, cancellationToken);
            }
            catch (VaultConflictException)
            {
                throw new VaultException("The data key was changed by somebody else at the same time.", isRetryable: true);
            }
        }

        // Also when there is nothing to write: whoever wrote may have been lost before this.
        await vault.DeleteEarlierAsync(path, version, cancellationToken);
        await RefreshAsync(tenantId, purpose, cancellationToken);
        return true;
    }

    private int Destroyed(string tenantId, string purpose) => _destroyed.GetValueOrDefault((tenantId, purpose));

    /// <summary>Remembers keys, unless they were destroyed since somebody began to read them.</summary>
    /// <returns>Whether they may be used.</returns>
    private bool Remember(string tenantId, string purpose, DataKeyRing ring, int destroyed)
    {
        lock (_remembering)
        {
            if (Destroyed(tenantId, purpose) != destroyed)
            {
                return false;
            }

            if (_known.Count >= MaxRemembered)
            {
                _known.Clear();
            }

            var now = time.GetUtcNow();
            _known[(tenantId, purpose)] = (ring, now, now);
            return true;
        }
    }

    /// <summary>
    /// Makes a new key, with which everything is sealed from here on; here at once, in other processes within <see cref="RememberedFor"/>. The earlier ones stay, since what they sealed needs them until it is sealed anew.
    /// </summary>
    /// <returns>How many keys there are now.</returns>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses; retryable when somebody else wrote at the same time.</exception>
    public async Task<int> RotateAsync(string tenantId, string purpose, CancellationToken cancellationToken = default)
    {
        await GetAsync(tenantId, purpose, cancellationToken);
        var path = new VaultPath(tenantId, "data-keys/" + purpose);
        var secret = await vault.ReadAsync(path, cancellationToken: cancellationToken) ?? throw new VaultException("The data key was removed meanwhile.", isRetryable: true);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var values = new Dictionary<string, SecretText>(secret.Values, StringComparer.Ordinal)
        {
            [Current] = new(id),
            [Prefix + id] = new(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))),
        };
        try
        {
            await vault.WriteAsync(path, values, secret.Version, cancellationToken);
        }
        catch (VaultConflictException)
        {
            throw new VaultException("The data key was changed by somebody else at the same time.", isRetryable: true);
        }

        await RefreshAsync(tenantId, purpose, cancellationToken);
        return values.Count - 1;
    }

    /// <summary>Removes a tenant's keys for good: what they sealed cannot be read any more, here at once, in other processes within <see cref="RememberedFor"/>, and where the vault cannot be asked within <see cref="TrustedFor"/>.</summary>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    public async Task DestroyAsync(string tenantId, string purpose, CancellationToken cancellationToken = default)
    {
        try
        {
            await vault.DeleteAsync(new VaultPath(tenantId, "data-keys/" + purpose), cancellationToken);
        }
        finally
        {
            // Also when it is not known whether it was done: they are asked for again.
            lock (_remembering)
            {
                _destroyed.AddOrUpdate((tenantId, purpose), 1, static (_, times) => times + 1);
                _known.TryRemove((tenantId, purpose), out _);
            }
        }
    }

    private async Task<DataKeyRing> CreateAsync(VaultPath path, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var values = new Dictionary<string, SecretText>(StringComparer.Ordinal)
        {
            [Current] = new(id),
            [Prefix + id] = new(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))),
        };
        try
        {
            await vault.WriteAsync(path, values, expectedVersion: 0, cancellationToken);
        }
        catch (VaultConflictException)
        {
            // Another silo was first: its key is everybody's.
        }

        return Read(await vault.ReadAsync(path, cancellationToken: cancellationToken))
            ?? throw new VaultException("The data key that was just written cannot be read.", isRetryable: true);
    }

    private static DataKeyRing? Read(VaultSecret? secret)
    {
        if (secret is null)
        {
            return null;
        }

        var keys = secret.Values
            .Where(value => value.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(value => value.Key[Prefix.Length..], value => Convert.FromBase64String(value.Value.Reveal()), StringComparer.Ordinal);
        return secret.Values.TryGetValue(Current, out var current) && keys.ContainsKey(current.Reveal())
            ? new DataKeyRing(current.Reveal(), keys)
            : throw new VaultException("The data key in the vault cannot be understood.", isRetryable: false, code: VaultCodes.Corrupt);
    }
}

/// <summary>Keys that seal (AES-256-GCM) and open what belongs to one tenant. What is sealed is bound to its place. Safe for concurrent use.</summary>
public sealed class DataKeyRing
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const byte Format = 1;

    private readonly IReadOnlyDictionary<string, byte[]> _keys;
    private readonly byte[] _currentId;
    private readonly byte[] _current;

    internal DataKeyRing(string currentId, IReadOnlyDictionary<string, byte[]> keys)
    {
        _keys = keys;
        CurrentId = currentId;
        _currentId = Encoding.ASCII.GetBytes(currentId);
        _current = keys[currentId];
    }

    /// <summary>The id of the current key; no secret.</summary>
    public string CurrentId { get; }

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Count;

    /// <summary>Whether a key is there.</summary>
    public bool Has(string keyId) => _keys.ContainsKey(keyId);

    /// <summary>The id of the key that something was sealed with; null when it was not sealed.</summary>
    public static string? KeyIdOf(ReadOnlySpan<byte> bytes) => bytes.Length >= 2 && bytes[0] == Format && bytes.Length >= 2 + bytes[1] ? Encoding.ASCII.GetString(bytes.Slice(2, bytes[1])) : null;

    /// <summary>Seals bytes for a place, with the current key.</summary>
    /// <param name="plain">What to seal.</param>
    /// <param name="place">Where it belongs; it opens nowhere else.</param>
    /// <returns>Format, key id, nonce, tag and cipher text.</returns>
    public byte[] Seal(ReadOnlySpan<byte> plain, string place)
    {
        ArgumentException.ThrowIfNullOrEmpty(place);
        var head = 2 + _currentId.Length;
        var bytes = new byte[head + NonceBytes + TagBytes + plain.Length];
        (bytes[0], bytes[1]) = (Format, (byte)_currentId.Length);
        _currentId.CopyTo(bytes, 2);
        RandomNumberGenerator.Fill(bytes.AsSpan(head, NonceBytes));
        using var cipher = new AesGcm(_current, TagBytes);
        cipher.Encrypt(bytes.AsSpan(head, NonceBytes), plain, bytes.AsSpan(head + NonceBytes + TagBytes), bytes.AsSpan(head + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return bytes;
    }

    /// <summary>Whether something was sealed with the current key.</summary>
    public bool IsCurrent(ReadOnlySpan<byte> bytes) => bytes.Length >= 2 + _currentId.Length && bytes[1] == _currentId.Length && bytes[2..(2 + _currentId.Length)].SequenceEqual(_currentId);

    /// <summary>Opens what was sealed for a place; null when its key is gone, it was changed, or it belongs elsewhere.</summary>
    public byte[]? Open(ReadOnlySpan<byte> bytes, string place)
    {
        ArgumentException.ThrowIfNullOrEmpty(place);
        if (bytes.Length < 2 || bytes[0] != Format || bytes.Length < 2 + bytes[1] + NonceBytes + TagBytes)
        {
            return null;
        }

        var head = 2 + bytes[1];
        if (!_keys.TryGetValue(Encoding.ASCII.GetString(bytes[2..head]), out var key))
        {
            return null;
        }

        var plain = new byte[bytes.Length - head - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(bytes.Slice(head, NonceBytes), bytes[(head + NonceBytes + TagBytes)..], bytes.Slice(head + NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(place));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
