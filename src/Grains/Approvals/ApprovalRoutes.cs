using Steward.Engines.Approvals;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;

namespace Steward.Approvals;

/// <summary>The chains by tenants' rules; for tenants without any, those whom the action policy names, else the tenant's admins.</summary>
internal sealed class ApprovalRoutes(ApprovalRuleSets rules, ApprovalTypes types, ITenantDirectories directories) : IApprovalRoutes
{
    /// <inheritdoc/>
    public async ValueTask<RuleVerdict> RouteAsync(ApprovalRequest request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var current = await rules.GetAsync(request.TenantId, cancellationToken);
        return await current.Set.DecideAsync(request, types.Suggest(request), directories.ForTenant(request.TenantId), now, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Delegation>> DelegationsAsync(string tenantId, CancellationToken cancellationToken) => (await rules.GetAsync(tenantId, cancellationToken)).Delegations;
}
