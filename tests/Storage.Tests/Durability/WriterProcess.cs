using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Steward.Storage.Tests.Durability;

/// <summary>A process that appends until it is killed, and the appends that it said were acknowledged.</summary>
internal sealed class WriterProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentDictionary<int, long> _acknowledged = new();
    private readonly Task _reading;
    private int _count;

    public WriterProcess(StorageProvider provider, string location, int journals)
    {
        var secret = provider == StorageProvider.PostgreSql;
        _process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
            [
                "exec",
                Path.Combine(AppContext.BaseDirectory, "Steward.Storage.Writer.dll"),
                provider.ToString(),
                secret ? "-" : location,
                journals.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        if (secret)
        {
            // A command line can be read by every user of the machine.
            _process.StandardInput.WriteLine(location);
        }

        _reading = Task.WhenAll(ReadAsync(), ErrorsAsync());
    }

    /// <summary>What the process wrote to its error output.</summary>
    public string Errors { get; private set; } = "";

    /// <summary>How many appends were acknowledged so far.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Waits until the process has acknowledged this many appends, then kills it at once and returns the last acknowledged sequence of each journal.</summary>
    public async Task<IReadOnlyDictionary<int, long>> KillAfterAsync(int appends)
    {
        var started = Stopwatch.GetTimestamp();
        while (Count < appends)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
            {
                await KillAsync();
                throw new InvalidOperationException($"The writer acknowledged {Count} appends only. {Errors}");
            }

            await Task.Yield();
        }

        await KillAsync();
        return _acknowledged;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            // SIGKILL: the process runs not one more instruction.
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        var text = "";
        var buffer = new char[4096];
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            // Only whole lines count: the last one may have been cut off by the kill.
            text += new string(buffer, 0, read);
            var lines = text.Split('\n');
            foreach (var line in lines[..^1])
            {
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                _acknowledged[int.Parse(line.AsSpan(0, space), CultureInfo.InvariantCulture)] = long.Parse(line.AsSpan(space + 1), CultureInfo.InvariantCulture);
                Interlocked.Increment(ref _count);
            }

            text = lines[^1];
        }
    }

    private async Task ErrorsAsync() => Errors = await _process.StandardError.ReadToEndAsync();
}
