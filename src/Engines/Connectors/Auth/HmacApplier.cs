using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Auth;

/// <summary>Signs each request with a shared key, as <see cref="HmacSpec"/> says.</summary>
internal sealed partial class HmacApplier(TimeProvider time) : ICredentialApplier
{
    public bool CanApply(AuthKind kind) => kind == AuthKind.Hmac;

    public void Apply(HttpRequestMessage request, ReadOnlyMemory<byte> body, CredentialUse use)
    {
        var spec = use.Auth.Hmac ?? throw Missing(use, "its template does not say what is signed");
        SignIn fields;
        try
        {
            fields = new SignIn(use.Target, use.Credential.Values, allowPrivateAddresses: false);
        }
        catch (OAuthException exception)
        {
            throw OutcomeException.Failed(exception.Code, exception.Message);
        }

        if (!fields.TryRender(spec.Key, out var key, out var absent))
        {
            throw Missing(use, $"'{absent}' is not given");
        }

        // The first places are part of what is signed: parameters change the query, and headers say the time that the signature is made for.
        var own = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["timestamp"] = TimeOf(spec.Timestamp, time.GetUtcNow()),
            ["nonce"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            ["method"] = request.Method.Method,
            ["contentType"] = request.Content?.Headers.ContentType?.ToString() ?? "",
            ["bodyHash"] = Written(spec.Encoding, HashOf(spec.Algorithm, body.Span)),
        };
        foreach (var place in use.Auth.Apply.Where(place => !IsSignature(place)))
        {
            Put(request, place, fields, own, use);
        }

        var url = request.RequestUri!;
        own["url"] = url.AbsoluteUri;
        own["host"] = url.Authority;
        own["path"] = url.AbsolutePath;
        own["query"] = url.Query.TrimStart('?');
        own["pathAndQuery"] = url.PathAndQuery;
        own["signature"] = Written(spec.Encoding, Sign(spec.Algorithm, KeyOf(spec, key, use), PayloadOf(spec.Payload, fields, own, body, use)));
        foreach (var place in use.Auth.Apply.Where(IsSignature))
        {
            Put(request, place, fields, own, use);
        }
    }

    private static bool IsSignature(CredentialPlace place) => place.Value.Contains("{signature}", StringComparison.Ordinal);

    private static void Put(HttpRequestMessage request, CredentialPlace place, SignIn fields, Dictionary<string, string> own, CredentialUse use)
    {
        var value = Placeholder().Replace(place.Value, match => ValueOf(match.Groups[1].Value, fields, own, use));
        if (place.Header is { } header)
        {
            request.Headers.Remove(header);
            if (value.Any(char.IsControl) || !request.Headers.TryAddWithoutValidation(header, value))
            {
                throw Missing(use, $"a credential cannot go into the header {header}");
            }
        }
        else if (place.Query is { } parameter)
        {
            request.RequestUri = CredentialPlaces.WithParameter(request.RequestUri!, parameter, value);
        }
    }

    // The body is signed as the bytes that are sent, whatever they are.
    private static byte[] PayloadOf(string payload, SignIn fields, Dictionary<string, string> own, ReadOnlyMemory<byte> body, CredentialUse use)
    {
        var bytes = new MemoryStream();
        var at = 0;
        foreach (Match match in Placeholder().Matches(payload))
        {
            bytes.Write(Encoding.UTF8.GetBytes(payload[at..match.Index]));
            bytes.Write(match.Groups[1].Value == "body" ? body.Span : Encoding.UTF8.GetBytes(ValueOf(match.Groups[1].Value, fields, own, use)));
            at = match.Index + match.Length;
        }

        bytes.Write(Encoding.UTF8.GetBytes(payload[at..]));
        return bytes.ToArray();
    }

    private static string ValueOf(string name, SignIn fields, Dictionary<string, string> own, CredentialUse use) =>
        own.TryGetValue(name, out var value) ? value : fields.Find(name) ?? throw Missing(use, $"'{name}' is not given");

    private static byte[] KeyOf(HmacSpec spec, string key, CredentialUse use)
    {
        try
        {
            return spec.KeyEncoding switch
            {
                KeyEncoding.Base64 => Convert.FromBase64String(key),
                KeyEncoding.Hex => Convert.FromHexString(key),
                _ => Encoding.UTF8.GetBytes(key),
            };
        }
        catch (FormatException)
        {
            throw Missing(use, $"its key is not written in {spec.KeyEncoding.ToString().ToLowerInvariant()}");
        }
    }

    private static string TimeOf(SignatureTime format, DateTimeOffset now) => format switch
    {
        SignatureTime.Milliseconds => now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        SignatureTime.Iso => now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        SignatureTime.Http => now.UtcDateTime.ToString("r", CultureInfo.InvariantCulture),
        _ => now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
    };

    private static string Written(SignatureEncoding encoding, byte[] bytes) => encoding == SignatureEncoding.Base64 ? Convert.ToBase64String(bytes) : Convert.ToHexStringLower(bytes);

#pragma warning disable CA5350 // Which hash it is, the vendor decides; as a keyed hash SHA-1 is not known to be broken.
    private static byte[] Sign(string algorithm, byte[] key, byte[] payload) => algorithm switch
    {
        "sha1" => HMACSHA1.HashData(key, payload),
        "sha512" => HMACSHA512.HashData(key, payload),
        _ => HMACSHA256.HashData(key, payload),
    };

    private static byte[] HashOf(string algorithm, ReadOnlySpan<byte> body) => algorithm switch
    {
        "sha1" => SHA1.HashData(body),
        "sha512" => SHA512.HashData(body),
        _ => SHA256.HashData(body),
    };
#pragma warning restore CA5350

    private static OutcomeException Missing(CredentialUse use, string why) =>
        OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{use.Target.Instance.Name}' cannot sign in: {why}.");

    [GeneratedRegex(@"\{([A-Za-z][A-Za-z0-9_]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
