using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Vectors;

namespace Steward.Triage;

/// <summary>Adds what triage needs.</summary>
internal static class TriageServiceCollectionExtensions
{
    /// <summary>Registers the silo's heads and its way to the models. The silo must also have an <see cref="Storage.IContentStore"/>.</summary>
    public static IServiceCollection AddStewardTriage(this IServiceCollection services)
    {
        services.AddOptions<TriageOptions>().BindConfiguration(TriageOptions.Section);
        services.TryAddSingleton<TenantHeads>();
        services.TryAddSingleton<ITriageModels, ClusterModels>();
        services.AddOptions<VectorOptions>().BindConfiguration(VectorOptions.Section);
        services.TryAddSingleton<VectorCollections>();
        services.TryAddSingleton<TriageParts>();
        return services;
    }
}
