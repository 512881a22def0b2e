using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Client;
using Steward.Host.Demo;
using Steward.Identity;
using Steward.Silo;
using Steward.Storage;

namespace Steward.Benchmarks.Measuring;

/// <summary>A silo and its client in the load tester's own process, with a fresh data directory: for what has to be seen from inside.</summary>
internal sealed class InProcessSteward : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly string _data;

    private InProcessSteward(IHost host, string data)
    {
        _host = host;
        _data = data;
    }

    public IStewardClient Client => _host.Services.GetRequiredService<IStewardClient>();

    public IServiceProvider Services => _host.Services;

    public IJournalStore Journals => _host.Services.GetRequiredService<IJournalStore>();

    public static async Task<InProcessSteward> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("steward-bench-").FullName;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Steward:Storage:SqliteFile"] = Path.Combine(data, "steward.db"),
            ["Steward:Security:ClusterKeyFile"] = Path.Combine(data, "cluster.key"),
            ["Steward:Cluster:SiloPort"] = Server.FreePort().ToString(CultureInfo.InvariantCulture),
            ["Steward:Cluster:GatewayPort"] = Server.FreePort().ToString(CultureInfo.InvariantCulture),
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true);
        builder.AddStewardSilo();
        builder.Services.AddStewardClient();
        var steward = new InProcessSteward(builder.Build(), data);
        try
        {
            await steward._host.StartAsync(cancellationToken);
            await DemoTenant.EnsureAsync(steward._host.Services, cancellationToken);
            return steward;
        }
        catch
        {
            await steward.DisposeAsync();
            throw;
        }
    }

    /// <summary>The client of one employee.</summary>
    public IStewardUserClient Employee(string userId, string? email = null) =>
        Client.For(new CallerIdentity { TenantId = DemoTenant.Id, UserId = userId, Email = email, Roles = ["employee"] });

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }
}
