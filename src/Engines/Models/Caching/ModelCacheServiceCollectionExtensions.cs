using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tiers;

namespace Steward.Engines.Models.Caching;

/// <summary>Registers the caches.</summary>
public static class ModelCacheServiceCollectionExtensions
{
    /// <summary>
    /// Adds the exact and the semantic cache to the gateway. <c>Steward:Models:Cache</c> of the host's configuration gives the options, <paramref name="configure"/> has the last word. The semantic cache works where the
    /// composition registers an <see cref="ITextEmbedder"/>.
    /// </summary>
    public static IServiceCollection AddStewardModelCaches(this IServiceCollection services, Action<ModelCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ModelCacheOptions>()
            .Configure<IServiceProvider>((options, provider) =>
            {
                provider.GetService<IConfiguration>()?.GetSection("Steward:Models:Cache").Bind(options);
                configure?.Invoke(options);
            })
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelCacheOptions>, ModelCacheOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRandomSource, RandomSource>();
        services.TryAddSingleton<AnswerStore>();
        services.TryAddSingleton<AnswerFlights>();
        services.TryAddSingleton<ShadowSample>();
        services.TryAddSingleton<KnownRequests>();
        services.TryAddSingleton<RequestClassification>();
        services.TryAddSingleton(provider => new ModelCacheStatus(provider.GetRequiredService<AnswerStore>(), provider.GetService<ITextEmbedder>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, ExactCacheStage>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, SemanticCacheStage>());
        services.AddLogging();
        services.TryAddSingleton<AnswerSweep>();
        services.AddHostedService(static provider => provider.GetRequiredService<AnswerSweep>());
        return services;
    }
}
