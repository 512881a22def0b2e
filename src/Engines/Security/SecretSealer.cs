using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Security;

/// <summary>
/// Encrypts secrets for storage with a key derived from the cluster's (AES-256-GCM). A sealed text is bound to the place it was made for: it cannot be
/// opened under another place's name. Safe for concurrent use.
/// </summary>
/// <remarks>The sealed form is <c>v1.&lt;key id&gt;.&lt;base64url of nonce, tag and cipher text&gt;</c>. Old keys of the ring still open what they sealed.</remarks>
public sealed class SecretSealer(ClusterKeyRing keys)
{
    private const string Purpose = "steward/sealed-secret/v1";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Seals a secret.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="place">Where it belongs, for example the key of the grain that holds it.</param>
    public string Seal(SecretText secret, string place)
    {
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentException.ThrowIfNullOrEmpty(place);
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        var bytes = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(keys.TryDeriveKey(keys.CurrentKeyId, Purpose)!, TagBytes);
        cipher.Encrypt(bytes.AsSpan(0, NonceBytes), plain, bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return $"v1.{keys.CurrentKeyId}.{Base64Url.EncodeToString(bytes)}";
    }

    /// <summary>Opens a sealed text.</summary>
    /// <returns>False when it is malformed, was changed, belongs to another place, or its key is not in the ring any more.</returns>
    public bool TryOpen(string? sealedText, string place, [NotNullWhen(true)] out SecretText? secret)
    {
        secret = null;
        if (sealedText?.Split('.') is not ["v1", var keyId, var text]
            || keys.TryDeriveKey(keyId, Purpose) is not { } key
            || !StrictBase64Url.TryDecode(text, out var bytes)
            || bytes.Length < NonceBytes + TagBytes)
        {
            return false;
        }

        var plain = new byte[bytes.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(bytes.AsSpan(0, NonceBytes), bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(place));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        secret = new SecretText(Encoding.UTF8.GetString(plain));
        return true;
    }
}
