using Steward.Identity;
using Steward.Models;

namespace Steward.Client;

/// <summary>The tenant's budgets over grain calls.</summary>
internal sealed class StewardModelBudgetClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : IModelBudgetClient
{
    private IBudgetGrain Budgets => grains.GetGrain<IBudgetGrain>(GrainKeys.ModelBudgets(identity.TenantId));

    private IModelCostsGrain Costs => grains.GetGrain<IModelCostsGrain>(GrainKeys.ModelCosts(identity.TenantId));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ModelBudget>> ListAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("model-budgets.list", idempotent: true, changes: false, Budgets, 0, static (budgets, _, token) => budgets.List(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ModelBudget> SetAsync(ModelBudgetSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return calls.CallAsync("model-budgets.set", idempotent: true, changes: true, Budgets, spec, static (budgets, spec, token) => budgets.Set(spec, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string budgetId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(budgetId);
        return calls.CallAsync("model-budgets.delete", idempotent: true, changes: true, Budgets, budgetId, static (budgets, id, token) => budgets.Delete(id, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ModelCostReport> GetCostsAsync(ModelCostReportQuery query, CancellationToken cancellationToken = default)
    {
        ModelCostSums.Check(query);
        var sums = new ModelCostSums(query);
        for (long? after = 0; after is { } place;)
        {
            var part = new ModelCostQuery { From = query.FromDay, To = query.ToDay, After = place };
            var page = await calls.CallAsync("model-costs.read", idempotent: true, changes: false, Costs, part, static (costs, part, token) => costs.Read(part, token), cancellationToken);
            foreach (var cost in page.Costs)
            {
                sums.Add(cost);
            }

            after = page.NextAfter;
        }

        return sums.ToReport();
    }
}
