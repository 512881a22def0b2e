using Steward.Identity;
using Steward.Tenants;

namespace Steward.Client;

/// <summary>The person's tenant over grain calls.</summary>
internal sealed class StewardTenantClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : ITenantClient
{
    private ITenantGrain Tenant => grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(identity.TenantId));

    /// <inheritdoc/>
    public Task<TenantProfile> GetAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("tenant.get-settings", idempotent: true, changes: false, Tenant, 0, static (tenant, _, token) => tenant.GetSettings(token), cancellationToken);

    /// <inheritdoc/>
    public Task<TenantProfile> SetAsync(TenantPreferences preferences, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        return calls.CallAsync("tenant.prefer", idempotent: true, changes: true, Tenant, preferences, static (tenant, preferences, token) => tenant.Prefer(preferences, token), cancellationToken);
    }
}
