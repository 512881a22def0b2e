using Steward.Identity;

namespace Steward.Triage;

/// <summary>Finds the triage of a tenant.</summary>
internal interface ITenantTriage
{
    /// <summary>The tenant's triage.</summary>
    ITriageGrain Of(string tenantId);
}

/// <summary>Finds the grain.</summary>
internal sealed class TenantTriage(IGrainFactory grains) : ITenantTriage
{
    /// <inheritdoc/>
    public ITriageGrain Of(string tenantId) => grains.GetGrain<ITriageGrain>(GrainKeys.Triage(tenantId));
}
