using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Security.Webhooks;

/// <summary>Signatures of Standard Webhooks: HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
public static class WebhookSignature
{
    /// <summary>The header with the message's id: the same for each attempt to deliver it.</summary>
    public const string IdHeader = "webhook-id";

    /// <summary>The header with the time of the attempt, in seconds since 1970.</summary>
    public const string TimestampHeader = "webhook-timestamp";

    /// <summary>The header with one or more signatures, separated by blanks.</summary>
    public const string SignatureHeader = "webhook-signature";

    private const string Version = "v1,";

    /// <summary>The value of <see cref="SignatureHeader"/>: one signature for each secret, so that receivers may know the old or the new one.</summary>
    /// <exception cref="ArgumentException">There is no secret, or one is malformed.</exception>
    public static string Sign(IReadOnlyCollection<SecretText> secrets, string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (secrets.Count == 0)
        {
            throw new ArgumentException("There must be a secret to sign with.", nameof(secrets));
        }

        var signatures = new List<string>(secrets.Count);
        foreach (var secret in secrets)
        {
            if (!WebhookSecret.TryRead(secret, out var key))
            {
                throw new ArgumentException($"A secret is {WebhookSecret.Prefix} followed by base64 of {WebhookSecret.MinBytes} to {WebhookSecret.MaxBytes} bytes.", nameof(secrets));
            }

            signatures.Add(Version + Convert.ToBase64String(Compute(key, id, timestamp.ToUnixTimeSeconds(), body)));
        }

        return string.Join(' ', signatures);
    }

    /// <summary>Whether one of the signatures in a header is right. Takes the same time wherever they differ.</summary>
    internal static bool Matches(byte[] key, string id, long timestamp, ReadOnlySpan<byte> body, string header)
    {
        // Compared in its text form: there is exactly one accepted spelling of a signature.
        var expected = Encoding.ASCII.GetBytes(Version + Convert.ToBase64String(Compute(key, id, timestamp, body)));
        var given = Encoding.UTF8.GetBytes(header).AsSpan();
        var found = false;
        foreach (var range in given.Split((byte)' '))
        {
            found |= CryptographicOperations.FixedTimeEquals(given[range], expected);
        }

        return found;
    }

    private static byte[] Compute(byte[] key, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
