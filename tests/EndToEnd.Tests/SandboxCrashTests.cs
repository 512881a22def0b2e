using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary>Steward is killed while it runs code.</summary>
public sealed class SandboxCrashTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private readonly List<StewardProcess> _started = [];
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var steward in _started)
        {
            await steward.DisposeAsync();
        }

        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Kill_WhileCodeRuns_LeavesNoProcessEndsTheLeaseAndTheRunGoesOn()
    {
        _model!.Append(new ModelRule
        {
            When = new ModelMatch { LastRole = "user", LastUserMessageContains = "wait" },
            Reply = new ModelReply { ToolCalls = [new ModelToolCall { Name = "sandbox_run_code", Arguments = new JsonObject { ["language"] = "python", ["code"] = "import time\nprint('begun', flush=True)\ntime.sleep(25)" } }] },
        });
        _model.Append(new ModelRule { When = new ModelMatch { LastRole = "tool", LastMessageContains = "silo_lost" }, Reply = new ModelReply { Text = "The code was lost with its server." } });
        var steward = await StartAsync();
        using var before = steward.SignIn();
        var run = await before.SubmitAsync(await before.OpenSessionAsync(), "Please wait a while");
        using var started = await before.PostAsJsonAsync("v1/sandbox/executions", new { language = "python", code = "import time\nprint('begun', flush=True)\ntime.sleep(25)" });
        var address = started.Headers.Location!.ToString();
        await UntilAsync(async () => (await before.GetFromJsonAsync<JsonElement>(address)).GetProperty("state").GetString() == "running");
        await UntilAsync(async () => (await before.GetStringAsync($"v1/runs/{run}/trace")).Contains("sandbox.run_code", StringComparison.Ordinal));
        var processes = DescendantsOf(steward.Id);

        await StewardProcess.SignalAsync(steward.Id, "KILL");
        await steward.ExitAsync();
        await UntilAsync(() => Task.FromResult(!processes.Exists(IsAlive)), seconds: 5);
        var again = await StartAsync();
        using var after = again.SignIn();
        var lease = await after.GetFromJsonAsync<JsonElement>(address);
        var ended = await after.WaitForRunAsync(run, Conversations.HasEnded);

        Assert.True(processes.Count >= 3, "no sandbox was at work");
        Assert.Equal(("failed", true, "silo_lost"), (lease.GetProperty("state").GetString(), lease.GetProperty("destroyed").GetBoolean(), lease.GetProperty("result").GetProperty("code").GetString()));
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        Assert.Contains("lost with its server", ended.GetProperty("answer").GetString(), StringComparison.Ordinal);
    }

    private async Task<StewardProcess> StartAsync()
    {
        _started.Add(await StewardProcess.StartAsync(_data.Path, _simulation!, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model!.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
        }));
        return _started[^1];
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, int seconds = 60)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!await condition())
        {
            await Task.Delay(50, limit.Token);
        }
    }

    /// <summary>Each process with when it began, since numbers are used again.</summary>
    private static List<(int Id, string Began)> DescendantsOf(int root)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => Read(int.Parse(name!, CultureInfo.InvariantCulture))).OfType<(int Id, int Parent, string Began)>().ToList();
        var found = new List<(int Id, string Began)>();
        var open = new Queue<int>([root]);
        while (open.TryDequeue(out var next))
        {
            foreach (var child in all.Where(process => process.Parent == next))
            {
                found.Add((child.Id, child.Began));
                open.Enqueue(child.Id);
            }
        }

        return found;
    }

    private static bool IsAlive((int Id, string Began) process) => Read(process.Id) is { } now && now.Began == process.Began;

    private static (int Id, int Parent, string Began)? Read(int id)
    {
        try
        {
            // The name, in brackets, may hold anything; what follows it is split by blanks: state, parent, …, and the start as the 20th.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : (id, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
