#if ORLEANS_STANDIN
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Orleans.Conformance;

/// <summary>The packages refuse this at build time.</summary>
public interface IMisshapenListener : IGrainObserver
{
    int Said(string what);
}

public sealed class MisshapenListener : IMisshapenListener
{
    public int Said(string what) => 0;
}

/// <summary>What only the stand-in refuses, and says why.</summary>
public sealed class StandInTests
{
    private const string Why = "single-process stand-in";

    [Fact]
    public void Clustering_OfASilo_IsRefused()
    {
        var builder = Host.CreateApplicationBuilder();
        var exception = Assert.Throws<OrleansConfigurationException>(() => builder.UseOrleans(silo => silo.UseAdoNetClustering(options => options.Invariant = "Npgsql")));
        Assert.Contains(Why, exception.Message, StringComparison.Ordinal);
        Assert.Contains("docs/feeds.md", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Clustering_OfAClient_IsRefused()
    {
        var builder = Host.CreateApplicationBuilder();
        var exception = Assert.Throws<OrleansConfigurationException>(() => builder.UseOrleansClient(client => client.UseAdoNetClustering(options => options.Invariant = "Npgsql")));
        Assert.Contains(Why, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_InADatabase_IsRefused()
    {
        var builder = Host.CreateApplicationBuilder();
        Assert.Throws<OrleansConfigurationException>(() => builder.UseOrleans(silo => silo.AddAdoNetGrainStorage("x", options => options.Invariant = "Npgsql")));
        Assert.Throws<OrleansConfigurationException>(() => builder.UseOrleans(silo => silo.UseAdoNetReminderService(options => options.Invariant = "Npgsql")));
    }

    [Fact]
    public async Task Cluster_OfTwoSilos_IsRefused()
    {
        await using var cluster = new InProcessTestClusterBuilder(2).Build();
        var exception = await Assert.ThrowsAsync<OrleansConfigurationException>(cluster.DeployAsync);
        Assert.Contains(Why, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interface_WithAMethodThatIsNotAsynchronous_IsRefused()
    {
        await using var cluster = await ClientTests.Deploy(_ => { });
        var exception = Assert.Throws<OrleansConfigurationException>(() => cluster.Client.CreateObjectReference<IMisshapenListener>(new MisshapenListener()));
        Assert.Contains("IMisshapenListener.Said returns System.Int32", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithoutASilo_IsToldWhereSilosAre()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(client => client.UseLocalhostClustering(clusterId: "nobody"));
        using var host = builder.Build();
        var exception = await Assert.ThrowsAsync<Runtime.Messaging.ConnectionFailedException>(() => host.StartAsync());
        Assert.Contains(Why, exception.Message, StringComparison.Ordinal);
    }
}
#endif
