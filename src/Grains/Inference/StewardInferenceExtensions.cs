using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Steward.Engines.Inference;
using Steward.Engines.Orchestration.Intents;

namespace Steward.Inference;

/// <summary>Adds what the inference grain needs to a silo.</summary>
internal static class StewardInferenceExtensions
{
    /// <summary>Registers the placement, and lets the silo say what it runs models on: nothing where it has no <see cref="IInferenceEngine"/>.</summary>
    public static ISiloBuilder AddStewardInferenceGrains(this ISiloBuilder builder)
    {
        // The engine knows only when it is made what it computes with. Options are configured in the order of their registration, so that this fills the values before they are read.
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        builder.Services.AddOptions<SiloMetadata>().Configure<IServiceProvider>(
            (_, services) => metadata[InferenceSilos.Name] = InferenceSilos.Describe(services.GetService<IInferenceEngine>()?.Status));
        builder.UseSiloMetadata(metadata);
        builder.Services.AddPlacementFilter<InferencePlacementStrategy, InferencePlacementDirector>(ServiceLifetime.Transient);
        builder.Services.TryAddSingleton<InferenceSilos>();
        if (builder.Services.Any(service => service.ServiceType == typeof(IInferenceEngine)))
        {
            builder.Services.TryAddSingleton<IIntentClassifier, ModelIntents>();
        }

        return builder;
    }
}
