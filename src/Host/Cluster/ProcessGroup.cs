using System.Diagnostics;

namespace Steward.Host.Cluster;

/// <summary>The processes of a local cluster: started one after the other, their output marked, ended together.</summary>
internal sealed class ProcessGroup(TextWriter output) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(30);

    private readonly List<(string Name, Process Process)> _processes = [];
    private readonly Lock _lock = new();

    /// <summary>Starts an assembly that lies beside this one and waits until its readiness endpoint answers. Returns its pid.</summary>
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
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) });
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

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }

        Say(name, $"ready, pid {process.Id}");
        return process.Id;
    }

    /// <summary>Waits for the signal to stop. A process that ends before is only reported: losing one is what this is for.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, process) in _processes)
        {
            process.EnableRaisingEvents = true;
            process.Exited += (_, _) => Say(name, "has ended");
        }

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, context => Stop(context, stop));
        using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context => Stop(context, stop));
        await stop.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
    }

    private static void Stop(System.Runtime.InteropServices.PosixSignalContext context, TaskCompletionSource stop)
    {
        context.Cancel = true;
        stop.TrySetResult();
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        using (var signal = Process.Start(new ProcessStartInfo("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))!)
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

    private Process Launch(string name, string assembly, IReadOnlyList<string> arguments, Dictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Environment.CurrentDirectory,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

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
