using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Security;

/// <summary>A key that was just made. Its text is shown to a person once and never stored.</summary>
/// <param name="TenantId">Whose key it is.</param>
/// <param name="KeyId">Names the key in lists and logs.</param>
/// <param name="Text">The whole key as its user sends it.</param>
/// <param name="Hash">What is stored: SHA-256 of the secret, 32 bytes.</param>
public sealed record CreatedApiKey(string TenantId, string KeyId, SecretText Text, byte[] Hash);

/// <summary>The parts of a well-formed key. That it is well formed does not make it valid: compare its secret with the stored hash.</summary>
/// <param name="TenantId">Whose key it claims to be.</param>
/// <param name="KeyId">Which key it claims to be.</param>
/// <param name="Secret">The part that proves it.</param>
public sealed record ParsedApiKey(string TenantId, string KeyId, SecretText Secret);

/// <summary>
/// API keys of the form <c>sk-&lt;tenant without t-&gt;.&lt;key id&gt;.&lt;secret&gt;</c>. The secret is 43 base62 characters (256 bits) and a
/// checksum of 6 that covers the whole key, so that mistyped keys are refused without a look-up and scanners can recognise leaked ones.
/// </summary>
public static class ApiKeys
{
    private const string Prefix = "sk-";
    private const int KeyIdLength = 12;
    private const int SecretLength = 43;
    private const int ChecksumLength = 6;
    private const int MaxLength = 256;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string KeyIdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Makes a key.</summary>
    /// <param name="tenantId">A tenant such as <c>t-acme</c>.</param>
    /// <exception cref="ArgumentException">It is no tenant id.</exception>
    public static CreatedApiKey Create(string tenantId)
    {
        if (!StewardIds.IsValid(tenantId, 't'))
        {
            throw new ArgumentException("A tenant id is 't-' followed by 1 to 94 of a-z, 0-9, '.', '_' and '-'.", nameof(tenantId));
        }

        // Ids start with k so that none reads as a hexadecimal number, which some stores compare in surprising ways.
        var keyId = "k" + RandomNumberGenerator.GetString(KeyIdAlphabet, KeyIdLength - 1);
        var random = RandomNumberGenerator.GetString(Base62, SecretLength);
        var body = $"{Prefix}{tenantId[2..]}.{keyId}.{random}";
        var checksum = ChecksumOf(body);
        return new CreatedApiKey(tenantId, keyId, new SecretText(body + checksum), Hash(random + checksum));
    }

    /// <summary>Takes a key apart and checks its form and checksum. Never throws.</summary>
    /// <param name="text">What a client sent.</param>
    /// <param name="key">The parts, when the result is true.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ParsedApiKey? key)
    {
        key = null;
        if (text is null || text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        // Tenant ids may contain dots, so the parts are taken from the end.
        var secretAt = text.LastIndexOf('.') + 1;
        var keyIdAt = secretAt < 2 ? 0 : text.LastIndexOf('.', secretAt - 2) + 1;
        if (keyIdAt <= Prefix.Length + 1 || text.Length - secretAt != SecretLength + ChecksumLength || secretAt - 1 - keyIdAt != KeyIdLength)
        {
            return false;
        }

        var tenantId = "t-" + text[Prefix.Length..(keyIdAt - 1)];
        var keyId = text[keyIdAt..(secretAt - 1)];
        var secret = text[secretAt..];
        if (!StewardIds.IsValid(tenantId, 't') || keyId[0] != 'k' || !keyId.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9')) ||
            !secret.All(char.IsAsciiLetterOrDigit) || ChecksumOf(text[..^ChecksumLength]) != secret[SecretLength..])
        {
            return false;
        }

        key = new ParsedApiKey(tenantId, keyId, new SecretText(secret));
        return true;
    }

    /// <summary>Whether a secret is the one that was hashed; takes the same time for every wrong one.</summary>
    /// <param name="hash">The stored hash.</param>
    /// <param name="secret">The secret part of a parsed key.</param>
    public static bool Matches(ReadOnlySpan<byte> hash, SecretText secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return CryptographicOperations.FixedTimeEquals(hash, Hash(secret.Reveal()));
    }

    // The secret has 256 random bits, so a plain hash cannot be searched; a slow password hash would only slow down each call.
    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static string ChecksumOf(string body)
    {
        var crc = Crc32(Encoding.UTF8.GetBytes(body));
        return string.Create(ChecksumLength, crc, static (characters, value) =>
        {
            for (var i = characters.Length - 1; i >= 0; i--)
            {
                (value, var digit) = Math.DivRem(value, 62u);
                characters[i] = Base62[(int)digit];
            }
        });
    }

    // CRC-32 as in IEEE 802.3, reflected polynomial 0xEDB88320.
    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320u;
            }
        }

        return ~crc;
    }
}
