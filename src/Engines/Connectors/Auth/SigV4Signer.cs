using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>AWS Signature Version 4 in the Authorization header.</summary>
/// <remarks>docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html</remarks>
internal static class SigV4Signer
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>What a request is signed with and for.</summary>
    /// <param name="AccessKeyId">The id of the key.</param>
    /// <param name="SecretAccessKey">The key.</param>
    /// <param name="SessionToken">The token of temporary credentials.</param>
    /// <param name="Region">For example <c>eu-central-1</c>.</param>
    /// <param name="Service">For example <c>execute-api</c>.</param>
    public sealed record Scope(string AccessKeyId, SecretText SecretAccessKey, SecretText? SessionToken, string Region, string Service);

    /// <summary>The headers to add to a request, the Authorization header last.</summary>
    /// <param name="method">The method.</param>
    /// <param name="rawPath">The path as it is sent.</param>
    /// <param name="rawQuery">The query as it is sent, without question mark.</param>
    /// <param name="headers">The headers that are signed besides those that are added, the host among them; several values of one name in their order.</param>
    /// <param name="payload">The body.</param>
    /// <param name="at">The time of signing.</param>
    /// <param name="scope">Key, region and service.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Sign(
        string method, string rawPath, string rawQuery, IEnumerable<KeyValuePair<string, string>> headers, ReadOnlySpan<byte> payload, DateTimeOffset at, Scope scope)
    {
        var time = at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var day = time[..8];
        var payloadHash = Convert.ToHexStringLower(SHA256.HashData(payload));
        List<KeyValuePair<string, string>> added = [KeyValuePair.Create("X-Amz-Date", time)];
        if (scope.Service == "s3")
        {
            added.Add(KeyValuePair.Create("X-Amz-Content-Sha256", payloadHash));
        }

        if (scope.SessionToken is { } session)
        {
            added.Add(KeyValuePair.Create("X-Amz-Security-Token", session.Reveal()));
        }

        var (canonical, signed) = Headers(headers.Concat(added));
        var request = $"{method}\n{Path(rawPath, scope.Service)}\n{Query(rawQuery)}\n{canonical}\n{signed}\n{payloadHash}";
        var place = $"{day}/{scope.Region}/{scope.Service}/aws4_request";
        var text = $"{Algorithm}\n{time}\n{place}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Key(scope, day), Encoding.UTF8.GetBytes(text)));
        added.Add(KeyValuePair.Create("Authorization", $"{Algorithm} Credential={scope.AccessKeyId}/{place}, SignedHeaders={signed}, Signature={signature}"));
        return added;
    }

    /// <summary>The canonical path: normalised and encoded once more on top of what is sent, except for S3, where a key's dots, slashes and encoding are its own.</summary>
    internal static string Path(string raw, string service)
    {
        if (service == "s3")
        {
            return raw.Length == 0 ? "/" : raw;
        }

        List<string> segments = [];
        foreach (var segment in raw.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
            {
                if (segments.Count > 0)
                {
                    segments.RemoveAt(segments.Count - 1);
                }
            }
            else if (segment != ".")
            {
                segments.Add(Encode(segment));
            }
        }

        return segments.Count == 0 ? "/" : $"/{string.Join('/', segments)}{(raw.EndsWith('/') ? "/" : "")}";
    }

    private static string Query(string raw) => string.Join('&', raw
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? (Name: pair[..at], Value: pair[(at + 1)..]) : (Name: pair, Value: ""))
        .Select(pair => (Name: Encode(Uri.UnescapeDataString(pair.Name)), Value: Encode(Uri.UnescapeDataString(pair.Value))))
        .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
        .Select(pair => $"{pair.Name}={pair.Value}"));

    private static (string Canonical, string Signed) Headers(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var sorted = headers
            .GroupBy(header => header.Key.ToLowerInvariant(), header => Trim(header.Value), StringComparer.Ordinal)
            .OrderBy(header => header.Key, StringComparer.Ordinal)
            .ToList();
        return (string.Concat(sorted.Select(header => $"{header.Key}:{string.Join(',', header)}\n")), string.Join(';', sorted.Select(header => header.Key)));
    }

    private static string Trim(string value) => string.Join(' ', value.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static byte[] Key(Scope scope, string day)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + scope.SecretAccessKey.Reveal());
        foreach (var part in new[] { day, scope.Region, scope.Service, "aws4_request" })
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return key;
    }

    private static string Encode(string text) => Uri.EscapeDataString(text);
}
