using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Orleans.Conformance;

/// <summary>One silo and one client, shared by the tests of a class.</summary>
public abstract class Cluster : IAsyncLifetime
{
    public InProcessTestCluster Host { get; private set; } = null!;

    public IClusterClient Client => Host.Client;

    /// <summary>Calls from within the silo's container.</summary>
    public IGrainFactory Inside => Host.GetSiloServiceProvider().GetRequiredService<IGrainFactory>();

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddMemoryGrainStorage("other");
            ConfigureSilo(silo);
        });
        builder.ConfigureClient(ConfigureClient);
        Host = builder.Build();
        await Host.DeployAsync();
    }

    public async Task DisposeAsync() => await Host.DisposeAsync();

    protected virtual void ConfigureSilo(ISiloBuilder silo)
    {
    }

    protected virtual void ConfigureClient(IClientBuilder client)
    {
    }
}

/// <summary>A cluster with nothing special.</summary>
public sealed class PlainCluster : Cluster
{
}

/// <summary>Waits without sleeping blindly.</summary>
public static class Eventually
{
    public static async Task True(Func<Task<bool>> condition, string what, int seconds = 20)
    {
        var until = Environment.TickCount64 + (seconds * 1000);
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < until, $"Not in {seconds} s: {what}");
            await Task.Delay(20);
        }
    }

    public static Task True(Func<bool> condition, string what, int seconds = 20) => True(() => Task.FromResult(condition()), what, seconds);
}
