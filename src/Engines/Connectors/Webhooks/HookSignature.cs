using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>
/// Keyed hashes over the raw body, as a <see cref="WebhookVerification"/> describes them. Takes the same time wherever signatures differ.
/// </summary>
internal static class HookSignature
{
    private const int MaxCandidates = 8;

    /// <summary>Why the signature is not right; null when it is.</summary>
    /// <param name="verification">What the template says.</param>
    /// <param name="secrets">The secrets of which one must fit.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">The time.</param>
    /// <param name="signedId">A hash of the signature that fits; null when none does.</param>
    public static string? Check(WebhookVerification verification, IReadOnlyList<SecretText> secrets, HookRequest request, DateTimeOffset now, out string? signedId)
    {
        signedId = null;
        if (verification.Header is not { } header || request.Header(header) is not { Length: > 0 and <= 2048 } given)
        {
            return "the signature's header is missing";
        }

        string? timestamp = null;
        if (verification.TimestampHeader is { } timestampHeader)
        {
            timestamp = HeaderPart(request, timestampHeader);
            if (timestamp is null || !TryReadTime(timestamp, out var signedAt))
            {
                return "the signature's time is missing or malformed";
            }

            // Also those from the future: a signature must not be kept for later.
            if ((now - signedAt).Duration() > verification.Tolerance)
            {
                return "the signature is older than allowed, or from the future";
            }
        }

        var id = verification.IdHeader is { } idHeader ? request.Header(idHeader) : null;
        if ((timestamp is null && verification.Payload.Contains("{timestamp}", StringComparison.Ordinal)) ||
            (id is null && verification.Payload.Contains("{id}", StringComparison.Ordinal)))
        {
            return "the time or id that is part of the signature is missing";
        }

        var candidates = Candidates(given, verification).ToList();
        var right = false;
        foreach (var secret in secrets)
        {
            var expected = Compute(verification, KeyOf(verification, secret), request, timestamp, id);
            var fits = false;
            foreach (var candidate in candidates)
            {
                fits |= CryptographicOperations.FixedTimeEquals(expected, candidate);
            }

            // What is kept of it is no signature that somebody could send again.
            signedId = fits ? Convert.ToHexStringLower(SHA256.HashData(expected).AsSpan(0, 16)) : signedId;
            right |= fits;
        }

        return right ? null : secrets.Count == 0 ? "the instance has no webhook secret" : "the signature is wrong";
    }

    /// <summary>The hash of a text in hexadecimal, for handshakes that ask for it.</summary>
    public static string Sign(WebhookVerification verification, SecretText secret, string text)
    {
        using var mac = IncrementalHash.CreateHMAC(AlgorithmOf(verification), Encoding.UTF8.GetBytes(secret.Reveal()));
        mac.AppendData(Encoding.UTF8.GetBytes(text));
        return Convert.ToHexStringLower(mac.GetHashAndReset());
    }

    private static byte[] Compute(WebhookVerification verification, byte[] key, HookRequest request, string? timestamp, string? id)
    {
        using var mac = IncrementalHash.CreateHMAC(AlgorithmOf(verification), key);
        var rest = verification.Payload.AsSpan();
        while (rest.Length > 0)
        {
            var open = rest.IndexOf('{');
            var close = open < 0 ? -1 : rest[open..].IndexOf('}');
            if (close < 0)
            {
                Append(mac, rest);
                break;
            }

            Append(mac, rest[..open]);
            switch (rest.Slice(open + 1, close - 1))
            {
                case "body":
                    mac.AppendData(request.Body.Span);
                    break;
                case "timestamp":
                    Append(mac, timestamp);
                    break;
                case "id":
                    Append(mac, id);
                    break;
                case "url":
                    Append(mac, request.Url);
                    break;
                case "method":
                    Append(mac, request.Method);
                    break;
                default:
                    Append(mac, rest.Slice(open, close + 1));
                    break;
            }

            rest = rest[(open + close + 1)..];
        }

        return mac.GetHashAndReset();
    }

    private static void Append(IncrementalHash mac, ReadOnlySpan<char> text) => mac.AppendData(Encoding.UTF8.GetBytes(text.ToString()));

    private static HashAlgorithmName AlgorithmOf(WebhookVerification verification) => verification.Algorithm switch
    {
        "sha1" => HashAlgorithmName.SHA1,
        "sha512" => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    /// <summary>Standard Webhooks writes its keys in base64 after <c>whsec_</c>; they are told by the id that is part of the signature. Everyone else uses the secret's text.</summary>
    private static byte[] KeyOf(WebhookVerification verification, SecretText secret)
    {
        const string StandardPrefix = "whsec_";
        var text = secret.Reveal();
        if (verification.IdHeader is not null && text.StartsWith(StandardPrefix, StringComparison.Ordinal))
        {
            var buffer = new byte[text.Length];
            if (Convert.TryFromBase64String(text[StandardPrefix.Length..], buffer, out var length))
            {
                return buffer[..length];
            }
        }

        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>The signatures in a header: one, or several separated by blanks or commas while keys are being replaced.</summary>
    private static IEnumerable<byte[]> Candidates(string header, WebhookVerification verification)
    {
        var prefix = verification.Prefix ?? "";
        return header.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .SelectMany(part => prefix.Contains(',', StringComparison.Ordinal) ? [part] : part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(part => part.StartsWith(prefix, StringComparison.Ordinal))
            .Take(MaxCandidates)
            .Select(part => Decode(part[prefix.Length..], verification.Encoding))
            .OfType<byte[]>();
    }

    private static byte[]? Decode(string text, SignatureEncoding encoding)
    {
        var buffer = new byte[text.Length];
        if (encoding == SignatureEncoding.Base64)
        {
            return Convert.TryFromBase64String(text, buffer, out var length) ? buffer[..length] : null;
        }

        return text.Length % 2 == 0 && Convert.FromHexString(text, buffer, out _, out var written) == System.Buffers.OperationStatus.Done ? buffer[..written] : null;
    }

    /// <summary>A header's value or, for <c>Name#part</c>, a part of it such as <c>t</c> in <c>t=1,v1=ab</c>.</summary>
    private static string? HeaderPart(HookRequest request, string name)
    {
        var hash = name.IndexOf('#', StringComparison.Ordinal);
        if (hash < 0)
        {
            return request.Header(name);
        }

        var marker = name[(hash + 1)..] + "=";
        return request.Header(name[..hash])?.Split(',', StringSplitOptions.TrimEntries)
            .Where(part => part.StartsWith(marker, StringComparison.Ordinal))
            .Select(part => part[marker.Length..])
            .FirstOrDefault();
    }

    /// <summary>Seconds or milliseconds since 1970, or ISO 8601.</summary>
    private static bool TryReadTime(string text, out DateTimeOffset time)
    {
        // Beyond this, seconds would be in the year 5138.
        const long FirstMilliseconds = 100_000_000_000;
        time = default;
        if (text.Length > 40)
        {
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
        }

        if (number > FirstMilliseconds * 1000)
        {
            return false;
        }

        time = number < FirstMilliseconds ? DateTimeOffset.FromUnixTimeSeconds(number) : DateTimeOffset.FromUnixTimeMilliseconds(number);
        return true;
    }
}
