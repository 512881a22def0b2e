using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Steward.Engines.Security.Jwt;

/// <summary>
/// Issues tokens for local development and demos, signed with ES256 by a key that lies in a file with mode 600. Not for production: it
/// believes what it is told. Processes that share the file accept each other's tokens. Safe for concurrent use.
/// </summary>
public sealed class DevelopmentTokenIssuer
{
    /// <summary>The issuer's name in its tokens.</summary>
    public const string Issuer = "https://steward.invalid/development";

    /// <summary>The audience of its tokens.</summary>
    public const string Audience = "steward";

    /// <summary>The lifetime of a token unless the caller says otherwise.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(8);

    private readonly TimeProvider _time;
    private readonly string _keyId;
    private readonly ECParameters _key;

    /// <summary>Reads the key, or makes one if the file does not exist.</summary>
    /// <param name="keyFile">The file; PKCS #8 in PEM.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="InvalidOperationException">The file is accessible to others than its owner, or holds no P-256 key.</exception>
    public DevelopmentTokenIssuer(string keyFile, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(keyFile);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        var pem = OwnerOnlyFile.ReadOrCreate(keyFile, () =>
        {
            using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return fresh.ExportPkcs8PrivateKeyPem() + "\n";
        });
        try
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(pem);
            _key = ecdsa.ExportParameters(includePrivateParameters: true);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new InvalidOperationException($"The key file '{keyFile}' holds no private key. Delete it so that a new one is made.", exception);
        }

        if (_key.Q.X is not { Length: 32 } x || _key.Q.Y is not { Length: 32 } y)
        {
            throw new InvalidOperationException($"The key file '{keyFile}' holds no P-256 key. Delete it so that a new one is made.");
        }

        // RFC 7638: the SHA-256 of the key's required members in lexical order.
        var thumbprint = SHA256.HashData(Encoding.UTF8.GetBytes(
            $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}"""));
        _keyId = Base64Url.EncodeToString(thumbprint);
        Jwks = $$"""{"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"{{_keyId}}","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}]}""";
    }

    /// <summary>The public key as a JWKS document.</summary>
    public string Jwks { get; }

    /// <summary>Options with which a validator accepts this issuer's tokens, for any tenant.</summary>
    public JwtIssuerOptions ToIssuerOptions() => new()
    {
        Issuer = Issuer,
        Audiences = { Audience },
        Algorithms = { JwtAlgorithms.ES256 },
        Jwks = Jwks,
        TenantClaim = "tenant",
        Tenants = { "*" },
        UserClaimIsUserId = true,

        // It believes whatever whoever has the key file says, addresses too.
        TrustUnverifiedEmail = true,
        MaxLifetime = TimeSpan.FromDays(31),
    };

    /// <summary>Issues a token.</summary>
    /// <param name="identity">Who the bearer is.</param>
    /// <param name="lifetime">Up to 31 days; 8 hours by default.</param>
    public string Issue(EnvelopeIdentity identity, TimeSpan? lifetime = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (!StewardIds.IsValid(identity.TenantId, 't') || !StewardIds.IsValid(identity.UserId, 'u'))
        {
            throw new ArgumentException("The identity needs a tenant id (t-…) and a user id (u-…) of a-z, 0-9, '.', '_' and '-'.", nameof(identity));
        }

        var valid = lifetime ?? DefaultLifetime;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(valid, TimeSpan.Zero, nameof(lifetime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(valid, TimeSpan.FromDays(31), nameof(lifetime));
        var now = _time.GetUtcNow();
        var payload = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(payload))
        {
            writer.WriteStartObject();
            writer.WriteString("iss", Issuer);
            writer.WriteString("aud", Audience);
            writer.WriteString("sub", identity.UserId);
            writer.WriteString("tenant", identity.TenantId);
            writer.WriteStartArray("roles");
            foreach (var role in identity.Roles)
            {
                writer.WriteStringValue(role);
            }

            writer.WriteEndArray();
            if (identity.Name is not null)
            {
                writer.WriteString("name", identity.Name);
            }

            if (identity.Email is not null)
            {
                writer.WriteString("email", identity.Email);
            }

            writer.WriteNumber("iat", now.ToUnixTimeSeconds());
            writer.WriteNumber("exp", (now + valid).ToUnixTimeSeconds());
            writer.WriteString("jti", Guid.NewGuid().ToString("n"));
            writer.WriteEndObject();
        }

        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","typ":"JWT","kid":"{{_keyId}}"}"""));
        var signingInput = $"{header}.{Base64Url.EncodeToString(payload.WrittenSpan)}";
        using var ecdsa = ECDsa.Create(_key);
        var signature = ecdsa.SignData(Encoding.ASCII.GetBytes(signingInput), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signingInput}.{Base64Url.EncodeToString(signature)}";
    }
}
