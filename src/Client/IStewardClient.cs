using Steward.Identity;
using Steward.Tenants;

namespace Steward.Client;

/// <summary>
/// The entry of a front-end server into the cluster. Singleton, thread-safe. Every error is a
/// <see cref="Errors.StewardException"/>, apart from <see cref="OperationCanceledException"/> when the caller cancels.
/// </summary>
public interface IStewardClient
{
    /// <summary>Sees to tenants, in the name of the front end itself.</summary>
    ITenantAdministration Tenants { get; }

    /// <summary>
    /// Acts in the name of one person. The front end has authenticated this person before; silos believe it because the
    /// identity is signed with the cluster's key.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> when the tenant or user id is malformed.</exception>
    IStewardUserClient For(CallerIdentity identity);
}

/// <summary>What a front end does with tenants.</summary>
public interface ITenantAdministration
{
    /// <summary>Creates the tenant or replaces its profile. Idempotent, so it is repeated on transient failures.</summary>
    Task ConfigureAsync(string tenantId, TenantProfile profile, CancellationToken cancellationToken = default);

    /// <summary>The profile, or null when the tenant does not exist.</summary>
    Task<TenantProfile?> GetProfileAsync(string tenantId, CancellationToken cancellationToken = default);

    /// <summary>Stores an API key by its hash. Not repeated: after a failure with <c>OutcomeUnknown</c> look the key up.</summary>
    Task AddApiKeyAsync(string tenantId, ApiKeyRecord key, CancellationToken cancellationToken = default);

    /// <summary>Revokes an API key. Not repeated, since a repetition would answer that there is no such key.</summary>
    Task<bool> RevokeApiKeyAsync(string tenantId, string keyId, CancellationToken cancellationToken = default);

    /// <summary>The stored key, or null when unknown or revoked. The caller compares the hash.</summary>
    Task<ApiKeyRecord?> FindApiKeyAsync(string tenantId, string keyId, CancellationToken cancellationToken = default);
}
