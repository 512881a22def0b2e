using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Vectors;

namespace Steward.Triage;

/// <summary>Adds what triage needs.</summary>
internal static class TriageServiceCollectionExtensions
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    // A timer waits for 49 days at most.
    private static readonly TimeSpan LongestSweep = TimeSpan.FromDays(30);

    /// <summary>Registers the silo's heads and its way to the models. The silo must also have an <see cref="Storage.IContentStore"/>.</summary>
    public static IServiceCollection AddStewardTriage(this IServiceCollection services)
    {
        services.AddOptions<TriageOptions>().BindConfiguration(TriageOptions.Section)
            .Validate(static options => options.HeadMemoryBytes >= 0, $"{TriageOptions.Section}:HeadMemoryBytes: set 0 or more.")
            .Validate(static options => options.SimilarTickets is >= 0 and <= 100_000, $"{TriageOptions.Section}:SimilarTickets: set 0 (none) to 100000.")
            .Validate(static options => options.SnapshotAfter >= 1 && options.ConcurrentTickets >= 1, $"{TriageOptions.Section}:SnapshotAfter, ConcurrentTickets: set 1 or more.")
            .Validate(static options => options.ModelTimeout > TimeSpan.Zero && options.ModelTimeout <= LongestTimeout, $"{TriageOptions.Section}:ModelTimeout: set more than 0, at most an hour.")
            .Validate(static options => options.ModelPause >= TimeSpan.Zero, $"{TriageOptions.Section}:ModelPause: set 0 (none) or more.")
            .Validate(static options => options.SweepVectorsEvery > TimeSpan.Zero && options.SweepVectorsEvery <= LongestSweep, $"{TriageOptions.Section}:SweepVectorsEvery: set more than 0, at most 30 days.")
            .ValidateOnStart();
        services.TryAddSingleton<TenantHeads>();
        services.TryAddSingleton<ITriageModels, ClusterModels>();
        services.AddOptions<VectorOptions>().BindConfiguration(VectorOptions.Section);
        services.TryAddSingleton<VectorCollections>();
        services.TryAddSingleton<TriageParts>();
        return services;
    }
}
