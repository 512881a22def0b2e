using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Models;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Caching;
using Steward.Engines.Orchestration;
using Steward.Engines.Security;
using Steward.Vectors;

namespace Steward.Memory;

/// <summary>Adds what the memory of people needs.</summary>
internal static class MemoryServiceCollectionExtensions
{
    public static IServiceCollection AddStewardMemory(this IServiceCollection services)
    {
        services.AddOptions<MemoryOptions>().BindConfiguration(MemoryOptions.Section)
            .Validate(options => options.EmbedderDimensions is null or (>= 1 and <= 4_096), $"{MemoryOptions.Section}:EmbedderDimensions must be 1 to 4096.")
            .Validate<IServiceProvider>(
                (options, provider) => string.IsNullOrEmpty(options.Embedder) || provider.GetService<IEmbeddingModelSource>()?.Names.Contains(options.Embedder) == true,
                $"{MemoryOptions.Section}:Embedder must be one of Steward:Models:Embedders, as provider/model.")
            .ValidateOnStart();
        services.TryAddSingleton<DataKeys>();
        services.TryAddSingleton<IStatementExtractor, RuleExtractor>();
        services.TryAddSingleton<VectorCollections>();
        services.TryAddSingleton(provider => new MemoryEmbedder(
            provider.GetServices<ITextEmbedder>(),
            provider.GetRequiredService<IOptions<MemoryOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MemoryEmbedder>>(),
            provider.GetService<IEmbeddingModelSource>() is null ? null : provider.GetService<MeteredEmbeddings>()));
        services.TryAddSingleton<QuestionEmbedder>();
        services.TryAddSingleton<MessageReader>();
        services.TryAddSingleton<MemoryFeed>();
        services.TryAddSingleton<IRunMemory, RunMemory>();
        return services;
    }
}
