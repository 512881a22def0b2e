using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Models.Gateway;
using Steward.Models.Health;

namespace Steward.Models;

/// <summary>Adds what the grains of models need to a silo.</summary>
internal static class StewardModelGrainsExtensions
{
    /// <summary>Registers what makes the endpoint's calls, and the copies of tenants' settings. The engine is registered apart (<c>AddStewardModels</c>).</summary>
    public static IServiceCollection AddStewardModelGrains(this IServiceCollection services)
    {
        services.TryAddSingleton<ModelCallRunner>();
        services.TryAddSingleton<ModelHealthExchange>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelHealthExchange>());
        services.Replace(ServiceDescriptor.Singleton<IModelTenantPolicies, TenantModelPolicies>());
        return services;
    }
}
