using Orleans.Concurrency;
using Steward.Identity;

namespace Steward.Tenants;

/// <summary>
/// A customer organisation. Key: <c>t-acme</c>. Owns the profile, limits and API keys (hashed), and a reminder that resumes
/// runs and sessions whose silo was lost.
/// </summary>
[Alias("steward.tenant")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>Creates the tenant or replaces its profile. Idempotent.</summary>
    [Alias("configure")]
    Task Configure(TenantProfile profile, CancellationToken cancellationToken = default);

    /// <summary>The profile, with what the operator's configuration says in its place, or null when the tenant does not exist.</summary>
    [Alias("get-profile")]
    [AlwaysInterleave] // Safe: returns the last written profile and changes nothing; a session asks while the watchdog may be calling sessions.
    Task<TenantProfile?> GetProfile(CancellationToken cancellationToken = default);

    /// <summary>The same for the tenant's admins.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>; <c>not_found</c> when the tenant does not exist.</exception>
    [Alias("get-settings")]
    Task<TenantProfile> GetSettings(CancellationToken cancellationToken = default);

    /// <summary>Sets what a tenant decides itself; the rest of the profile stays. For the tenant's admins. Idempotent.</summary>
    /// <returns>The profile as it is now.</returns>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>; <c>not_found</c> when the tenant does not exist; <c>invalid_argument</c> names the field.</exception>
    [Alias("prefer")]
    Task<TenantProfile> Prefer(TenantPreferences preferences, CancellationToken cancellationToken = default);

    /// <summary>Stores an API key by its hash. The secret itself is never seen by the cluster.</summary>
    [Alias("add-api-key")]
    Task AddApiKey(ApiKeyRecord key, CancellationToken cancellationToken = default);

    /// <summary>Revokes an API key. Front ends notice within their cache time (30 s by default).</summary>
    /// <returns>Whether there was such a key.</returns>
    [Alias("revoke-api-key")]
    Task<bool> RevokeApiKey(string keyId, CancellationToken cancellationToken = default);

    /// <summary>The stored key, or null when unknown or revoked. The front end compares the hash.</summary>
    [Alias("find-api-key")]
    [AlwaysInterleave] // Safe: returns what was last written and changes nothing.
    Task<ApiKeyRecord?> FindApiKey(string keyId, CancellationToken cancellationToken = default);
}

/// <summary>What is configured for a tenant.</summary>
[GenerateSerializer]
[Alias("steward.tenant-profile")]
public sealed record TenantProfile
{
    /// <summary>Display name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>free, pro or enterprise.</summary>
    [Id(1)]
    public string Tier { get; init; } = "pro";

    /// <summary>Data residency region, for example <c>eu</c>.</summary>
    [Id(2)]
    public string Region { get; init; } = "eu";

    /// <summary>What a second message does while a run is active, unless the message says otherwise.</summary>
    [Id(3)]
    public DoubleTexting DoubleTexting { get; init; } = DoubleTexting.Enqueue;

    /// <summary>The most messages that wait in one session; more are rejected.</summary>
    [Id(4)]
    public int MaxWaitingMessages { get; init; } = 16;

    /// <summary>After how many days without a change the texts of runs and sessions are removed; null keeps them.</summary>
    [Id(5)]
    public int? RetentionDays { get; init; }

    /// <summary>The share of the cluster that the tenant gets when all are busy, in proportion to others'; null is the default of its tier.</summary>
    [Id(6)]
    public double? Weight { get; init; }

    /// <summary>The most runs that are worked on at the same time; null is the default of the cluster.</summary>
    [Id(7)]
    public int? MaxConcurrentRuns { get; init; }

    /// <summary>The most background runs of one session that have not ended; more are rejected.</summary>
    [Id(8)]
    public int MaxBackgroundRuns { get; init; } = 8;

    /// <summary><see cref="Weight"/>, or what the tier gives: free 1, pro 4, enterprise 8.</summary>
    public double SharingWeight => Weight ?? Tier switch { "free" => 1, "enterprise" => 8, _ => 4 };
}

/// <summary>The part of a <see cref="TenantProfile"/> that a tenant decides itself; the operator decides the rest.</summary>
[GenerateSerializer]
[Alias("steward.tenant-preferences")]
public sealed record TenantPreferences
{
    /// <summary>What a second message does while a run is active, unless the message says otherwise.</summary>
    [Id(0)]
    public DoubleTexting DoubleTexting { get; init; } = DoubleTexting.Enqueue;

    /// <summary>After how many days without a change the texts of runs and sessions are removed, 1 to 36,500; null keeps them.</summary>
    [Id(1)]
    public int? RetentionDays { get; init; }
}

/// <summary>What happens to a message that arrives while the session's previous one is being worked off.</summary>
[GenerateSerializer]
[Alias("steward.double-texting")]
public enum DoubleTexting
{
    /// <summary>It waits for its turn.</summary>
    Enqueue,

    /// <summary>It is rejected.</summary>
    Reject,

    /// <summary>The active run is stopped, messages that wait are dropped; what was shown stays. The new message is worked off when they have ended.</summary>
    Interrupt,

    /// <summary>Like <see cref="Interrupt"/>, and the unfinished turn leaves the conversation. What was already done to other systems is not undone, and the conversation says so.</summary>
    RollBack,
}

/// <summary>An API key at rest.</summary>
[GenerateSerializer]
[Alias("steward.api-key")]
public sealed record ApiKeyRecord
{
    /// <summary>The public part, unique in the tenant.</summary>
    [Id(0)]
    public required string KeyId { get; init; }

    /// <summary>SHA-256 of the secret part (the secret has 256 random bits, so a slow hash adds nothing).</summary>
    [Id(1)]
    public required byte[] SecretHash { get; init; }

    /// <summary>Who the caller is when this key is used.</summary>
    [Id(2)]
    public required CallerIdentity Identity { get; init; }

    /// <summary>When it was made.</summary>
    [Id(3)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops to work; null never.</summary>
    [Id(4)]
    public DateTimeOffset? ExpiresAt { get; init; }
}
