using System.Globalization;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Builds a cluster in this process. On the stand-in it has one silo.</summary>
public sealed class InProcessTestClusterBuilder
{
    /// <summary>A cluster of one silo.</summary>
    public InProcessTestClusterBuilder()
        : this(1)
    {
    }

    /// <summary>A cluster of some silos.</summary>
    public InProcessTestClusterBuilder(short initialSilosCount) => Options = new InProcessTestClusterOptions
    {
        InitialSilosCount = initialSilosCount,
        ClusterId = CreateClusterId(),
        ServiceId = Guid.NewGuid().ToString("N"),
        InitializeClientOnDeploy = true,
    };

    /// <summary>What is built.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>A new cluster id.</summary>
    public static string CreateClusterId() =>
        string.Create(CultureInfo.InvariantCulture, $"testcluster-{TimeProvider.System.GetUtcNow():yyyy-MM-dd\\tHH-mm-ss}-{Guid.NewGuid():N}");

    /// <summary>Sets up the hosts of silos and client.</summary>
    public InProcessTestClusterBuilder ConfigureHost(Action<IHostApplicationBuilder> configureDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add((_, builder) => configureDelegate(builder));
        Options.ClientHostConfigurationDelegates.Add(configureDelegate);
        return this;
    }

    /// <summary>Sets up silos.</summary>
    public InProcessTestClusterBuilder ConfigureSilo(Action<InProcessTestSiloSpecificOptions, ISiloBuilder> configureSiloDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add((options, builder) => builder.UseOrleans(silo => configureSiloDelegate(options, silo)));
        return this;
    }

    /// <summary>Sets up the hosts of silos.</summary>
    public InProcessTestClusterBuilder ConfigureSiloHost(Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder> configureSiloHostDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add(configureSiloHostDelegate);
        return this;
    }

    /// <summary>Sets up the client.</summary>
    public InProcessTestClusterBuilder ConfigureClient(Action<IClientBuilder> configureClientDelegate)
    {
        Options.ClientHostConfigurationDelegates.Add(builder => builder.UseOrleansClient(configureClientDelegate));
        return this;
    }

    /// <summary>Sets up the host of the client.</summary>
    public InProcessTestClusterBuilder ConfigureClientHost(Action<IHostApplicationBuilder> configureHostDelegate)
    {
        Options.ClientHostConfigurationDelegates.Add(configureHostDelegate);
        return this;
    }

    /// <summary>Builds the cluster, which does not run yet.</summary>
    public InProcessTestCluster Build() => new(Options);
}

/// <summary>What a cluster is like.</summary>
public sealed class InProcessTestClusterOptions
{
    /// <summary>The cluster.</summary>
    public string ClusterId { get; set; } = default!;

    /// <summary>The service.</summary>
    public string ServiceId { get; set; } = default!;

    /// <summary>How many silos it begins with.</summary>
    public short InitialSilosCount { get; set; }

    /// <summary>Whether the client starts with the silos.</summary>
    public bool InitializeClientOnDeploy { get; set; }

    /// <summary>Sets up the hosts of silos.</summary>
    public List<Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder>> SiloHostConfigurationDelegates { get; } = [];

    /// <summary>Sets up the host of the client.</summary>
    public List<Action<IHostApplicationBuilder>> ClientHostConfigurationDelegates { get; } = [];
}

/// <summary>What one silo of a cluster is like.</summary>
public sealed class InProcessTestSiloSpecificOptions
{
    /// <summary>Its name.</summary>
    public string SiloName { get; set; } = default!;

    /// <summary>Its port for silos.</summary>
    public int SiloPort { get; set; }

    /// <summary>Its port for clients.</summary>
    public int GatewayPort { get; set; }
}
