using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>Checks assertions (RFC 7523) that are signed with RS256.</summary>
internal static class Assertions
{
    /// <summary>The claims of a good assertion; null if signature, issuer, audience or time is wrong.</summary>
    /// <param name="assertion">Header, claims and signature.</param>
    /// <param name="publicKey">The registered key as PEM; null if there is none.</param>
    /// <param name="issuer">Who must have made it.</param>
    /// <param name="isAudience">Whether an audience is meant here.</param>
    /// <param name="longest">How far in the future its end may be.</param>
    /// <param name="now">The time.</param>
    public static JsonObject? Check(string assertion, string? publicKey, string issuer, Func<string, bool> isAudience, TimeSpan longest, DateTimeOffset now)
    {
        var parts = assertion.Split('.');
        if (publicKey is null || parts.Length != 3 || Part(parts[0]) is not { } header || Part(parts[1]) is not { } claims || !Base64Url.IsValid(parts[2]) || header.Text("alg") != "RS256")
        {
            return null;
        }

        using var rsa = RSA.Create();
        rsa.ImportFromPem(publicKey);
        return rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            && claims.Text("iss") == issuer && isAudience(claims.Text("aud") ?? "")
            && double.TryParse(claims.Text("exp"), CultureInfo.InvariantCulture, out var expires)
            && expires >= now.ToUnixTimeSeconds() && expires <= (now + longest).ToUnixTimeSeconds()
            ? claims
            : null;
    }

    private static JsonObject? Part(string encoded)
    {
        try
        {
            return Base64Url.IsValid(encoded)
                ? JsonNode.Parse(Base64Url.DecodeFromChars(encoded), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
