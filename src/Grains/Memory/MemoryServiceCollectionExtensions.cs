using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Orchestration;
using Steward.Engines.Security;
using Steward.Vectors;

namespace Steward.Memory;

/// <summary>Adds what the memory of people needs.</summary>
internal static class MemoryServiceCollectionExtensions
{
    public static IServiceCollection AddStewardMemory(this IServiceCollection services)
    {
        services.AddOptions<MemoryOptions>().BindConfiguration(MemoryOptions.Section);
        services.TryAddSingleton<DataKeys>();
        services.TryAddSingleton<IStatementExtractor, RuleExtractor>();
        services.TryAddSingleton<VectorCollections>();
        services.TryAddSingleton<QuestionEmbedder>();
        services.TryAddSingleton<MessageReader>();
        services.TryAddSingleton<MemoryFeed>();
        services.TryAddSingleton<IRunMemory, RunMemory>();
        return services;
    }
}
