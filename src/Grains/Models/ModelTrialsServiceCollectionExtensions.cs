using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Orchestration.Agents;
using Steward.Models.Experiments;
using Steward.Models.Feedback;
using Steward.Models.Prompts;
using Steward.Models.Quality;

namespace Steward.Models;

/// <summary>Adds experiments, canaries, prompts, feedback and judging.</summary>
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
        services.TryAddSingleton<IAgentInstructions, RegisteredInstructions>();
        services.TryAddSingleton<KnownAnswers>();
        services.TryAddSingleton<FeedbackTrials>();
        services.TryAddSingleton<RunEscalations>();
        services.TryAddSingleton<AnswerJudging>();
        services.TryAddSingleton<QualityAlerts>();
        services.TryAddSingleton<JudgeWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<JudgeWorker>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, JudgeStage>());
        return services;
    }
}
