using System.Diagnostics;
using System.Globalization;

namespace Steward.Host.Cluster;

/// <summary>
/// The processes of a local cluster: started one after the other, their output marked, ended together. Each has a session of its own, so that
/// Ctrl-C reaches only this process, which then ends the others in order. If this process dies, a shell that watches over it ends them.
/// </summary>
internal sealed class ProcessGroup(TextWriter output) : IAsyncDisposable
{
    private const string SetSid = "/usr/bin/setsid";

    // Reads ids until its input closes, which it does when this process ends, however it ends. An empty line says that nothing is left to end.
    private const string Watch =
        """
        ids=
        while read -r id; do [ -n "$id" ] || exit 0; ids="$ids $id"; done
        kill -TERM $ids 2>/dev/null
        for second in 1 2 3 4 5 6 7 8 9 10; do
          sleep 1
          left=
          for id in $ids; do kill -0 "$id" 2>/dev/null && left="$left $id"; done
          [ -n "$left" ] || exit 0
          ids=$left
        done
        kill -KILL $ids 2>/dev/null
        """;

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(40);

    private readonly List<(string Name, Process Process)> _processes = [];
    private readonly Lock _lock = new();
    private Process? _watch;

    /// <summary>Starts an assembly that lies beside this one and waits until its readiness endpoint answers. Returns its pid.</summary>
    public Task<int> StartAsync(string name, string assembly, Dictionary<string, string?> environment, Uri ready, CancellationToken cancellationToken) =>
        StartAsync(name, assembly, [], environment, ready, cancellationToken);

    /// <summary>The same with arguments, which anybody on the machine may read: no secrets.</summary>
    public async Task<int> StartAsync(
        string name,
        string assembly,
        IReadOnlyList<string> arguments,
        Dictionary<string, string?> environment,
        Uri ready,
        CancellationToken cancellationToken)
    {
        var process = Launch(name, assembly, arguments, environment);
        _processes.Add((name, process));
        await EndWithThisProcessAsync(process);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false });
        var started = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(http, ready, cancellationToken))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{name} ended with code {process.ExitCode} before it was ready; see its output above.");
            }

            if (Stopwatch.GetElapsedTime(started) > ReadyWithin)
            {
                throw new TimeoutException($"{name} was not ready within {ReadyWithin.TotalSeconds:0} seconds.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        Say(name, $"ready, pid {process.Id}");
        return process.Id;
    }

    /// <summary>Waits for the signal to stop. A process that ends before is only reported: losing one is what this is for.</summary>
    public async Task WaitAsync(CancellationToken stop)
    {
        foreach (var (name, process) in _processes)
        {
            process.Exited += (_, _) => Say(name, "has ended");
            process.EnableRaisingEvents = true;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The gateway first, so that it drains while the silos still answer.
        foreach (var (_, process) in Enumerable.Reverse(_processes))
        {
            await EndAsync(process);
            process.Dispose();
        }

        if (_watch is not null)
        {
            await _watch.StandardInput.WriteLineAsync();
            _watch.StandardInput.Close();
            await _watch.WaitForExitAsync();
            _watch.Dispose();
        }
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        using (var signal = Process.Start(new ProcessStartInfo("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))!)
        {
            await signal.WaitForExitAsync();
        }

        using var limit = new CancellationTokenSource(StopWithin);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static async Task<bool> AnswersAsync(HttpMessageInvoker http, Uri uri, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            using var response = await http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>A program with its arguments in a session of its own, where the system has the tool for it.</summary>
    private static ProcessStartInfo InOwnSession(string program, params IReadOnlyList<string> arguments) =>
        File.Exists(SetSid) ? new ProcessStartInfo(SetSid, [program, .. arguments]) : new ProcessStartInfo(program, arguments);

    private static string DotNet() =>
        Environment.ProcessPath is { } path && string.Equals(Path.GetFileNameWithoutExtension(path), "dotnet", StringComparison.OrdinalIgnoreCase) ? path : "dotnet";

    private Process Launch(string name, string assembly, IReadOnlyList<string> arguments, Dictionary<string, string?> environment)
    {
        var start = InOwnSession(DotNet(), [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Say(name, line.Data);
        process.ErrorDataReceived += (_, line) => Say(name, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task EndWithThisProcessAsync(Process process)
    {
        if (_watch is null)
        {
            var start = InOwnSession("/bin/sh", "-c", Watch, "steward-cluster");
            start.RedirectStandardInput = true;
            start.WorkingDirectory = "/";
            _watch = Process.Start(start) ?? throw new InvalidOperationException("The shell that watches over the cluster did not start.");
            _watch.StandardInput.AutoFlush = true;
        }

        await _watch.StandardInput.WriteLineAsync(process.Id.ToString(CultureInfo.InvariantCulture));
    }

    private void Say(string name, string? line)
    {
        if (line is not null)
        {
            lock (_lock)
            {
                output.WriteLine($"{name,-9} | {line}");
            }
        }
    }
}
