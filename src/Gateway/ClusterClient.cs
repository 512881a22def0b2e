using System.Diagnostics.CodeAnalysis;
#if !ORLEANS_STANDIN
using Orleans.Configuration;
using Orleans.Hosting;
using Steward.Gateway.Operations;
#endif

namespace Steward.Gateway;

/// <summary>Connects a process that runs apart from the silos, such as a gateway.</summary>
public static class ClusterClient
{
    private const string Section = "Steward:Cluster";

    /// <summary>
    /// Adds the Orleans client. Settings under <c>Steward:Cluster</c>: <c>Clustering</c> (<c>Localhost</c>, the default, or <c>PostgreSql</c>),
    /// <c>ClusterId</c>, <c>ServiceId</c>, <c>GatewayPort</c> (Localhost), <c>ConnectionString</c> (PostgreSql).
    /// </summary>
    /// <param name="builder">The process's host.</param>
    /// <param name="problem">Why not, when the result is false.</param>
    /// <returns>False when the settings are wrong, or this build cannot join a cluster.</returns>
    public static bool TryAddClusterClient(this IHostApplicationBuilder builder, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(builder);
#if ORLEANS_STANDIN
        problem = "This build runs on the single-process stand-in of Orleans, which has no cluster that a gateway could join. "
            + "Use ./steward up, which hosts silo and gateway in one process, or build with a package feed that holds Orleans (docs/feeds.md).";
        return false;
#else
        var cluster = builder.Configuration.GetSection(Section);
        var clusterId = cluster["ClusterId"] ?? "steward";
        var serviceId = cluster["ServiceId"] ?? "steward";
        switch (cluster["Clustering"] ?? "Localhost")
        {
            case var kind when string.Equals(kind, "Localhost", StringComparison.OrdinalIgnoreCase):
                var port = cluster.GetValue("GatewayPort", 30000);
                builder.UseOrleansClient(client => client.UseLocalhostClustering(port, serviceId, clusterId));
                break;
            case var kind when string.Equals(kind, "PostgreSql", StringComparison.OrdinalIgnoreCase):
                if (cluster["ConnectionString"] is not { Length: > 0 } connectionString)
                {
                    problem = $"Set {Section}:ConnectionString to the PostgreSQL database of the cluster.";
                    return false;
                }

                builder.UseOrleansClient(client =>
                {
                    client.Configure<ClusterOptions>(options =>
                    {
                        options.ClusterId = clusterId;
                        options.ServiceId = serviceId;
                    });
                    client.UseAdoNetClustering(options =>
                    {
                        options.Invariant = "Npgsql";
                        options.ConnectionString = connectionString;
                    });

                    // Silos that are gone are left out soon. A call that was under way in one is not answered: it fails after the response timeout
                    // (the silos' own), and is repeated.
                    client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
                    client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
                    client.UseConnectionRetryFilter<ClusterConnectionRetry>();
                });
                break;
            default:
                problem = $"{Section}:Clustering must be Localhost or PostgreSql.";
                return false;
        }

        builder.Services.AddSingleton<ICapabilityReport, ClusterReport>();
        problem = null;
        return true;
#endif
    }
}
