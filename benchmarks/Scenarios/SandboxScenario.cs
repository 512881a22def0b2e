using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Sandboxing;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench sandbox</c>: from lease to result of small jobs, refill, memory of a warm child, many at once, and what a long row of executions leaves behind.</summary>
internal static class SandboxScenario
{
    private const int AtOnce = 200;
    private const int WarmOnes = 32;
    private const string Hello = "print(1)";
    private const string Table = "import pandas as pd, numpy as np\nframe = pd.DataFrame({'k': np.arange(10000) % 7, 'v': np.arange(10000)})\nframe.groupby('k').v.sum()";
    private const string Chart = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.title('t')";

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var count = new Option<int>("--count") { Description = "Executions of each kind.", DefaultValueFactory = _ => 200 };
        var row = new Option<int>("--row") { Description = "Executions in a row at the end, after which nothing may be left; 0 leaves it out.", DefaultValueFactory = _ => 2000 };
        var command = new Command("sandbox", "How long code waits for its sandbox, and what the sandbox leaves behind.") { count, row, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(count), parsed.GetValue(row), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int count, int row, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddLogging()
            .AddStewardSandbox(options => (options.QueueLengthPerTenant, options.CapacityPerTenant, options.MinimumWarm, options.MaximumWarm) = (AtOnce, options.Capacity, WarmOnes, WarmOnes)).BuildServiceProvider();
        var pool = services.GetRequiredService<ISandboxPool>();
        var provider = pool.Providers[0];
        var began = Stopwatch.GetTimestamp();
        await provider.StartAsync(cancellationToken);
        if (!provider.Availability.IsAvailable)
        {
            await Console.Error.WriteLineAsync(provider.Availability.Remedy);
            return 1;
        }

        var first = await RunAsync(pool, Hello, cancellationToken);
        var cold = Stopwatch.GetElapsedTime(began);
        Console.Out.WriteLine(Machine.Read());
        Console.Out.WriteLine($"missing layers: {string.Join(", ", provider.Availability.Missing.Select(layer => layer.Name))}");
        Console.Out.WriteLine($"cold start to the first result {cold.TotalMilliseconds:0} ms ({first.Code})");
        var (hello, table, chart) = (await MeasureAsync(pool, Hello, count, cancellationToken), await MeasureAsync(pool, Table, count, cancellationToken), await MeasureAsync(pool, Chart, count / 2, cancellationToken));
        var refill = await RefillAsync(provider, Math.Min(50, count), cancellationToken);
        // What forks share is divided among them: the figure is that of a pool under load.
        await UntilWarmAsync(provider, WarmOnes, cancellationToken);
        var memory = WarmMegabytes();
        began = Stopwatch.GetTimestamp();
        var together = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => RunAsync(pool, Hello, cancellationToken)));
        var burst = Stopwatch.GetElapsedTime(began);
        var left = row > 0 ? await LeftAsync(pool, row, cancellationToken) : null;
        var colds = new List<SandboxCold> { new(provider.Name, "python", cold.TotalMilliseconds, null) };
        foreach (var other in pool.Providers.Skip(1))
        {
            colds.AddRange(await ColdsAsync(other, cancellationToken));
        }

        foreach (var (name, summary) in new[] { ("print(1)", hello), ("table", table), ("chart", chart), ("refill", refill) })
        {
            Console.Out.WriteLine($"{name,-9} p50 {summary.P50,7:0.0} ms  p99 {summary.P99,7:0.0} ms  max {summary.Max,7:0.0} ms  ({summary.Count})");
        }

        foreach (var one in colds)
        {
            Console.Out.WriteLine(one.Missing is null ? $"cold start of {one.Provider}, {one.Profile}: {one.Milliseconds:0} ms to the first result" : $"no {one.Provider}: {one.Missing}");
        }

        Console.Out.WriteLine($"{AtOnce} at once all ended after {burst.TotalSeconds:0.00} s, {together.Count(outcome => outcome.Status != SandboxStatus.Finished)} of them not well; one of {WarmOnes} warm children {memory:0.0} MB PSS");
        var targets = new List<Target>
        {
            new("lease to result of print(1), p50", hello.P50, "ms", 15, AtLeast: false),
            new("lease to result of print(1), p99", hello.P99, "ms", 50, AtLeast: false),
            new("table, p50", table.P50, "ms", 40, AtLeast: false),
            new("chart, p50", chart.P50, "ms", 200, AtLeast: false),
            new("refill, p50", refill.P50, "ms", 40, AtLeast: false),
            new($"PSS of one of {WarmOnes} warm children", memory, "MB", 6, AtLeast: false),
            new($"{AtOnce} at once", burst.TotalSeconds, "s", 4, AtLeast: false),
        };
        if (left is not null)
        {
            Console.Out.WriteLine($"after {row} in a row: {left}");
            targets.Add(new("processes, control groups, descriptors and mounts left by a row", left.Processes + left.Groups + left.Descriptors + left.Mounts, "", 1, AtLeast: false));
        }

        var result = new SandboxResult(Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench sandbox --count {count} --row {row}", colds, hello, table, chart, refill, memory, burst.TotalSeconds, left);
        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);
    }

    private static Task<SandboxOutcome> RunAsync(ISandboxPool pool, string code, CancellationToken cancellationToken) =>
        pool.ExecuteAsync(new SandboxJob { ExecutionId = "x-bench", Tenant = "t-bench", Profile = SandboxProfile.Python, Code = code, Validate = false }, NoOutputSink.Instance, NoData.Instance, cancellationToken);

    private static async Task<LatencySummary> MeasureAsync(ISandboxPool pool, string code, int count, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        for (var i = 0; i < count; i++)
        {
            await UntilWarmAsync(pool.Providers[0], 1, cancellationToken);
            var began = Stopwatch.GetTimestamp();
            if ((await RunAsync(pool, code, cancellationToken)).Status != SandboxStatus.Finished)
            {
                throw new InvalidOperationException("An execution of the benchmark did not end well.");
            }

            latencies.Add(Stopwatch.GetElapsedTime(began));
        }

        return latencies.Summarize();
    }

    /// <summary>From the hand-over of one warm child until as many are ready again.</summary>
    private static async Task<LatencySummary> RefillAsync(ISandboxProvider provider, int count, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        for (var i = 0; i < count; i++)
        {
            await UntilWarmAsync(provider, 1, cancellationToken);
            var ready = provider.Warm(SandboxProfile.Python);
            var started = new StartSink();
            var running = provider.RunAsync(new SandboxJob { ExecutionId = "x-bench", Tenant = "t-bench", Profile = SandboxProfile.Python, Code = "import time\ntime.sleep(0.2)", Validate = false }, started, NoData.Instance, cancellationToken);
            await started.Begun.Task;
            var began = Stopwatch.GetTimestamp();
            while (provider.Warm(SandboxProfile.Python) >= ready && !running.IsCompleted)
            {
                await Task.Yield();
            }

            await UntilWarmAsync(provider, ready, cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(began));
            await running;
        }

        return latencies.Summarize();
    }

    private static async Task UntilWarmAsync(ISandboxProvider provider, int count, CancellationToken cancellationToken)
    {
        while (provider.Warm(SandboxProfile.Python) < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<SandboxLeft> LeftAsync(ISandboxPool pool, int row, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var before = Count();
        await Parallel.ForEachAsync(Enumerable.Range(0, row), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (_, token) => await RunAsync(pool, Hello, token));
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
        var after = Count();
        return new SandboxLeft(
            Math.Max(0, after.Processes - before.Processes), Math.Max(0, after.Groups - before.Groups), Math.Max(0, after.Descriptors - before.Descriptors), Math.Max(0, after.Mounts - before.Mounts), after.Megabytes - before.Megabytes);
    }

    private static SandboxLeft Count()
    {
        var processes = Sandboxed().ToList();
        var groups = Directory.Exists("/sys/fs/cgroup/memory") ? Directory.EnumerateDirectories("/sys/fs/cgroup/memory", "steward-sandbox-*").Sum(folder => Directory.GetDirectories(folder).Length) : 0;
        var supervisor = processes.Where(process => process.Depth == 1).ToList();
        return new SandboxLeft(
            processes.Count,
            groups,
            supervisor.Sum(process => Entries($"/proc/{process.Id}/fd")),
            File.ReadLines("/proc/self/mounts").Count(),
            supervisor.Sum(process => Kilobytes($"/proc/{process.Id}/smaps_rollup", "Pss:")) / 1024.0);
    }

    private static double WarmMegabytes()
    {
        var sizes = Sandboxed().Where(process => process.Depth >= 3).Select(process => Kilobytes($"/proc/{process.Id}/smaps_rollup", "Pss:") / 1024.0).Where(size => size > 0).ToList();
        return sizes.Count == 0 ? 0 : sizes.Average();
    }

    /// <summary>Processes below this one that run Python or bubblewrap, with the depth of their pid namespaces: 1 is the supervisor, 3 a child.</summary>
    private static IEnumerable<(int Id, int Depth)> Sandboxed()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            string[] lines;
            try
            {
                lines = File.ReadAllLines($"{folder}/status");
            }
            catch (IOException)
            {
                continue;
            }

            if (lines.Any(line => line.StartsWith("Uid:\t20001", StringComparison.Ordinal)) && lines.FirstOrDefault(line => line.StartsWith("NSpid:", StringComparison.Ordinal)) is { } namespaces)
            {
                yield return (int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture), namespaces.Split('\t', StringSplitOptions.RemoveEmptyEntries).Length - 1);
            }
        }
    }

    private static int Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static long Kilobytes(string file, string name)
    {
        try
        {
            return File.ReadLines(file).Where(line => line.StartsWith(name, StringComparison.Ordinal)).Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private sealed class StartSink : ISandboxOutputSink
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Queued(int position)
        {
        }

        public void Started(string provider) => Begun.TrySetResult();

        public void Text(string text)
        {
        }
    }

    /// <summary>How long a provider that has started takes from a job to its result when no sandbox waits for it; the middle one of three.</summary>
    private static async Task<List<SandboxCold>> ColdsAsync(ISandboxProvider provider, CancellationToken cancellationToken)
    {
        await provider.StartAsync(cancellationToken);
        if (!provider.Availability.IsAvailable)
        {
            return [new SandboxCold(provider.Name, "", null, provider.Availability.Remedy)];
        }

        var found = new List<SandboxCold>();
        foreach (var (profile, code) in new[] { (SandboxProfile.Python, Hello), (SandboxProfile.Shell, "echo 1") })
        {
            var times = new List<double>();
            for (var i = 0; i < 3; i++)
            {
                provider.KeepWarm(profile, 0);
                var began = Stopwatch.GetTimestamp();
                var job = new SandboxJob { ExecutionId = "x-bench", Tenant = "t-bench", Profile = profile, Code = code, Validate = false };
                if (await provider.RunAsync(job, NoOutputSink.Instance, NoData.Instance, cancellationToken) is { Status: not SandboxStatus.Finished } outcome)
                {
                    return [.. found, new SandboxCold(provider.Name, "", null, outcome.Reason)];
                }

                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            found.Add(new SandboxCold(provider.Name, profile == SandboxProfile.Python ? "python" : "shell", times.Order().ElementAt(1), null));
        }

        return found;
    }

    /// <summary>From a job to its result without a sandbox that waits, or why there is none.</summary>
    internal sealed record SandboxCold(string Provider, string Profile, double? Milliseconds, string? Missing);

    /// <summary>What is there, or what is there more than before.</summary>
    internal sealed record SandboxLeft(int Processes, int Groups, int Descriptors, int Mounts, double Megabytes);

    internal sealed record SandboxResult(
        object Machine, DateTimeOffset At, string Command, IReadOnlyList<SandboxCold> Cold, LatencySummary Hello, LatencySummary Table, LatencySummary Chart, LatencySummary Refill, double WarmMegabytes, double AtOnceSeconds, SandboxLeft? Left);
}
