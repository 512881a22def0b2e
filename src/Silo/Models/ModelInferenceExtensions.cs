using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Tiers;

namespace Steward.Silo.Models;

/// <summary>Gives the model gateway what the silo's own models compute.</summary>
public static class ModelInferenceExtensions
{
    /// <summary>Adds the embedder of the semantic cache and the classifier of the choice of tiers. They need the inference engine; where that cannot compute, the gateway goes on without.</summary>
    public static IServiceCollection AddStewardModelInference(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ITextEmbedder, InferenceTextEmbedder>();
        services.TryAddSingleton<IRequestClassifier, InferenceRequestClassifier>();
        services.TryAddSingleton<IRequestIntents, InferenceRequestIntents>();
        return services;
    }
}
