using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Triage;

/// <summary>Registers what learning from labels needs.</summary>
internal static class TriageLearningExtensions
{
    /// <summary>Adds the room in which a silo trains, and the options.</summary>
    public static IServiceCollection AddStewardTriageLearning(this IServiceCollection services)
    {
        services.AddOptions<TriageLearningOptions>().BindConfiguration(TriageLearningOptions.Section)
            .Validate(options => options.TrialShare is > 0 and < 1, $"{TriageLearningOptions.Section}:TrialShare must be above 0 and below 1.")
            .Validate(options => options.TrialTime > TimeSpan.Zero && options.WatchTime > TimeSpan.Zero, $"{TriageLearningOptions.Section}:TrialTime and WatchTime must be more than 0.")
            .Validate(options => options.TrialFewestSaid >= 1, $"{TriageLearningOptions.Section}:TrialFewestSaid must be at least 1.")
            .Validate(options => options.CheckEvery >= TimeSpan.FromMinutes(1), $"{TriageLearningOptions.Section}:CheckEvery must be at least a minute.")
            .ValidateOnStart();
        services.TryAddSingleton<ITrainingLoad, SiloInferenceLoad>();
        services.TryAddSingleton<TrainingRoom>();
        services.TryAddSingleton<TicketEmbeddings>();
        services.TryAddSingleton<LearnerParts>();
        return services;
    }
}
