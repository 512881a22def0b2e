using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>Where bubblewrap is not there, Steward runs, and says that code execution is off and how to get it.</summary>
public sealed partial class SandboxMissingTests : IDisposable
{
    private const string HowTo = "apt-get install bubblewrap";

    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Up_WithoutBubblewrap_RunsAndSaysHowToGetIt()
    {
        await using var simulation = await EnterpriseSimulation.StartAsync();
        await using var steward = await StewardProcess.StartAsync(_data.Path, simulation, new Dictionary<string, string?>
        {
            ["Steward:Sandbox:BubblewrapPath"] = "/nowhere/bwrap",
            ["Steward:Sandbox:GVisor:RunscPath"] = "/nowhere/runsc",
        });
        using var client = steward.SignIn();

        var health = await client.GetFromJsonAsync<JsonElement>("healthz");
        using var started = await client.PostAsJsonAsync("v1/sandbox/executions", new { language = "python", code = "print(1)" });
        var address = started.Headers.Location!.ToString();
        JsonElement ended = default;
        await ConnectorApi.UntilAsync(async () => (ended = await client.GetFromJsonAsync<JsonElement>(address)).GetProperty("destroyed").GetBoolean(), "the execution has ended");

        var sandbox = health.GetProperty("capabilities").EnumerateArray().Single(one => one.GetProperty("name").GetString() == "sandbox");
        Assert.Equal("not_configured", sandbox.GetProperty("state").GetString());
        Assert.Contains(HowTo, sandbox.GetProperty("fix").GetString(), StringComparison.Ordinal);
        Assert.Contains("code execution is off", steward.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(HowTo, steward.Output, StringComparison.Ordinal);
        Assert.Equal("not_available", ended.GetProperty("result").GetProperty("code").GetString());
        Assert.Contains(HowTo, ended.GetProperty("result").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SiloByItself_WithoutBubblewrap_SaysSoInItsHealthAndItsLog()
    {
        var health = await HealthAsync();
        for (var again = 3; health is null && again > 0; again--)
        {
            health = await HealthAsync();
        }

        Assert.StartsWith("ok\n", health, StringComparison.Ordinal);
        Assert.Matches("sandbox namespaces: not available: .*apt-get install bubblewrap", health);
    }

    /// <summary>What a silo says of its health once its log says that code execution is off. Null where somebody else took one of its ports in between.</summary>
    private async Task<string?> HealthAsync()
    {
        string[] settings = ["--urls", "http://127.0.0.1:0", "--Steward:Sandbox:BubblewrapPath", "/nowhere/bwrap", "--Steward:Cluster:SiloPort", $"{FreePort()}", "--Steward:Cluster:GatewayPort", $"{FreePort()}"];
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Silo.dll"), .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _data.Path,
        };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var silo = Process.Start(start)!;
        try
        {
            var errors = silo.StandardError.ReadToEndAsync(limit.Token);
            var output = "";
            while (!Listening().IsMatch(output) || !output.Contains("Code execution is off", StringComparison.Ordinal))
            {
                if (await silo.StandardOutput.ReadLineAsync(limit.Token) is not { } line)
                {
                    output += await errors;
                    Assert.Contains("address already in use", output, StringComparison.OrdinalIgnoreCase);
                    return null;
                }

                output += line + "\n";
            }

            using var client = new HttpClient();
            return await client.GetStringAsync(Listening().Match(output).Groups[1].Value + "/healthz", limit.Token);
        }
        finally
        {
            silo.Kill(entireProcessTree: true);
            await silo.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"Now listening on: (http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
