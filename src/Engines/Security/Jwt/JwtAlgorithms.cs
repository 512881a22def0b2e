using System.Collections.Frozen;

namespace Steward.Engines.Security.Jwt;

/// <summary>The signature algorithms (RFC 7518) that can be accepted. All are asymmetric.</summary>
public static class JwtAlgorithms
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    public const string RS256 = "RS256";

    /// <summary>RSASSA-PSS with SHA-256.</summary>
    public const string PS256 = "PS256";

    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    public const string ES256 = "ES256";

    /// <summary>ECDSA on P-384 with SHA-384.</summary>
    public const string ES384 = "ES384";

    /// <summary>All of them.</summary>
    public static IReadOnlySet<string> Supported { get; } = new[] { RS256, PS256, ES256, ES384 }.ToFrozenSet(StringComparer.Ordinal);
}
