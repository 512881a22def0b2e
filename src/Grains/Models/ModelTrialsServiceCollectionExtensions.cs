using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Models.Gateway;
using Steward.Models.Experiments;
using Steward.Models.Prompts;

namespace Steward.Models;

/// <summary>Adds experiments, canaries and prompts.</summary>
internal static class ModelTrialsServiceCollectionExtensions
{
    /// <summary>Registers the stage that assigns variants, the silo's copies of experiments and prompts, and what hands in its observations.</summary>
    public static IServiceCollection AddStewardModelTrials(this IServiceCollection services)
    {
        services.TryAddSingleton<ExperimentCatalog>();
        services.TryAddSingleton<ExperimentObservations>();
        services.TryAddSingleton<ExperimentReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<ExperimentReporter>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, ExperimentStage>());
        services.TryAddSingleton<IPromptSource, PromptSource>();
        return services;
    }
}
