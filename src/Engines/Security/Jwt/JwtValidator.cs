using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Steward.Engines.Security.Jwt;

/// <summary>Why a token was refused. The message is safe to show; it never repeats the token.</summary>
/// <param name="Code">A stable code: <c>malformed</c>, <c>unknown_issuer</c>, <c>algorithm</c>, <c>type</c>, <c>critical</c>, <c>unknown_key</c>,
/// <c>signature</c>, <c>audience</c>, <c>expired</c>, <c>not_yet_valid</c>, <c>claims</c> or <c>keys_unavailable</c>.</param>
/// <param name="Message">What was wrong.</param>
public sealed record JwtFailure(string Code, string Message)
{
    /// <summary>Whether the token could not be judged now, because the issuer's keys could not be had. Answer 503, not 401.</summary>
    public bool IsTransient => Code == "keys_unavailable";
}

/// <summary>The result of a validation: either an identity or a failure.</summary>
public sealed record JwtResult
{
    private JwtResult()
    {
    }

    /// <summary>Whether the token was accepted.</summary>
    [MemberNotNullWhen(true, nameof(Identity), nameof(Issuer))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsValid => Identity is not null;

    /// <summary>Who calls.</summary>
    public EnvelopeIdentity? Identity { get; private init; }

    /// <summary>Who says so.</summary>
    public string? Issuer { get; private init; }

    /// <summary>Until when.</summary>
    public DateTimeOffset ExpiresAt { get; private init; }

    /// <summary>Why not.</summary>
    public JwtFailure? Failure { get; private init; }

    internal static JwtResult Valid(EnvelopeIdentity identity, string issuer, DateTimeOffset expiresAt) =>
        new() { Identity = identity, Issuer = issuer, ExpiresAt = expiresAt };

    internal static JwtResult Invalid(string code, string message) => new() { Failure = new JwtFailure(code, message) };
}

/// <summary>
/// Validates bearer tokens: compact JWS (RFC 7515) with JWT claims (RFC 7519), following the advice of RFC 8725: algorithms are pinned per
/// issuer, the key is chosen by issuer and key id alone, and what is not understood is refused. See docs/decisions/0002-jwt.md. Safe for
/// concurrent use; never throws for any token.
/// </summary>
public sealed class JwtValidator
{
    /// <summary>The longest token, in characters.</summary>
    public const int MaxTokenLength = 16 * 1024;

    private const string MailClaim = "email";

    private static readonly string[] DefaultTypes = ["JWT", "at+jwt"];

    private readonly FrozenDictionary<string, JwtIssuerOptions> _issuers;
    private readonly IJwksSource _keys;
    private readonly TimeProvider _time;

    /// <summary>Creates a validator.</summary>
    /// <param name="issuers">The trusted issuers; without any, every token is refused.</param>
    /// <param name="keys">Where their keys come from.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The options of an issuer are wrong; the message says the fix.</exception>
    public JwtValidator(IEnumerable<JwtIssuerOptions> issuers, IJwksSource keys, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(issuers);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(time);
        var list = issuers.ToList();
        var problems = list.SelectMany(issuer => issuer.Validate()).ToList();
        problems.AddRange(list.GroupBy(issuer => issuer.Issuer, StringComparer.Ordinal).Where(group => group.Count() > 1)
            .Select(group => $"Issuer '{group.Key}' is configured twice; merge the two."));
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(issuers));
        }

