using Steward.Engines.Approvals;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;

namespace Steward.Approvals;

/// <summary>The chains of tenants without rules of their own: those whom the action policy names, else the tenant's admins.</summary>
internal sealed class PolicyRoutes(ITenantDirectories directories) : IApprovalRoutes
{
    /// <inheritdoc/>
    public ValueTask<RuleVerdict> RouteAsync(ApprovalRequest request, DateTimeOffset now, CancellationToken cancellationToken) =>
        RuleSet.None.DecideAsync(request, directories.For(request.TenantId), now, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Delegation>> DelegationsAsync(string tenantId, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Delegation>>([]);
}
