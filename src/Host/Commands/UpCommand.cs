using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Steward.Engines.Orchestration;
using Steward.EnterpriseSim;
using Steward.Gateway;
using Steward.Host.Capabilities;
using Steward.Host.Demo;
using Steward.Silo;

namespace Steward.Host.Commands;

/// <summary><c>steward up</c>: silo, gateway and simulated systems in one process.</summary>
internal static class UpCommand
{
    private const int DefaultPort = 7080;

    public static Command Create()
    {
        var port = CommandOptions.Port(DefaultPort);
        var noSimulators = new Option<bool>("--no-simulators") { Description = "Use only the systems that are configured under Steward:Connectors." };
        var data = CommandOptions.Data();
        var command = new Command("up", "Start silo, gateway and the simulated systems in one process.") { port, noSimulators, data };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(port),
            new DataDirectory(parsed.GetRequiredValue(data)),
            withSimulators: !parsed.GetValue(noSimulators),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int port, DataDirectory data, bool withSimulators, CancellationToken cancellationToken)
    {
        using var oneOnly = TryLock(data);
        if (oneOnly is null)
        {
            await Console.Error.WriteLineAsync($"Another Steward uses {data.Path}. Stop it, or give this one a directory of its own with --data.");
            return 1;
        }

        // Asked before anything starts; the answer below is for a port that is taken in between.
        if (IsTaken(port))
        {
            return await RefuseAsync(port);
        }

        await using var simulation = withSimulators ? await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken) : null;
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();

        LocalSettings.Use(builder.Configuration, Defaults(port, data, environment), simulation is null ? [] : SimulatedSystems.Connectors(DemoTenant.Id, simulation));
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.AddStewardSilo();
        builder.AddStewardGateway();
        builder.Services.AddCapabilityReports();
        builder.Services.AddSingleton<IDemoEmployees, DemoEmployees>();

        await using var app = builder.Build();
        app.MapStewardGateway();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return await RefuseAsync(port);
        }

        // Only now is the port known when the system has chosen it.
        var orchestration = app.Services.GetRequiredService<IOptions<OrchestrationOptions>>().Value;
        orchestration.OwnAddresses = [.. orchestration.OwnAddresses, .. app.Urls];
        await DemoTenant.EnsureAsync(app.Services, cancellationToken);
        var url = app.Urls.First();
        if (simulation is not null)
        {
            await DemoChannels.EnsureAsync(app.Services, simulation, new Uri(url), cancellationToken);
        }

        await File.WriteAllTextAsync(data.UrlFile, url, cancellationToken);
        simulation?.WriteEndpoints(data.SimulatorsFile);
        await AnnounceAsync(url, app.Services, simulation, data.SimulatorsFile);

        await app.WaitForShutdownAsync(CancellationToken.None);
        File.Delete(data.UrlFile);
        Console.Out.WriteLine("Stopped.");
        return 0;
    }

    private static Dictionary<string, string?> Defaults(int port, DataDirectory data, IConfiguration environment)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Urls"] = $"http://127.0.0.1:{port}",
            ["Steward:Storage:SqliteFile"] = data.Database,
            ["Steward:Security:ClusterKeyFile"] = data.ClusterKey,
            ["Steward:Security:DevelopmentTokenKeyFile"] = data.DevelopmentTokenKey,
            ["Steward:Vault:KeyFile"] = data.VaultKey,
            ["Steward:Development:DemoTokens"] = "true",
            ["Steward:Orchestration:PlaybookDirectory"] = Path.Combine(AppContext.BaseDirectory, "playbooks"),
            ["Steward:Orchestration:AgentDirectory"] = Path.Combine(AppContext.BaseDirectory, "agents"),
        };

        // Two local Stewards may run side by side; production sets its ports.
        foreach (var (name, preferred) in new[] { ("SiloPort", 11111), ("GatewayPort", 30000) })
        {
            if (environment[$"Steward:Cluster:{name}"] is null)
            {
                settings[$"Steward:Cluster:{name}"] = FreePort(preferred).ToString(CultureInfo.InvariantCulture);
            }
        }

        return settings;
    }

    private static bool IsTaken(int port) => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port);

    private static async Task<int> RefuseAsync(int port)
    {
        await Console.Error.WriteLineAsync($"Port {port} is in use. Choose another one with --port.");
        return 1;
    }

    private static int FreePort(int preferred)
    {
        if (!IsTaken(preferred))
        {
            return preferred;
        }

        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static FileStream? TryLock(DataDirectory data)
    {
        try
        {
            return new FileStream(Path.Combine(data.Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task AnnounceAsync(string url, IServiceProvider services, EnterpriseSimulation? simulation, string simulatorsFile)
    {
        var output = Console.Out;
        await output.WriteLineAsync($"Steward is up: {url}");
        foreach (var report in services.GetServices<ICapabilityReport>())
        {
            var status = await report.ReportAsync(CancellationToken.None);
            await output.WriteLineAsync($"  {report.Name,-12} {status.Detail}");
        }

        if (simulation is not null)
        {
            await output.WriteLineAsync($"  {"systems",-12} simulated Okta {simulation.Okta}, ServiceNow {simulation.ServiceNow}, Jira {simulation.Jira}, Salesforce {simulation.Salesforce},");
            await output.WriteLineAsync($"  {"",-12} Slack {simulation.Slack}, Microsoft Graph {simulation.Graph}, Workday {simulation.Workday}, SMTP 127.0.0.1:{simulation.SmtpPort}");
            await output.WriteLineAsync($"  {"",-12} what to sign in to them with is in {simulatorsFile}");
        }

        await output.WriteLineAsync("Try ./steward chat, or open the address in a browser. Ctrl-C stops.");
    }
}
