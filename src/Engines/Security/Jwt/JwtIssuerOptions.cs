namespace Steward.Engines.Security.Jwt;

/// <summary>An issuer of tokens that Steward trusts, and for what.</summary>
public sealed class JwtIssuerOptions
{
    /// <summary>The exact value of the <c>iss</c> claim.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Accepted values of the <c>aud</c> claim; at least one.</summary>
    public IList<string> Audiences { get; init; } = [];

    /// <summary>
    /// Accepted algorithms: RS256, PS256, ES256, ES384 (<see cref="JwtAlgorithms"/>). At least one, and nothing else is accepted from this issuer.
    /// </summary>
    public IList<string> Algorithms { get; init; } = [];

    /// <summary>Where the issuer publishes its keys (JWKS): https, or http on loopback. One of this, <see cref="JwksFile"/> and <see cref="Jwks"/>.</summary>
    public Uri? JwksUri { get; set; }

    /// <summary>A file that holds the issuer's keys (JWKS); read again after ten minutes, or when a token names a key that it lacked.</summary>
    public string? JwksFile { get; set; }

    /// <summary>The issuer's keys themselves (JWKS).</summary>
    public string? Jwks { get; set; }

    /// <summary>How far the issuer's clock may differ; one minute by default, five at most.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest time between <c>iat</c> (or now) and <c>exp</c>; one day by default.</summary>
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Accepted values of the <c>typ</c> header, compared without case and without <c>application/</c>; JWT and at+jwt when empty.</summary>
    public IList<string> TokenTypes { get; init; } = [];

    /// <summary>Whether a token without <c>typ</c> is refused; not by default, since RFC 7519 makes it optional.</summary>
    public bool RequireType { get; set; }

    /// <summary>The tenant of every token of this issuer. One of this and <see cref="TenantClaim"/>.</summary>
    public string? TenantId { get; set; }

    /// <summary>The claim that holds the tenant id; only tenants listed in <see cref="Tenants"/> are accepted.</summary>
    public string? TenantClaim { get; set; }

    /// <summary>The tenants that this issuer may speak for when <see cref="TenantClaim"/> is used; <c>*</c> stands for all.</summary>
    public IList<string> Tenants { get; init; } = [];

    /// <summary>The claim that identifies the person within the issuer; <c>sub</c> by default. It must never be reassigned to another person.</summary>
    public string UserClaim { get; set; } = "sub";

    /// <summary>
    /// Whether the user claim is a Steward user id (<c>u-…</c>) already. Otherwise it becomes one: <c>u-</c> and the value if that fits,
    /// else <c>u-h.</c> and a hash of it.
    /// </summary>
    public bool UserClaimIsUserId { get; set; }

    /// <summary>The claim that holds the roles, as an array of strings or a text separated by spaces; <c>roles</c> by default.</summary>
    public string RolesClaim { get; set; } = "roles";

    /// <summary>
    /// The issuer's role names and the Steward roles that they stand for. When empty, the claim's values are used as they are. The role
    /// <c>system</c> is never taken from a token.
    /// </summary>
    public IDictionary<string, string> RoleMap { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The claim that holds the mail address; <c>email</c> by default. Believed when <c>email_verified</c> is true, see <see cref="TrustUnverifiedEmail"/>.</summary>
    public string EmailClaim { get; set; } = "email";

    /// <summary>
    /// Whether a mail address is believed that the token does not say to be verified; not by default. An address decides who may approve: set this only for an issuer whose people cannot choose their addresses themselves,
    /// or which hands out none before it is verified. An address that the token says is <em>not</em> verified is never believed. Also holds for a <see cref="UserClaim"/> that is the address.
    /// </summary>
    public bool TrustUnverifiedEmail { get; set; }

    /// <summary>The claim that holds the display name; <c>name</c> by default.</summary>
    public string NameClaim { get; set; } = "name";

    /// <summary>What is wrong with these options, each with its fix.</summary>
    public IEnumerable<string> Validate()
    {
        var name = $"Issuer '{Issuer}'";
        if (string.IsNullOrWhiteSpace(Issuer))
        {
            yield return "A token issuer lacks Issuer: set it to the exact 'iss' value of its tokens.";
        }

        if (Audiences.Count == 0 || Audiences.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{name}: set Audiences to the 'aud' values that are meant for Steward.";
        }

        if (Algorithms.Count == 0 || Algorithms.Any(algorithm => !JwtAlgorithms.Supported.Contains(algorithm)))
        {
            yield return $"{name}: set Algorithms to those that it signs with, of {string.Join(", ", JwtAlgorithms.Supported)}. " +
                         "EdDSA is not available in .NET 10; 'none' and HS* are never accepted.";
        }

        if (new[] { JwksUri is not null, !string.IsNullOrWhiteSpace(JwksFile), !string.IsNullOrWhiteSpace(Jwks) }.Count(set => set) != 1)
        {
            yield return $"{name}: set exactly one of JwksUri, JwksFile and Jwks.";
        }

        if (JwksUri is { } uri && (!uri.IsAbsoluteUri || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))))
        {
            yield return $"{name}: JwksUri must be an https address (http only on loopback).";
        }

        if (ClockSkew < TimeSpan.Zero || ClockSkew > TimeSpan.FromMinutes(5))
        {
            yield return $"{name}: ClockSkew must be between 0 and 5 minutes.";
        }

        if (MaxLifetime <= TimeSpan.Zero)
        {
            yield return $"{name}: MaxLifetime must be longer than zero.";
        }

        if (string.IsNullOrWhiteSpace(TenantId) == string.IsNullOrWhiteSpace(TenantClaim))
        {
            yield return $"{name}: set either TenantId, when it serves one tenant, or TenantClaim with Tenants.";
        }
        else if (!string.IsNullOrWhiteSpace(TenantId) && !StewardIds.IsValid(TenantId, 't'))
        {
            yield return $"{name}: TenantId must be 't-' followed by a-z, 0-9, '.', '_' and '-'.";
        }
        else if (!string.IsNullOrWhiteSpace(TenantClaim) && Tenants.Count == 0)
        {
            yield return $"{name}: set Tenants to those that it may speak for, or to '*' for all.";
        }

        if (string.IsNullOrWhiteSpace(UserClaim))
        {
            yield return $"{name}: set UserClaim, for example to 'sub'.";
        }
    }
}
