using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Engines.Inference;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>A silo that runs the models of this repository.</summary>
public sealed class ShippedModelsCluster : GrainCluster
{
    /// <summary>The models' folder; null where this is built without the repository.</summary>
    internal static string? Models { get; } = FindModels();

    internal ITriageGrain Triage(string tenant) => Grains.GetGrain<ITriageGrain>(GrainKeys.Triage(tenant));

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddStewardInference(options => (options.ModelDirectory, options.Provider) = (Models ?? options.ModelDirectory, InferenceProvider.Cpu));
        silo.Services.AddSingleton<ITriageModels>(provider => new EngineModels(provider.GetRequiredService<IInferenceEngine>()));
    }

    private static string? FindModels()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return directory is null ? null : Path.Combine(directory.FullName, "models");
    }
}
