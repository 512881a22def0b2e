using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>Registers the choice of tiers.</summary>
public static class ModelRoutingServiceCollectionExtensions
{
    /// <summary>
    /// Adds the choice of tiers and the caps on cost to the gateway. <c>Steward:Models:Routing</c> of the host's configuration gives the options, <paramref name="configure"/> has the last word. Intents, and whether a request is several things, come
    /// from an <see cref="IRequestClassifier"/> of the composition; without one the words decide, and what is not English gets the middle tier and says why.
    /// </summary>
    public static IServiceCollection AddStewardModelRouting(this IServiceCollection services, Action<ModelRoutingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ModelRoutingOptions>()
            .Configure<IServiceProvider>((options, provider) =>
            {
                provider.GetService<IConfiguration>()?.GetSection("Steward:Models:Routing").Bind(options);
                configure?.Invoke(options);
            })
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelRoutingOptions>, ModelRoutingOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<KnownRequests>();
        services.TryAddSingleton<RequestClassification>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, RoutingStage>());
        return services;
    }
}
