using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Engines.Models.Gateway;

/// <summary>Registers the stages that hold calls to what tenants allow and models can.</summary>
public static class PolicyStageServiceCollectionExtensions
{
    /// <summary>Adds the stages of policy and capabilities. Every tenant has <see cref="ModelTenantPolicy.Default"/> until an <see cref="IModelTenantPolicies"/> is registered.</summary>
    public static IServiceCollection AddModelPolicyStages(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IModelTenantPolicies, OneModelPolicy>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, PolicyStage>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, CapabilitiesStage>());
        return services;
    }
}
