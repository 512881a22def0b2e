using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>Adds budgets and cost records to the gateway's stages.</summary>
public static class ModelBudgetsServiceCollectionExtensions
{
    /// <summary>Registers them. The services must also have an <see cref="IBudgetOwner"/> and an <see cref="IModelCostSink"/>.</summary>
    public static IServiceCollection AddModelBudgetStages(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ModelBudgetOptions>().BindConfiguration(ModelBudgetOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelBudgetOptions>, ModelBudgetOptionsValidator>());
        services.TryAddSingleton<BudgetKeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<BudgetKeeper>());
        services.TryAddSingleton(provider => new MeteredEmbeddings(
            provider.GetRequiredService<IEmbeddingModelSource>(),
            provider.GetRequiredService<IModelTenantPolicies>(),
            provider.GetRequiredService<BudgetKeeper>(),
            provider.GetRequiredService<IModelCostSink>(),
            provider.GetServices<IModelStage>(),
            provider.GetService<ModelAdmission>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, BudgetStage>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, ModelCostStage>());
        return services;
    }
}
