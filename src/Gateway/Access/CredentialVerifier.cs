using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.Errors;
using Steward.Identity;
using Steward.Tenants;

namespace Steward.Gateway.Access;

/// <summary>Finds out who is behind a bearer token or API key. Answers are believed for a short time, so that a turn costs no look-up.</summary>
internal sealed class CredentialVerifier(IStewardClient client, JwtValidator tokens, IOptions<StewardGatewayOptions> options, TimeProvider time)
{
    private const int CacheCapacity = 16 * 1024;

    private readonly ExpiringCache<(string Tenant, string KeyId), Task<ApiKeyRecord?>> _keys = new(CacheCapacity, time);
    private readonly ExpiringCache<TokenHash, (CallerIdentity Caller, DateTimeOffset ExpiresAt)> _tokens = new(CacheCapacity, time);

    // Strangers can make well-formed keys of any tenant; their look-ups must not occupy the cluster.
    private readonly TokenBucket _unknownKeys = new(perSecond: 100, burst: 500, time);

    /// <summary>Who it is, or why it is nobody.</summary>
    /// <exception cref="StewardException">It cannot be found out now.</exception>
    public ValueTask<Verification> VerifyAsync(string credential, CancellationToken cancellationToken) =>
        credential.StartsWith("sk-", StringComparison.Ordinal) ? VerifyKeyAsync(credential, cancellationToken) : VerifyTokenAsync(credential, cancellationToken);

    private async ValueTask<Verification> VerifyKeyAsync(string credential, CancellationToken cancellationToken)
    {
        if (!ApiKeys.TryParse(credential, out var key))
        {
            return Refuse("api_key", "The API key is malformed.");
        }

        var record = await FindKeyAsync((key.TenantId, key.KeyId), cancellationToken);
        if (record is null
            || !ApiKeys.Matches(record.SecretHash, key.Secret)
            || !string.Equals(record.Identity.TenantId, key.TenantId, StringComparison.Ordinal))
        {
            return Refuse("api_key", "There is no such API key, or it was revoked.");
        }

        if (record.ExpiresAt <= time.GetUtcNow())
        {
            return Refuse("api_key", "The API key has expired.");
        }

        return Accept("api_key", WithoutPlatformRole(record.Identity));
    }

    private async Task<ApiKeyRecord?> FindKeyAsync((string Tenant, string KeyId) id, CancellationToken cancellationToken)
    {
        if (!_keys.TryGet(id, out var lookUp))
        {
            var known = _keys.HasSeen(id, out var earlier) && earlier is { IsCompletedSuccessfully: true } && await earlier is not null;
            if (!known && !_unknownKeys.TryTake(out var wait))
            {
                throw new StewardException(ErrorCodes.Overloaded, "Too many unknown API keys are being checked.") { IsRetryable = true, RetryAfter = wait };
            }

            // Not bound to one request's cancellation: others wait for the same answer.
            lookUp = client.Tenants.FindApiKeyAsync(id.Tenant, id.KeyId, CancellationToken.None);
            _keys.Set(id, lookUp, time.GetUtcNow() + options.Value.CredentialCache);
        }

        try
        {
            return await lookUp.WaitAsync(cancellationToken);
        }
        catch (StewardException)
        {
            // A failure says nothing about the key: the next request asks again.
            _keys.Set(id, lookUp, DateTimeOffset.MinValue);
            throw;
        }
    }

    private async ValueTask<Verification> VerifyTokenAsync(string credential, CancellationToken cancellationToken)
    {
        if (credential.Length > JwtValidator.MaxTokenLength)
        {
            return Refuse("jwt", "The token is too long.");
        }

        var hash = TokenHash.Of(credential);
        var now = time.GetUtcNow();
        if (_tokens.TryGet(hash, out var cached) && now < cached.ExpiresAt)
        {
            return Accept("jwt", cached.Caller);
        }

        var result = await tokens.ValidateAsync(credential, cancellationToken);
        if (!result.IsValid)
        {
            return result.Failure.IsTransient
                ? throw new StewardException(ErrorCodes.Unavailable, result.Failure.Message) { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(5) }
                : Refuse("jwt", result.Failure.Message);
        }

        var caller = WithoutPlatformRole(new CallerIdentity
        {
            TenantId = result.Identity.TenantId,
            UserId = result.Identity.UserId,
            Roles = result.Identity.Roles,
            Name = result.Identity.Name,
            Email = result.Identity.Email,
        });
        _tokens.Set(hash, (caller, result.ExpiresAt), now + options.Value.CredentialCache);
        return Accept("jwt", caller);
    }

    // Whatever an issuer or a stored key says, nobody from outside is the platform itself.
    private static CallerIdentity WithoutPlatformRole(CallerIdentity caller) =>
        caller.Roles.Contains(WellKnownRoles.System) ? caller with { Roles = [.. caller.Roles.Where(role => role != WellKnownRoles.System)] } : caller;

    private static Verification Accept(string kind, CallerIdentity caller)
    {
        Diagnostics.Credentials.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", "accepted"));
        return new Verification(caller, null);
    }

    private static Verification Refuse(string kind, string reason)
    {
        Diagnostics.Credentials.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", "refused"));
        return new Verification(null, reason);
    }

    /// <summary>A caller, or the reason why there is none, safe to show.</summary>
    internal readonly record struct Verification(CallerIdentity? Caller, string? Refusal);

    /// <summary>SHA-256 of a token: the cache holds no tokens.</summary>
    private readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            return new TokenHash(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]), BitConverter.ToUInt64(hash[16..]), BitConverter.ToUInt64(hash[24..]));
        }
    }
}
