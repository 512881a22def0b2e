using System.Diagnostics;
using System.Globalization;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.EnterpriseSim;
using Steward.Host.Capabilities;
using Steward.Host.Demo;

namespace Steward.Benchmarks.Measuring;

/// <summary>A Steward in a process of its own that is killed with SIGKILL and started again on the same data and port.</summary>
internal sealed class MortalServer : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly string _data;
    private readonly string _port;
    private readonly Dictionary<string, string?> _environment;
    private readonly DevelopmentTokenIssuer _issuer;
    private readonly SocketsHttpHandler _handler = new() { ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
    private readonly HttpMessageInvoker _probe;
    private readonly Queue<string> _output = new();
    private Process? _process;

    private MortalServer(string data, int port, Dictionary<string, string?> environment)
    {
        _data = data;
        _port = port.ToString(CultureInfo.InvariantCulture);
        _environment = environment;
        _probe = new HttpMessageInvoker(_handler, disposeHandler: false);
        _issuer = new DevelopmentTokenIssuer(Path.Combine(data, "development-token.key"), TimeProvider.System);
        Url = new Uri($"http://127.0.0.1:{_port}/");
    }

    public Uri Url { get; }

    /// <summary>How often it was killed.</summary>
    public int Kills { get; private set; }

    public static async Task<MortalServer> StartAsync(EnterpriseSimulation simulation, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var environment = SimulatedSystems.Connectors(DemoTenant.Id, simulation)
            .Concat(settings)
            .ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);
        var server = new MortalServer(Directory.CreateTempSubdirectory("steward-crash-").FullName, Server.FreePort(), environment);
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public string Token(string userId, string name, string email, params string[] roles) => _issuer.Issue(new EnvelopeIdentity
    {
        TenantId = DemoTenant.Id,
        UserId = userId,
        Name = name,
        Email = email,
        Roles = roles,
    });

    /// <summary>kill -9, at once and without a word to it.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
        Kills++;
    }

    /// <summary>Starts it on what the last one left behind, and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "up", "--port", _port, "--no-simulators", "--data", _data })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("OPENAI_API_KEY");
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var began = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > ReadyWithin)
            {
                throw new InvalidOperationException($"Steward did not come up again:\n{Output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The last lines that it wrote.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        _process?.Dispose();
        _probe.Dispose();
        _handler.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, "readyz"));
            using var response = await _probe.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.Enqueue(line);
                while (_output.Count > 60)
                {
                    _output.Dequeue();
                }
            }
        }
    }
}
