using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Steward.Engines.Security.Webhooks;

/// <summary>
/// The secret that a webhook's sender and receiver share: <c>whsec_</c> followed by base64 of 24 to 64 bytes, as Standard Webhooks
/// (https://www.standardwebhooks.com) defines it.
/// </summary>
public static class WebhookSecret
{
    /// <summary>What a secret begins with.</summary>
    public const string Prefix = "whsec_";

    /// <summary>The fewest bytes of a secret.</summary>
    public const int MinBytes = 24;

    /// <summary>The most bytes of a secret.</summary>
    public const int MaxBytes = 64;

    /// <summary>Draws a new secret of 32 bytes.</summary>
    public static SecretText Create() => new(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Reads the key out of a secret; the prefix may be missing.</summary>
    /// <returns>False when it is no secret of this form.</returns>
    public static bool TryRead(SecretText secret, [NotNullWhen(true)] out byte[]? key)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var text = secret.Reveal().AsSpan();
        text = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
        Span<byte> bytes = stackalloc byte[MaxBytes + 2];
        key = Convert.TryFromBase64Chars(text, bytes, out var length) && length is >= MinBytes and <= MaxBytes ? bytes[..length].ToArray() : null;
        return key is not null;
    }
}
