#if ORLEANS_STANDIN
using System.Diagnostics;

namespace Steward.EndToEnd.Tests;

/// <summary>Without Orleans there is no cluster, and the command says so.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Cluster_WithoutOrleans_RefusesAndSaysWhatIsMissing()
    {
        using var data = new TemporaryDirectory();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "cluster", "--silos", "2", "--port", "0", "--data", data.Path])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = await process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("docs/feeds.md", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Steward is up", await output, StringComparison.Ordinal);
    }
}
#else
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim;
using Steward.Host.Demo;
using Xunit.Abstractions;

namespace Steward.EndToEnd.Tests;

/// <summary>Silos and a gateway in processes of their own. Silos are lost and stopped while people work with them.</summary>
public sealed partial class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Request = "VPN is down in the Berlin office for the whole sales team";

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private StewardProcess? _cluster;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await EndAsync(_cluster);
            await _cluster.DisposeAsync();

            // Shown for a test that failed.
            output.WriteLine(_cluster.Output);
        }

        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task MainJob_SameOperationTwice_OpensOneIncidentAndLeavesNoProcessBehind()
    {
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation!, silos: 2);
        using var client = _cluster.SignIn();
        var session = await client.OpenSessionAsync();
        var operation = Guid.NewGuid().ToString("n");

        var first = await client.AskAsync(session, Request, operation);
        var again = await client.AskAsync(session, Request, operation);
        using var health = await client.GetAsync("healthz");

        AssertCompleted(first);
        Assert.Equal(first.Select(wire => wire.Sequence), again.Select(wire => wire.Sequence));
        Assert.Equal(1, Incidents());
        Assert.Contains("\"orleans\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var processes = Silos(_cluster).Append(Ready(_cluster, "gateway")).ToList();
        Assert.Equal(0, await _cluster.InterruptAsync());
        Assert.All(processes, process => Assert.False(Runs(process)));
        Assert.DoesNotContain(_simulation!.Credentials.ServiceNowPassword, _cluster.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KillSilo_WhileItsRunActs_TheRunGoesOnElsewhereAndActsOnce()
    {
        _simulation!.Inject(new SimFault { Kind = SimFaultKind.Slow, System = SimSystem.ServiceNow, Method = "POST", DelayMilliseconds = 10_000 });
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation, silos: 2);
        using var client = _cluster.SignIn();
        var session = await client.OpenSessionAsync();
        var run = await client.SubmitAsync(session, Request);
        var watching = client.WatchAsync(run);
        await ReadUntilAsync(client, run, wire => wire.Type == "action.sent");
        await UntilAsync(() => Incidents() == 1);

        var killed = Stopwatch.GetTimestamp();
        await StewardProcess.SignalAsync(SiloThatTalksTo(_cluster, _simulation.ServiceNow.Port), "KILL");
        var events = await watching;
        output.WriteLine($"The run had ended {Stopwatch.GetElapsedTime(killed).TotalSeconds:0.0} s after its silo was killed.");

        output.WriteLine(string.Join(' ', events.Select(wire => wire.Type)));
        AssertCompleted(events);
        Assert.Contains(events, wire => wire.Type == "action.reconciled");
        Assert.Equal(1, Incidents());
        Assert.True(Stopwatch.GetElapsedTime(killed) < TimeSpan.FromSeconds(30));

        // The session, wherever it lived, takes the next message.
        AssertCompleted(await client.AskAsync(session, "Who is my manager?"));
    }

    [Fact]
    public async Task KillSilo_WhileNobodyWatches_TheRunGoesOnWithoutBeingAskedAbout()
    {
        _simulation!.Inject(new SimFault { Kind = SimFaultKind.Slow, System = SimSystem.ServiceNow, Method = "POST", DelayMilliseconds = 10_000 });
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation, silos: 2);
        using var client = _cluster.SignIn();
        var session = await client.OpenSessionAsync();
        await client.SubmitAsync(session, Request);
        await UntilAsync(() => Incidents() == 1);

        var killed = Stopwatch.GetTimestamp();
        await StewardProcess.SignalAsync(SiloThatTalksTo(_cluster, _simulation.ServiceNow.Port), "KILL");
        while (await MessagesAsync(client, session) < 2)
        {
            // Well below what the tenant's watchdog would take.
            Assert.True(Stopwatch.GetElapsedTime(killed) < TimeSpan.FromSeconds(60), "nobody took the run up");
            await Task.Delay(200);
        }

        output.WriteLine($"The run had ended {Stopwatch.GetElapsedTime(killed).TotalSeconds:0.0} s after its silo was killed.");
        Assert.Equal(1, Incidents());
    }

    [Fact]
    public async Task KillSilos_AtSeveralPointsOfManyRuns_LosesNoneAndActsOnceForEach()
    {
        const int RunsAtOnce = 10;
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation!, silos: 4);
        var silos = Silos(_cluster);
        var people = DemoTenant.Employees.Take(RunsAtOnce).Select(_cluster.SignIn).ToList();
        var expected = 0;
        foreach (var (silo, killAfter) in silos.Zip([1, 4, 7]))
        {
            var runs = await Task.WhenAll(people.Select(async person => (Person: person, Run: await person.SubmitAsync(await person.OpenSessionAsync(), Request))));
            var watching = runs.Select(run => run.Person.WatchAsync(run.Run)).ToList();
            await ReadUntilAsync(people[0], runs[0].Run, wire => wire.Sequence >= killAfter);
            var killed = Stopwatch.GetTimestamp();
            await StewardProcess.SignalAsync(silo, "KILL");
            expected += RunsAtOnce;

            Assert.All(await Task.WhenAll(watching), AssertCompleted);
            output.WriteLine($"All runs had ended {Stopwatch.GetElapsedTime(killed).TotalSeconds:0.0} s after silo {silo} was killed after event {killAfter}.");
            Assert.Equal(expected, Incidents());
        }

        people.ForEach(person => person.Dispose());
    }

    [Fact]
    public async Task StopSilo_WhilePeopleWork_FailsNoRequest()
    {
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation!, silos: 2);
        var people = DemoTenant.Employees.Take(6).Select(_cluster.SignIn).ToList();
        using var enough = new CancellationTokenSource();
        var working = people.Select(async person =>
        {
            var asked = 0;
            while (!enough.IsCancellationRequested || asked == 0)
            {
                // Each step asserts the status of its answer.
                var session = await person.OpenSessionAsync();
                AssertCompleted(await person.AskAsync(session, "Who is my manager?"));
                using var read = await person.GetAsync($"v1/sessions/{session}");
                Assert.Equal(HttpStatusCode.OK, read.StatusCode);
                asked++;
            }

            return asked;
        }).ToList();
        await Task.Delay(TimeSpan.FromSeconds(1));

        var stopping = Silos(_cluster)[0];
        var signalled = Stopwatch.GetTimestamp();
        await StewardProcess.SignalAsync(stopping, "TERM");
        await UntilAsync(() => !Runs(stopping));
        output.WriteLine($"The silo had ended {Stopwatch.GetElapsedTime(signalled).TotalSeconds:0.0} s after the signal.");
        await Task.Delay(TimeSpan.FromSeconds(2));
        await enough.CancelAsync();

        var asked = await Task.WhenAll(working);
        output.WriteLine($"{asked.Sum()} conversations.");
        Assert.True(asked.Sum() > people.Count);
        people.ForEach(person => person.Dispose());
    }

    /// <summary>How many messages a session has; 0 while the cluster cannot say.</summary>
    private static async Task<int> MessagesAsync(HttpClient client, string session)
    {
        using var response = await client.GetAsync($"v1/sessions/{session}");
        return response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("transcript").GetProperty("messages").GetArrayLength()
            : 0;
    }

    private static async Task EndAsync(StewardProcess cluster)
    {
        if (Runs(cluster.Id))
        {
            Assert.Equal(0, await cluster.InterruptAsync());
        }
    }

    private static void AssertCompleted(IReadOnlyList<WireEvent> events)
    {
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(wire => wire.Sequence));
        Assert.Equal("run.ended", events[^1].Type);
        Assert.Equal("completed", events[^1].Data.GetProperty("phase").GetString());
    }

    private static List<int> Silos(StewardProcess cluster) => [.. ReadySilo().Matches(cluster.Output).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    private static int Ready(StewardProcess cluster, string name) =>
        int.Parse(Regex.Match(cluster.Output, $@"(?m)^{name} *\| ready, pid (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>The silo that has a connection to a port open.</summary>
    private static int SiloThatTalksTo(StewardProcess cluster, int port) => Assert.Single(SilosThatTalkTo(cluster, port));

    private static bool Runs(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static async Task ReadUntilAsync(HttpClient client, string run, Func<WireEvent, bool> until)
    {
        using var response = await client.GetAsync($"v1/runs/{run}/events", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync())
        {
            if (until(WireEvent.Of(item)))
            {
                return;
            }
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private int Incidents() => _simulation!.State.ServiceNowTable("incident").Count(incident =>
        incident["short_description"].Contains("VPN", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(incident.GetValueOrDefault("correlation_id")));

    [GeneratedRegex(@"(?m)^silo-\d+ *\| ready, pid (\d+)")]
    private static partial Regex ReadySilo();
}
#endif
