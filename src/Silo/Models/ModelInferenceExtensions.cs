using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Models.Caching;

namespace Steward.Silo.Models;

/// <summary>Gives the model gateway what the silo's own models compute.</summary>
public static class ModelInferenceExtensions
{
    /// <summary>Adds the embedder of the semantic cache. It needs the inference engine; where that cannot compute, the gateway goes on without.</summary>
    public static IServiceCollection AddStewardModelInference(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ITextEmbedder, InferenceTextEmbedder>();
        return services;
    }
}
