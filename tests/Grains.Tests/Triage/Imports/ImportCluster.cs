using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Imports;

/// <summary>A silo whose imports hand their labels to the tests.</summary>
public sealed class ImportCluster : GrainCluster
{
    internal NotedLabels Labels { get; } = new();

    /// <summary>What the tenant's watchdog does when it comes.</summary>
    internal Task<int> WatchdogAsync(string tenant) => Silo.GetRequiredService<OpenWork>().WakeAsync(tenant, default);

    internal ITriageImportGrain Import(string tenant, string id) => Grains.GetGrain<ITriageImportGrain>(GrainKeys.TriageImport(tenant, id));

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IImportedLabels>(Labels);
        silo.Services.Configure<TriageImportOptions>(options => options.MaxBytes = 400L * 1024 * 1024);
    }
}
