using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Storage;

namespace Steward.Engines.Security.Vault;

/// <summary>
/// Envelope encryption of one version (AES-256-GCM): the values with a key of their own, that key with a master key. Both are bound to tenant, path and version, so
/// that no row can take another's place.
/// </summary>
internal static class VaultEnvelope
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static VaultRow Seal(VaultPath path, int version, IReadOnlyDictionary<string, SecretText> values, DateTimeOffset at, string keyId, byte[] masterKey)
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        var plain = JsonSerializer.SerializeToUtf8Bytes(values.ToDictionary(value => value.Key, value => value.Value.Reveal()));
        try
        {
            var place = Place(path.TenantId, path.Path, version);
            return new VaultRow
            {
                TenantId = path.TenantId,
                Path = path.Path,
                Version = version,
                CreatedAt = at,
                KeyId = keyId,
                WrappedKey = Encrypt(masterKey, key, place),
                Sealed = Encrypt(key, plain, place),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>The values; null when the row was changed or does not belong here.</summary>
    public static IReadOnlyDictionary<string, SecretText>? Open(VaultRow row, byte[] masterKey)
    {
        var place = Place(row.TenantId, row.Path, row.Version);
        if (Decrypt(masterKey, row.WrappedKey, place) is not { } key)
        {
            return null;
        }

        var plain = Decrypt(key, row.Sealed, place);
        CryptographicOperations.ZeroMemory(key);
        if (plain is null)
        {
            return null;
        }

        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(plain)!;
        CryptographicOperations.ZeroMemory(plain);
        return values.ToDictionary(value => value.Key, value => new SecretText(value.Value), StringComparer.Ordinal);
    }

    /// <summary>The row with its data key under another master key; null when it cannot be opened. The values stay sealed.</summary>
    public static VaultRow? Rewrap(VaultRow row, byte[] oldKey, string newKeyId, byte[] newKey)
    {
        var place = Place(row.TenantId, row.Path, row.Version);
        if (Decrypt(oldKey, row.WrappedKey, place) is not { } key)
        {
            return null;
        }

        var wrapped = Encrypt(newKey, key, place);
        CryptographicOperations.ZeroMemory(key);
        return row with { KeyId = newKeyId, WrappedKey = wrapped };
    }

    private static byte[] Encrypt(byte[] key, byte[] plain, byte[] place)
    {
        var bytes = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(bytes.AsSpan(0, NonceBytes), plain, bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), place);
        return bytes;
    }

    private static byte[]? Decrypt(byte[] key, byte[] bytes, byte[] place)
    {
        if (bytes.Length < NonceBytes + TagBytes || key.Length != KeyBytes)
        {
            return null;
        }

        var plain = new byte[bytes.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(bytes.AsSpan(0, NonceBytes), bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), plain, place);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] Place(string tenantId, string path, int version) =>
        Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"steward/vault/v1\n{tenantId}\n{path}\n{version}"));
}
