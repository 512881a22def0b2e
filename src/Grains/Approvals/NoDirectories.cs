using Steward.Engines.Approvals.People;

namespace Steward.Approvals;

/// <summary>For silos that connect no directories.</summary>
internal sealed class NoDirectories : ITenantDirectories
{
    /// <inheritdoc/>
    public IDirectory ForTenant(string tenantId) => NoDirectory.Instance;
}
