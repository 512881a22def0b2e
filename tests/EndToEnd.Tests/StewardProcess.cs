using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Steward.EnterpriseSim;
using Steward.Engines.Security.Jwt;
using Steward.Host.Capabilities;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>A Steward as a user has it: <c>steward up</c> in a process of its own, with a data directory that outlives it.</summary>
internal sealed class StewardProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output;

    private StewardProcess(Process process, ConcurrentQueue<string> output, Uri url, string data)
    {
        _process = process;
        _output = output;
        Url = url;
        DataDirectory = data;
    }

    public Uri Url { get; }

    public string DataDirectory { get; }

    public int Id => _process.Id;

    public string Output => string.Join('\n', _output);

    /// <summary>Starts it against simulated systems that live in the test's own process, so that they outlive it.</summary>
    public static Task<StewardProcess> StartAsync(string data, EnterpriseSimulation simulation, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var environment = SimulatedSystems.Connectors(DemoTenant.Id, simulation).ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            environment[name] = value;
        }

        return StartAsync(["up", "--port", "0", "--no-simulators", "--data", data], data, environment);
    }

    /// <summary>Starts silos and a gateway as processes of their own, with a PostgreSQL server.</summary>
    public static Task<StewardProcess> StartClusterAsync(string data, EnterpriseSimulation simulation, int silos) => StartAsync(
        ["cluster", "--silos", silos.ToString(CultureInfo.InvariantCulture), "--port", "0", "--no-simulators", "--data", data],
        data,
        SimulatedSystems.Connectors(DemoTenant.Id, simulation).ToDictionary(pair => pair.Key, pair => pair.Value));

    /// <summary>Starts a command of the host and waits until it says that Steward is up.</summary>
    public static async Task<StewardProcess> StartAsync(IReadOnlyList<string> arguments, string data, IReadOnlyDictionary<string, string?> settings)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("OPENAI_API_KEY");
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var output = new ConcurrentQueue<string>();
        var up = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data, output, up);
        process.ErrorDataReceived += (_, line) => Take(line.Data, output, up);
        process.Exited += (_, _) => up.TrySetException(new InvalidOperationException($"Steward ended before it was up:\n{string.Join('\n', output)}"));
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new StewardProcess(process, output, await up.Task.WaitAsync(StartsWithin), data);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"Steward did not come up:\n{string.Join('\n', output)}");
        }
    }

    /// <summary>An HTTP client that is signed in as an employee of the demo tenant.</summary>
    public HttpClient SignIn(string employee = DemoTenant.DefaultEmployee)
    {
        var identity = DemoTenant.Find(employee) ?? throw new ArgumentException($"No employee {employee}.");
        return Client(Token(identity));
    }

    public string Token(Engines.Security.EnvelopeIdentity identity) =>
        new DevelopmentTokenIssuer(Path.Combine(DataDirectory, "development-token.key"), TimeProvider.System).Issue(identity);

    public HttpClient Client(string token)
    {
        var client = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>Sends a signal to a process.</summary>
    public static async Task SignalAsync(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Ctrl-C. Returns the exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        await SignalAsync(Id, "INT");
        return await ExitAsync();
    }

    /// <summary>Waits for its end. Returns the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static void Take(string? line, ConcurrentQueue<string> output, TaskCompletionSource<Uri> up)
    {
        if (line is null)
        {
            return;
        }

        output.Enqueue(line);
        if (line.StartsWith("Steward is up: ", StringComparison.Ordinal) && Uri.TryCreate(line["Steward is up: ".Length..].Split(',')[0], UriKind.Absolute, out var url))
        {
            up.TrySetResult(url);
        }
    }
}
