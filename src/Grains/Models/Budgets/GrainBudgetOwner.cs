using Steward.Engines.Models.Budgets;
using Steward.Identity;

namespace Steward.Models;

/// <summary>A tenant's budgets as this silo reaches them: the grain, in the platform's name.</summary>
internal sealed class GrainBudgetOwner(IGrainFactory grains, PlatformIdentity platform) : IBudgetOwner
{
    /// <inheritdoc/>
    public async Task<BudgetAnswer> ExchangeAsync(string tenantId, BudgetExchange exchange, CancellationToken cancellationToken)
    {
        platform.Assume(tenantId);
        return BudgetMessages.ToAnswer(await grains.GetGrain<IBudgetGrain>(GrainKeys.ModelBudgets(tenantId)).Exchange(BudgetMessages.ToReport(exchange), cancellationToken));
    }
}
