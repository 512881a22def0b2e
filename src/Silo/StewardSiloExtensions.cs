using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Hosting;
using Steward.Engines.Connectors;
using Steward.Engines.Inference;
using Steward.Engines.Models;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Tiers;
using Steward.Engines.Orchestration;
using Steward.Engines.Sandboxing;
using Steward.Engines.Security;
using Steward.Operations;
using Steward.Engines.Security.Vault;
using Steward.Silo.Models;
using Steward.Storage;
using Steward.Storage.PersonQueries;
using Steward.Telemetry;

namespace Steward.Silo;

/// <summary>Composes a silo: storage, engines, grains, clustering. No behaviour of its own.</summary>
public static class StewardSiloExtensions
{
    /// <summary>Adds a silo to a host. Configuration sections: <c>Steward:Cluster</c>, <c>Storage</c>, <c>Security</c>, <c>Connectors</c>, <c>Models</c>, <c>Inference</c>, <c>Orchestration</c>.</summary>
    public static IHostApplicationBuilder AddStewardSilo(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var cluster = new StewardClusterOptions();
        builder.Configuration.GetSection(StewardClusterOptions.Section).Bind(cluster);
        if (cluster.Clustering == ClusteringKind.PostgreSql && string.IsNullOrWhiteSpace(cluster.ConnectionString))
        {
            throw new InvalidOperationException($"Set {StewardClusterOptions.Section}:ConnectionString to the PostgreSQL database of the cluster.");
        }

        // Orleans places each activation through a pipeline that tells of every attempt.
        builder.Logging.AddFilter("Polly", LogLevel.Warning);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddStewardStorage(options => builder.Configuration.GetSection("Steward:Storage").Bind(options));
        builder.Services.AddPersonQueries(options => builder.Configuration.GetSection(PersonQueryOptions.SectionName).Bind(options));
        builder.Services.AddStewardTelemetry();
        builder.Services.AddStewardSecurity();
        builder.Services.AddStewardConnectors();
        // It reads the configuration by itself: read twice, each key would stand there twice, and a provider's limit on one would be met by asking with "the other".
        builder.Services.AddStewardModels();
        builder.Services.AddStewardInference();
        builder.Services.AddStewardModelCaches();
        builder.Services.AddStewardModelAdmission();
        builder.Services.AddStewardModelRouting();
        builder.Services.AddStewardModelInference();
        builder.Services.AddStewardSandbox(options => builder.Configuration.GetSection("Steward:Sandbox").Bind(options));
        builder.Services.AddStewardRemoteSandbox(options => builder.Configuration.GetSection("Steward:Sandbox:Remote").Bind(options));
        builder.Services.AddStewardOrchestration(options => builder.Configuration.GetSection("Steward:Orchestration").Bind(options));

        // Hosted services start in the order of their registration: the schema stands before the silo asks for it.
        builder.Services.AddHostedService<StorageMigrationService>();
        builder.Services.AddStewardVaultRotation();
        builder.UseOrleans(silo => silo.ConfigureSteward(cluster));
        return builder;
    }

    private static void ConfigureSteward(this ISiloBuilder silo, StewardClusterOptions cluster)
    {
        switch (cluster.Clustering)
        {
            case ClusteringKind.Localhost:
                silo.UseLocalhostClustering(cluster.SiloPort, cluster.GatewayPort, serviceId: cluster.ServiceId, clusterId: cluster.ClusterId);
                break;
            case ClusteringKind.PostgreSql:
                silo.Configure<ClusterOptions>(options =>
                {
                    options.ClusterId = cluster.ClusterId;
                    options.ServiceId = cluster.ServiceId;
                });
                silo.ConfigureEndpoints(IPAddress.Parse(cluster.AdvertisedAddress), cluster.SiloPort, cluster.GatewayPort);
                silo.UseAdoNetClustering(options =>
                {
                    options.Invariant = "Npgsql";
                    options.ConnectionString = cluster.ConnectionString;
                });

                // For silos within one data centre. A process that ends is noticed by its closed connections, within about two probes. One that is
                // frozen or cut off is declared dead after three probes of two to four seconds each: shorter, and a pause for garbage collection
                // or a starved processor would cost a healthy silo its place.
                silo.Configure<ClusterMembershipOptions>(options =>
                {
                    options.ProbeTimeout = TimeSpan.FromSeconds(2);
                    options.MaxProbeTimeout = TimeSpan.FromSeconds(4);
                    options.NumMissedProbesLimit = 3;
                });

                // All grain calls are short: work that takes long runs beside them, and watching polls for half of this time. A caller that is left
                // without an answer by a lost silo asks again after it. Clients use the same time.
                silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
                break;
            default:
                throw new InvalidOperationException($"{StewardClusterOptions.Section}:Clustering must be Localhost or PostgreSql.");
        }

        silo.AddStewardGrainStorage(StorageNames.GrainState);
        silo.UseStewardReminders();
        silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromMinutes(10));
        silo.AddStewardGrains();
    }
}
