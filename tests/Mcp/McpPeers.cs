using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Steward.Testing;

/// <summary>
/// The programs of others that speak the Model Context Protocol: the reference server and the reference client, from the npm registry. They are installed into tests/Mcp/node_modules
/// when they are not there. Without npm the tests that need them fail and say so.
/// </summary>
internal static class McpPeers
{
    private static readonly Lazy<string> Installed = new(Install);

    /// <summary>The folder with node_modules.</summary>
    public static string Folder => Installed.Value;

    /// <summary>The reference server's script.</summary>
    public static string EverythingServer => Path.Combine(Folder, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");

    /// <summary>Starts the reference server over Streamable HTTP.</summary>
    public static async Task<RunningServer> StartServerAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(EverythingServer);
        start.ArgumentList.Add("streamableHttp");
        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(start)!;
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Take(string? line)
        {
            if (line?.Contains("listening on port", StringComparison.OrdinalIgnoreCase) == true)
            {
                listening.TrySetResult();
            }
        }

        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await listening.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return new RunningServer(process, new Uri($"http://127.0.0.1:{port}/mcp"));
    }

    /// <summary>Runs a script of tests/Mcp with node and gives what it printed.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        start.ArgumentList.Add(Path.Combine(Folder, script));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await errors);
    }

    private static string Install()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "tests", "Mcp", "package.json")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("tests/Mcp was not found above the tests' folder.");
        }

        folder = Path.Combine(folder, "tests", "Mcp");

        // Two test projects may come here at the same time.
        using var turn = TakeTurn(Path.Combine(Path.GetTempPath(), "steward-mcp-peers.lock"));
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            RunNpm(folder);
        }

        return folder;
    }

    private static void RunNpm(string folder)
    {
        var start = new ProcessStartInfo("npm") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "ci", "--no-audit", "--no-fund", "--ignore-scripts" })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEnd();
            if (!process.WaitForExit(TimeSpan.FromMinutes(3)) || process.ExitCode != 0)
            {
                throw new InvalidOperationException($"These tests need the npm registry: `npm ci` in {folder} failed. {errors}");
            }
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException("These tests need Node.js with npm: install the packages nodejs and npm, as ./steward test does.", exception);
        }
    }

    private static FileStream TakeTurn(string file)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 1000)
            {
#pragma warning disable RS0030 // Another process installs; there is nothing to await.
                Thread.Sleep(200);
#pragma warning restore RS0030
            }
        }
    }

    /// <summary>A server that runs until it is disposed.</summary>
    internal sealed class RunningServer(Process process, Uri address) : IDisposable
    {
        public Uri Address => address;

        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }
}
