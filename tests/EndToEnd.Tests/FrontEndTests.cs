using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Client;
using Steward.EnterpriseSim;
using Steward.FrontEnd;
using Steward.Host.Capabilities;
using Steward.Host.Demo;
using Steward.Silo;

namespace Steward.EndToEnd.Tests;

/// <summary>The sample front-end server: an Orleans client apart from the silo.</summary>
public sealed class FrontEndTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private readonly int _gatewayPort = FreePort();
    private EnterpriseSimulation? _simulation;
    private IHost? _silo;

    private string ClusterKey => Path.Combine(_data.Path, "cluster.key");

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(SimulatedSystems.Connectors(DemoTenant.Id, _simulation));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Steward:Cluster:SiloPort"] = $"{FreePort()}",
            ["Steward:Cluster:GatewayPort"] = $"{_gatewayPort}",
            ["Steward:Storage:SqliteFile"] = Path.Combine(_data.Path, "steward.db"),
            ["Steward:Security:ClusterKeyFile"] = ClusterKey,
            ["Steward:Orchestration:PlaybookDirectory"] = Path.Combine(AppContext.BaseDirectory, "playbooks"),
        });
        builder.AddStewardSilo();
        builder.Services.AddStewardClient();
        _silo = builder.Build();
        await _silo.StartAsync();
        await DemoTenant.EnsureAsync(_silo.Services, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _silo!.StopAsync();
        _silo.Dispose();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Ask_OverHttp_StreamsTheAnswerOfTheCluster()
    {
        await using var frontEnd = await StartAsync(ClusterKey);
        using var client = new HttpClient { BaseAddress = new Uri(frontEnd.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };

        using var response = await client.PostAsJsonAsync("ask", new { text = "VPN is down in the Berlin office for the whole sales team" });
        var answer = await response.Content.ReadAsStringAsync();

        Assert.True(response.IsSuccessStatusCode, answer);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Matches("^I opened incident INC[0-9]{7}: VPN is down", answer);
        Assert.Contains("ada.lovelace@acme.example", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_ServerWithAnotherKeyThanTheCluster_IsRefused()
    {
        var otherKey = Path.Combine(_data.Path, "other.key");
        await using var frontEnd = await StartAsync(otherKey);
        using var client = new HttpClient { BaseAddress = new Uri(frontEnd.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };

        using var response = await client.PostAsJsonAsync("ask", new { text = "I forgot my password" });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(_simulation!.State.Mail);
    }

    [Fact]
    public async Task Ask_WithoutText_IsAProblemNotACrash()
    {
        await using var frontEnd = await StartAsync(ClusterKey);
        using var client = new HttpClient { BaseAddress = new Uri(frontEnd.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };

        using var response = await client.PostAsJsonAsync("ask", new { text = "" });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotEmpty((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!);
    }

    private async Task<WebApplication> StartAsync(string key)
    {
        var app = FrontEndServer.Build(["--urls", "http://127.0.0.1:0", "--Steward:Cluster:GatewayPort", $"{_gatewayPort}", "--Steward:Security:ClusterKeyFile", key]);
        try
        {
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
