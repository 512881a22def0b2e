#if !ORLEANS_STANDIN
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace Steward.Storage.Tests.Silos;

/// <summary>The Orleans ADO.NET providers on the schema that Steward's migration creates. The stand-in has neither providers nor clusters.</summary>
public sealed class PostgreSqlClusterTests(PostgreSqlStorageFixture fixture) : IClassFixture<PostgreSqlStorageFixture>
{
    private readonly string _cluster = Guid.NewGuid().ToString("n");

    [Fact]
    public async Task Cluster_OfTwoSilos_AnswersClientsAndOutlivesOneOfThem()
    {
        using var first = await StartSiloAsync();
        using var second = await StartSiloAsync();
        using var front = await StartClientAsync();
        var client = front.Services.GetRequiredService<IClusterClient>();
        Assert.Equal(1, await client.GetGrain<ITally>($"t-{_cluster}").Add("a"));
        Assert.Equal(2, await ActiveSilosAsync());

        await second.StopAsync();

        Assert.Equal(1, await ActiveSilosAsync());
        Assert.Equal(2, await client.GetGrain<ITally>($"t-{_cluster}").Add("b"));
        await front.StopAsync();
        await first.StopAsync();
    }

    [Fact]
    public async Task Storage_OnPostgreSql_IsTheOrleansProvider()
    {
        using var silo = await StartSiloAsync();

        Assert.IsType<AdoNetGrainStorage>(silo.Services.GetRequiredKeyedService<IGrainStorage>("Default"));
        Assert.Equal("AdoNetReminderTable", silo.Services.GetRequiredService<IReminderTable>().GetType().Name);
        await silo.StopAsync();
    }

    private async Task<IHost> StartSiloAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddStewardStorage(options =>
        {
            options.Provider = StorageProvider.PostgreSql;
            options.ConnectionString = fixture.ConnectionString;
        });
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(Name);
            silo.ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort());
            silo.UseAdoNetClustering(options =>
            {
                options.Invariant = "Npgsql";
                options.ConnectionString = fixture.ConnectionString;
            });
            silo.AddStewardGrainStorage("Default");
            silo.UseStewardReminders();
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task<IHost> StartClientAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(Name);
            client.UseAdoNetClustering(options =>
            {
                options.Invariant = "Npgsql";
                options.ConnectionString = fixture.ConnectionString;
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private void Name(ClusterOptions options)
    {
        options.ClusterId = _cluster;
        options.ServiceId = _cluster;
    }

    private async Task<long> ActiveSilosAsync()
    {
        await using var source = NpgsqlDataSource.Create(fixture.ConnectionString);
        await using var count = source.CreateCommand("SELECT count(*) FROM OrleansMembershipTable WHERE DeploymentId = $1 AND Status = $2");
        count.Parameters.AddWithValue(_cluster);
        count.Parameters.AddWithValue((int)SiloStatus.Active);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
#endif
