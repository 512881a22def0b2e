using Steward.Errors;
using Steward.Tenants;

namespace Steward.Client;

/// <summary>What is configured for the person's tenant; for its admins. Reached through <see cref="IStewardUserClient.Tenant"/>.</summary>
public interface ITenantClient
{
    /// <summary>What is in force: what the tenant decides itself, and what the operator does.</summary>
    /// <exception cref="StewardException"><c>forbidden</c> for others than admins.</exception>
    Task<TenantProfile> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces what the tenant decides itself. Idempotent.</summary>
    /// <exception cref="StewardException"><c>forbidden</c> for others than admins; <c>invalid_argument</c> names the field.</exception>
    Task<TenantProfile> SetAsync(TenantPreferences preferences, CancellationToken cancellationToken = default);
}
