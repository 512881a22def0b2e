using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Auth;

/// <summary>Signed assertions (RFC 7523): JWTs with RS256 or ES256 from a private key in PEM form.</summary>
internal static class OAuthAssertion
{
    /// <summary>The assertion of a grant, with the claims of the template.</summary>
    public static string OfGrant(SignIn signIn, Uri tokenUrl, DateTimeOffset now)
    {
        var spec = signIn.OAuth.Assertion ?? new AssertionSpec();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = signIn.Render(spec.Issuer),
            ["sub"] = signIn.Render(spec.Subject),
            ["aud"] = spec.Audience is { } audience ? signIn.Render(audience) : tokenUrl.AbsoluteUri,
        };
        foreach (var (name, value) in spec.Claims)
        {
            claims[name] = signIn.Render(value);
        }

        return Sign(signIn, spec, claims, now);
    }

    /// <summary>The assertion by which the client proves who it is: issuer and subject are its id (RFC 7523 3).</summary>
    public static string OfClient(SignIn signIn, Uri tokenUrl, DateTimeOffset now)
    {
        var spec = signIn.OAuth.Assertion ?? new AssertionSpec();
        var client = signIn.Need("clientId");
        return Sign(signIn, spec, new() { ["iss"] = client, ["sub"] = client, ["aud"] = spec.Audience is { } audience ? signIn.Render(audience) : tokenUrl.AbsoluteUri }, now);
    }

    private static string Sign(SignIn signIn, AssertionSpec spec, Dictionary<string, object> claims, DateTimeOffset now)
    {
        var issued = now.ToUnixTimeSeconds();
        claims["iat"] = issued;
        claims["exp"] = issued + (long)Math.Max(1, spec.Lifetime.TotalSeconds);
        claims.TryAdd("jti", AuthorizationRequest.NewSecret());
        var header = new Dictionary<string, string> { ["alg"] = spec.Algorithm, ["typ"] = "JWT" };
        if (signIn.Find("keyId") is { } keyId)
        {
            header["kid"] = keyId;
        }

        try
        {
            if (signIn.Find("certificate") is { } certificate)
            {
                using var parsed = X509Certificate2.CreateFromPem(Lines(certificate));
                header["x5t#S256"] = Base64Url.EncodeToString(SHA256.HashData(parsed.RawData));
            }

            var signed = $"{Encode(header)}.{Encode(claims)}";
            return $"{signed}.{Base64Url.EncodeToString(Sign(spec.Algorithm, Lines(signIn.Need("privateKey")), System.Text.Encoding.ASCII.GetBytes(signed)))}";
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            // Not as the cause: some of these messages quote what they could not read.
            throw OAuthException.NotConfigured(
                $"The connector for {signIn.Product} cannot sign in: its private key or certificate is no PEM of the kind that {spec.Algorithm} needs.");
        }
    }

    private static byte[] Sign(string algorithm, string pem, byte[] text)
    {
        switch (algorithm)
        {
            case "RS256":
            {
                using var rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                return rsa.KeySize >= 2048
                    ? rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                    : throw new CryptographicException();
            }

            case "ES256":
            {
                using var ecdsa = ECDsa.Create();
                ecdsa.ImportFromPem(pem);
                return ecdsa.KeySize == 256
                    ? ecdsa.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                    : throw new CryptographicException();
            }

            default:
                throw new CryptographicException();
        }
    }

    /// <summary>Keys that passed through an environment variable or a form have their line ends written out.</summary>
    private static string Lines(string pem) => pem.Contains('\n', StringComparison.Ordinal) ? pem : pem.Replace("\\n", "\n", StringComparison.Ordinal);

    private static string Encode<TValue>(Dictionary<string, TValue> values) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(values));
}