        _issuers = list.ToFrozenDictionary(issuer => issuer.Issuer, StringComparer.Ordinal);
        _keys = keys;
        _time = time;
    }

    /// <summary>Whether any issuer is trusted.</summary>
    public bool HasIssuers => _issuers.Count > 0;

    /// <summary>Validates a token.</summary>
    /// <param name="token">The token without the word Bearer.</param>
    /// <param name="cancellationToken">Stops waiting for the issuer's keys.</param>
    public async ValueTask<JwtResult> ValidateAsync(string? token, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token) || token.Length > MaxTokenLength)
        {
            return JwtResult.Invalid("malformed", $"The token is missing or longer than {MaxTokenLength} characters.");
        }

        var firstDot = token.IndexOf('.', StringComparison.Ordinal);
        var secondDot = firstDot < 0 ? -1 : token.IndexOf('.', firstDot + 1);
        if (firstDot <= 0 || secondDot <= firstDot + 1 ||
            !StrictBase64Url.TryDecode(token.AsSpan(0, firstDot), out var headerBytes) ||
            !StrictBase64Url.TryDecode(token.AsSpan(firstDot + 1, secondDot - firstDot - 1), out var payloadBytes) ||
            !StrictBase64Url.TryDecode(token.AsSpan(secondDot + 1), out var signature) ||
            !StrictJson.TryParseObject(headerBytes, out var header))
        {
            return Malformed();
        }

        using (header)
        {
            if (!StrictJson.TryParseObject(payloadBytes, out var payload))
            {
                return Malformed();
            }

            using (payload)
            {
                return await ValidateAsync(token, secondDot, header.RootElement, payload.RootElement, signature, cancellationToken);
            }
        }
    }

    private static JwtResult Malformed() =>
        JwtResult.Invalid("malformed", "The token is not a signed JWT: three base64url parts, of which the first two are JSON objects without duplicate members.");

    private async ValueTask<JwtResult> ValidateAsync(
        string token, int secondDot, JsonElement header, JsonElement claims, byte[] signature, CancellationToken cancellationToken)
    {
        // The issuer is read before the signature is checked, and used for one thing only: to pick the rules and keys that must then hold.
        if (!TryGetText(claims, "iss", out var issuerName) || !_issuers.TryGetValue(issuerName, out var issuer))
        {
            return JwtResult.Invalid("unknown_issuer", "The token's issuer is not trusted here.");
        }

        if (CheckHeader(header, issuer, out var algorithm, out var keyId) is { } headerFailure)
        {
            return headerFailure;
        }

        var signingInput = Encoding.ASCII.GetBytes(token, 0, secondDot);
        var (verified, failure) = await VerifyAsync(issuer, keyId, algorithm, signingInput, signature, cancellationToken);
        if (!verified)
        {
            return failure!;
        }

        return CheckClaims(claims, issuer);
    }

    private static JwtResult? CheckHeader(JsonElement header, JwtIssuerOptions issuer, out string algorithm, out string? keyId)
    {
        keyId = null;
        if (!TryGetText(header, "alg", out algorithm!) || !issuer.Algorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            return JwtResult.Invalid("algorithm", $"The token must be signed with {string.Join(" or ", issuer.Algorithms)}.");
        }

        if (header.TryGetProperty("crit", out _) || header.TryGetProperty("b64", out _))
        {
            return JwtResult.Invalid("critical", "The token uses header extensions that are not supported.");
        }

        if (header.TryGetProperty("typ", out _) || issuer.RequireType)
        {
            var types = issuer.TokenTypes.Count > 0 ? (IEnumerable<string>)issuer.TokenTypes : DefaultTypes;
            if (!TryGetText(header, "typ", out var type) || !types.Contains(WithoutPrefix(type), StringComparer.OrdinalIgnoreCase))
            {
                return JwtResult.Invalid("type", $"The token's type must be {string.Join(" or ", types)}.");
            }
        }

        if (header.TryGetProperty("kid", out _) && (!TryGetText(header, "kid", out keyId) || keyId.Length > 512))
        {
            return Malformed();
        }

        return null;
    }

    private async ValueTask<(bool Verified, JwtResult? Failure)> VerifyAsync(
        JwtIssuerOptions issuer, string? keyId, string algorithm, byte[] signingInput, byte[] signature, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonWebKey> candidates = [];
        for (var attempt = 0; attempt < 2 && candidates.Count == 0; attempt++)
        {
            JsonWebKeySet set;
            try
            {
                // An unknown key id may be a new key: ask again, as often as the source permits.
                set = await _keys.GetAsync(issuer, refresh: attempt > 0, cancellationToken);
            }
            catch (JwksUnavailableException exception)
            {
                return (false, JwtResult.Invalid("keys_unavailable", exception.Message));
            }

            candidates = set.Find(keyId, algorithm);
        }

        if (candidates.Count == 0)
        {
            return (false, JwtResult.Invalid("unknown_key", keyId is null
                ? "The token names no key, and the issuer does not have exactly one that fits its algorithm."
                : "The issuer has no key with the token's key id for its algorithm."));
        }

        return candidates.Any(key => key.Verify(algorithm, signingInput, signature))
            ? (true, null)
            : (false, JwtResult.Invalid("signature", "The token's signature is wrong."));
    }

    private JwtResult CheckClaims(JsonElement claims, JwtIssuerOptions issuer)
    {
        if (!claims.TryGetProperty("aud", out var audience) || !TextsOf(audience).Intersect(issuer.Audiences, StringComparer.Ordinal).Any())
        {
            return JwtResult.Invalid("audience", "The token is meant for somebody else (aud).");
        }

        var now = _time.GetUtcNow();
        if (!TryGetTime(claims, "exp", out var expiresAt) || expiresAt is null)
        {
            return JwtResult.Invalid("claims", "The token has no valid expiry (exp).");
        }

        if (!TryGetTime(claims, "nbf", out var notBefore) || !TryGetTime(claims, "iat", out var issuedAt))
        {
            return JwtResult.Invalid("claims", "The token's times (nbf, iat) must be numbers of seconds.");
        }

        if (now >= expiresAt + issuer.ClockSkew)
        {
            return JwtResult.Invalid("expired", "The token has expired.");
        }

        if (notBefore > now + issuer.ClockSkew || issuedAt > now + issuer.ClockSkew)
        {
            return JwtResult.Invalid("not_yet_valid", "The token is not valid yet.");
        }

        if (expiresAt - (issuedAt ?? now) > issuer.MaxLifetime + issuer.ClockSkew)
        {
            return JwtResult.Invalid("claims", $"The token's lifetime is longer than {issuer.MaxLifetime}.");
        }

        return MapIdentity(claims, issuer, expiresAt.Value);
    }

    private static JwtResult MapIdentity(JsonElement claims, JwtIssuerOptions issuer, DateTimeOffset expiresAt)
    {
        var tenantId = issuer.TenantId;
        if (string.IsNullOrWhiteSpace(tenantId))
        {
            if (!TryGetText(claims, issuer.TenantClaim!, out tenantId) || !StewardIds.IsValid(tenantId, 't'))
            {
                return JwtResult.Invalid("claims", $"The token's claim '{issuer.TenantClaim}' must be a tenant id.");
            }

            if (!issuer.Tenants.Contains(tenantId, StringComparer.Ordinal) && !issuer.Tenants.Contains("*", StringComparer.Ordinal))
            {
                return JwtResult.Invalid("claims", "The token's issuer may not speak for that tenant.");
            }
        }

        var isMailBelieved = IsMailBelieved(claims, issuer);
        if (IsMail(issuer.UserClaim, issuer) && !isMailBelieved)
        {
            return JwtResult.Invalid("claims", $"The token's claim '{issuer.UserClaim}' says who the user is, and the token does not say that this address is verified (email_verified).");
        }

        if (!TryGetText(claims, issuer.UserClaim, out var user) || user.Length > 1024 || TryMapUser(user, issuer) is not { } userId)
        {
            return JwtResult.Invalid("claims", issuer.UserClaimIsUserId
                ? $"The token's claim '{issuer.UserClaim}' must be a user id, such as u-ada."
                : $"The token's claim '{issuer.UserClaim}' must be a text that identifies the user.");
        }

        return JwtResult.Valid(
            new EnvelopeIdentity
            {
                TenantId = tenantId,
                UserId = userId,
                Roles = RolesOf(claims, issuer),
                Name = Bounded(claims, issuer.NameClaim),
                Email = isMailBelieved ? Bounded(claims, issuer.EmailClaim) : null,
            },
            issuer.Issuer,
            expiresAt);
    }

    /// <summary>
    /// Whether the token's address is surely its bearer's. OpenID Connect says so of the claim <c>email</c> alone: what other claims hold is believed of issuers that are trusted with it only.
    /// </summary>
    private static bool IsMailBelieved(JsonElement claims, JwtIssuerOptions issuer) =>
        claims.TryGetProperty("email_verified", out var verified)
            ? (verified.ValueKind == JsonValueKind.True || (verified.ValueKind == JsonValueKind.String && verified.ValueEquals("true"))) && (issuer.TrustUnverifiedEmail || issuer.EmailClaim == MailClaim)
            : issuer.TrustUnverifiedEmail;

    private static bool IsMail(string claim, JwtIssuerOptions issuer) => claim == MailClaim || claim == issuer.EmailClaim;

    private static string? TryMapUser(string value, JwtIssuerOptions issuer)
    {
        if (issuer.UserClaimIsUserId)
        {
            return StewardIds.IsValid(value, 'u') ? value : null;
        }

        // "h." marks the hashed form; a value that starts with it is hashed too, so that the two forms cannot meet.
        return StewardIds.IsValidTail(value) && !value.StartsWith("h.", StringComparison.Ordinal)
            ? "u-" + value
            : "u-h." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 16));
    }

    private static List<string> RolesOf(JsonElement claims, JwtIssuerOptions issuer)
    {
        if (string.IsNullOrEmpty(issuer.RolesClaim) || !claims.TryGetProperty(issuer.RolesClaim, out var value))
        {
            return [];
        }

        var given = value.ValueKind == JsonValueKind.String ? value.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries) : TextsOf(value);
        var mapped = issuer.RoleMap.Count == 0
            ? given
            : given.Select(role => issuer.RoleMap.TryGetValue(role, out var mappedRole) ? mappedRole : null).OfType<string>();
        return [.. mapped.Where(role => role.Length <= 64 && !role.Equals("system", StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal).Take(64)];
    }

    private static string? Bounded(JsonElement claims, string name) =>
        !string.IsNullOrEmpty(name) && TryGetText(claims, name, out var text) && text.Length <= 320 ? text : null;

    private static string WithoutPrefix(string type) =>
        type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) ? type["application/".Length..] : type;

    private static IEnumerable<string> TextsOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!),
        _ => [],
    };

    private static bool TryGetText(JsonElement element, string name, [NotNullWhen(true)] out string? text)
    {
        text = element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return !string.IsNullOrEmpty(text);
    }

    /// <summary>A NumericDate; true with null when the claim is absent.</summary>
    private static bool TryGetTime(JsonElement claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out var value))
        {
            return true;
        }

        // Up to the year 9999; NaN and infinities are not JSON.
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is < 0 or > 253_402_300_799)
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }
}
