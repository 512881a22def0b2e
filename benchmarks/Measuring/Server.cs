using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Steward.Benchmarks.Scenarios;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.EnterpriseSim;
using Steward.Host.Capabilities;
using Steward.Host.Cluster;
using Steward.Host.Demo;

namespace Steward.Benchmarks.Measuring;

/// <summary>
/// A Steward in a process of its own, as <c>./steward up</c> starts it, with a fresh data directory; the simulated systems and the simulated
/// model live in the load tester's process.
/// </summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly ProcessGroup _processes;
    private readonly string _data;
    private readonly DevelopmentTokenIssuer _issuer;

    private Server(ProcessGroup processes, string data, Uri url)
    {
        _processes = processes;
        _data = data;
        Url = url;
        _issuer = new DevelopmentTokenIssuer(Path.Combine(data, "development-token.key"), TimeProvider.System);
    }

    public Uri Url { get; }

    public static async Task<Server> StartAsync(EnterpriseSimulation simulation, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("steward-bench-").FullName;
        var port = FreePort();
        var url = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/");
        var environment = SimulatedSystems.Connectors(DemoTenant.Id, simulation)
            .Concat(settings)
            .ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);
        var processes = new ProcessGroup(TextWriter.Null);
        try
        {
            await processes.StartAsync(
                "steward",
                "Steward.Host.dll",
                ["up", "--port", port.ToString(CultureInfo.InvariantCulture), "--no-simulators", "--data", data],
                environment,
                new Uri(url, "readyz"),
                cancellationToken);
            return new Server(processes, data, url);
        }
        catch
        {
            await processes.DisposeAsync();
            Directory.Delete(data, recursive: true);
            throw;
        }
    }

    /// <summary>A token for one of many load users; each is a person of the simulated company as far as mail goes.</summary>
    public string Token(LoadUser user, string tenantId = DemoTenant.Id, params string[] roles) => _issuer.Issue(new EnvelopeIdentity
    {
        TenantId = tenantId,
        UserId = user.UserId,
        Name = user.Name,
        Email = user.Email,
        Roles = ["employee", .. roles],
    });

    public async ValueTask DisposeAsync()
    {
        await _processes.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
