using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;
using Orleans.Hosting;
using Steward.Client;
using Steward.Engines.Security;
using Steward.EnterpriseSim;
using Steward.Host.Capabilities;
using Steward.Host.Cluster;
using Steward.Host.Demo;
using Steward.LocalPostgreSql;

namespace Steward.Host.Commands;

/// <summary><c>steward cluster</c>: N silo processes and a gateway apart from them, over PostgreSQL, on loopback.</summary>
internal static class ClusterCommand
{
    public static Command Create()
    {
        var silos = new Option<int>("--silos") { Description = "How many silo processes.", DefaultValueFactory = _ => 2 };
        silos.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 16)
            {
                result.AddError("--silos must be 1 to 16.");
            }
        });
        var port = CommandOptions.Port(7080);
        var postgres = new Option<string?>("--postgres") { Description = "Connection string of an empty database; without it a private server is started, which ends with this command. STEWARD_POSTGRES does the same." };
        var noSimulators = new Option<bool>("--no-simulators") { Description = "Use only the systems that are configured under Steward:Connectors." };
        var data = CommandOptions.Data();
        var command = new Command("cluster", "Start PostgreSQL, N silo processes and a gateway apart from them, on loopback.") { silos, port, postgres, noSimulators, data };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(silos),
            parsed.GetRequiredValue(port),
            parsed.GetValue(postgres) ?? Environment.GetEnvironmentVariable("STEWARD_POSTGRES"),
            new DataDirectory(parsed.GetRequiredValue(data)),
            withSimulators: !parsed.GetValue(noSimulators),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int silos, int port, string? connectionString, DataDirectory data, bool withSimulators, CancellationToken cancellationToken)
    {
        if (OrleansBuild.IsStandIn)
        {
            await Console.Error.WriteLineAsync(
                "This build runs on the single-process stand-in of Orleans, which does not cluster. Add a feed that holds Microsoft.Orleans.* and run ./steward feeds; see docs/feeds.md.");
            return 1;
        }

        using var stop = new StopSignal();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, cancellationToken);
        try
        {
            await HoldAsync(silos, port, connectionString, data, withSimulators, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Told to stop while it started; what had been started is gone.
        }

        Console.Out.WriteLine("Stopped.");
        return 0;
    }

    private static async Task HoldAsync(int silos, int port, string? connectionString, DataDirectory data, bool withSimulators, CancellationToken stop)
    {
        await using var simulation = withSimulators ? await EnterpriseSimulation.StartAsync(cancellationToken: stop) : null;
        await using var postgres = connectionString is null ? await PostgreSqlServer.StartAsync(stop) : null;
        connectionString ??= await postgres!.CreateDatabaseAsync("steward", stop);
        // Held until the gateway starts: the silos name its address, and by then their connections could have taken a free port.
        using var held = port == 0 ? Hold() : null;
        var gateway = held is null ? port : ((IPEndPoint)held.LocalEndPoint!).Port;
        var settings = Settings(connectionString, data, simulation, gateway);
        await using var processes = new ProcessGroup(Console.Out);
        for (var i = 0; i < silos; i++)
        {
            var endpoint = FreePort();
            await processes.StartAsync(
                $"silo-{i + 1}",
                "Steward.Silo.dll",
                new(settings)
                {
                    ["Steward__Cluster__SiloPort"] = FreePort().ToString(CultureInfo.InvariantCulture),
                    ["Steward__Cluster__GatewayPort"] = FreePort().ToString(CultureInfo.InvariantCulture),
                    ["Urls"] = $"http://127.0.0.1:{endpoint}",
                },
                new Uri($"http://127.0.0.1:{endpoint}/readyz"),
                stop);
        }

        held?.Dispose();
        await processes.StartAsync(
            "gateway",
            "Steward.Gateway.dll",
            new(settings) { ["Urls"] = $"http://127.0.0.1:{gateway}" },
            new Uri($"http://127.0.0.1:{gateway}/readyz"),
            stop);
        await CreateTenantAsync(connectionString, data, stop);
        var url = $"http://127.0.0.1:{gateway}";
        await File.WriteAllTextAsync(data.UrlFile, url, stop);
        Console.Out.WriteLine($"Steward is up: {url}, {silos} silos. Kill one by its pid to see the others take over. Ctrl-C stops all.");
        await processes.WaitAsync(stop);
        File.Delete(data.UrlFile);
    }

    /// <summary>Joins the cluster as a front end for a moment and creates the demo tenant.</summary>
    private static async Task CreateTenantAsync(string connectionString, DataDirectory data, CancellationToken cancellationToken)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration["Steward:Security:ClusterKeyFile"] = data.ClusterKey;
        builder.Services.AddStewardSecurity();
        builder.Services.AddStewardClient();
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) =
                (builder.Configuration["Steward:Cluster:ClusterId"] ?? "steward", builder.Configuration["Steward:Cluster:ServiceId"] ?? "steward"));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", connectionString));
        });
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
        await DemoTenant.EnsureAsync(host.Services, cancellationToken);
        await host.StopAsync(cancellationToken);
    }

    /// <summary>
    /// What this command adds to the environment that all processes inherit; secrets travel in it, not on command lines. Connectors, playbooks
    /// and logging are as the environment says, if it does.
    /// </summary>
    private static Dictionary<string, string?> Settings(string connectionString, DataDirectory data, EnterpriseSimulation? simulation, int gateway)
    {
        var given = Environment.GetEnvironmentVariables().Keys.Cast<string>().Select(Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var settings = new Dictionary<string, string?>(simulation is null ? [] : SimulatedSystems.Connectors(DemoTenant.Id, simulation))
        {
            ["Steward:Orchestration:PlaybookDirectory"] = Path.Combine(AppContext.BaseDirectory, "playbooks"),
            ["Steward:Orchestration:AgentDirectory"] = Path.Combine(AppContext.BaseDirectory, "agents"),
            ["Steward:Orchestration:OwnAddresses:0"] = $"127.0.0.1:{gateway}",
            ["Logging:LogLevel:Orleans"] = "Warning",
            ["Logging:LogLevel:Microsoft"] = "Warning",
            ["Logging:Console:FormatterName"] = "simple",
            ["Logging:Console:FormatterOptions:SingleLine"] = "true",
        };
        foreach (var name in settings.Keys.Where(given.Contains).ToList())
        {
            settings.Remove(name);
        }

        settings["Steward:Cluster:Clustering"] = "PostgreSql";
        settings["Steward:Cluster:ConnectionString"] = connectionString;
        settings["Steward:Storage:Provider"] = "PostgreSql";
        settings["Steward:Storage:ConnectionString"] = connectionString;
        settings["Steward:Security:ClusterKeyFile"] = data.ClusterKey;
        settings["Steward:Security:DevelopmentTokenKeyFile"] = data.DevelopmentTokenKey;
        settings["Steward:Vault:KeyFile"] = data.VaultKey;
        return settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);

        static string Key(string variable) => variable.Replace("__", ":", StringComparison.Ordinal);
    }

    private static Socket Hold()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
