using Steward.Engines.Approvals.People;

namespace Steward.Approvals;

/// <summary>The directories of tenants. Safe for concurrent use.</summary>
public interface ITenantDirectories
{
    /// <summary>The tenant's directory; one that knows nobody when the tenant has connected none.</summary>
    IDirectory ForTenant(string tenantId);
}
