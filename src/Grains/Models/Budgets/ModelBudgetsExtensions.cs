using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Models.Budgets;

namespace Steward.Models;

/// <summary>Adds budgets and cost records of model calls to a silo.</summary>
public static class ModelBudgetsExtensions
{
    /// <summary>Registers the stages, what keeps this silo's share of the budgets, and the writer of cost records.</summary>
    public static IServiceCollection AddStewardModelBudgets(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<BudgetAlerts>();
        services.TryAddSingleton<IBudgetOwner, GrainBudgetOwner>();
        services.TryAddSingleton<ModelCostWriter>();
        services.TryAddSingleton<IModelCostSink>(static provider => provider.GetRequiredService<ModelCostWriter>());
        services.AddHostedService(static provider => provider.GetRequiredService<ModelCostWriter>());
        return services.AddModelBudgetStages();
    }
}
