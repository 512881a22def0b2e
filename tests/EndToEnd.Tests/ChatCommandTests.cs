using System.Collections.Concurrent;
using System.Diagnostics;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward chat</c> as a person uses it: a process with a terminal's input and output.</summary>
public sealed class ChatCommandTests : IAsyncLifetime
{
    private const string Agent = """
        id: assistant
        version: 1
        title: Assistant
        description: Plans.
        instructions: Plan.
        tools: { read: ["*"], write: [okta.users.reset_password] }
        strategies: [plan]
        reviewPlans: true
        """;

    private const string Plan = """
        {"goal":"Reset the password","answer":"Say that it is done.","steps":[
          {"id":"find","title":"Find the account","tool":"okta.users.find","arguments":{"email":"${requester.email}"}},
          {"id":"reset","title":"Reset it","tool":"okta.users.reset_password","arguments":{"userId":"${steps.find.result.items[0].id}"},"needs":["find"],"onFailure":"stop"}]}
        """;

    private readonly TemporaryDirectory _data = new();
    private readonly ConcurrentQueue<string> _output = new();
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;
    private StewardProcess? _steward;
    private Process? _chat;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();
        _model.Append(new ModelRule { When = new ModelMatch { AnyMessageContains = "You are the planner" }, Reply = new ModelReply { Text = Plan } });
        _model.Append(new ModelRule { When = new ModelMatch { AnyMessageContains = "Work was done" }, Reply = new ModelReply { Text = "Your password is reset." } });
        var agents = Directory.CreateDirectory(Path.Combine(_data.Path, "agents")).FullName;
        await File.WriteAllTextAsync(Path.Combine(agents, "assistant.yaml"), Agent);
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:AgentDirectory"] = agents,
        });

        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "chat", "--data", _data.Path])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        _chat = Process.Start(start)!;
        _chat.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _chat.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _chat.BeginOutputReadLine();
        _chat.BeginErrorReadLine();
    }

    public async Task DisposeAsync()
    {
        if (!_chat!.HasExited)
        {
            _chat.Kill();
        }

        _chat.Dispose();
        await _steward!.DisposeAsync();
        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Approve_OfAPlanThatIsReviewed_CarriesItOutAndShowsTheAnswer()
    {
        await UntilShownAsync("Chatting as ada.lovelace");
        await TypeAsync("/approve", "Nothing waits for an answer.");
        await TypeAsync("Please sort out what we talked about", "Answer with /approve, /edit, /reject");
        Assert.Contains("Please review the plan: Reset the password", Shown, StringComparison.Ordinal);
        Assert.DoesNotContain("✓", Shown, StringComparison.Ordinal);

        await TypeAsync("/agree", "/agree is no answer to that; /approve, /edit, /reject are.");
        await TypeAsync("/approve looks right", "Your password is reset.");
        Assert.Contains("→ approve by u-", Shown, StringComparison.Ordinal);
        Assert.Contains("✓ Reset it", Shown, StringComparison.Ordinal);

        await TypeAsync("/approve", "Nothing waits for an answer.", times: 2);
        await _chat!.StandardInput.WriteLineAsync("/quit");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _chat.WaitForExitAsync(limit.Token);
        Assert.Equal(0, _chat.ExitCode);
    }

    [Fact]
    public async Task Reject_OfAPlanThatIsReviewed_DoesNothingOfIt()
    {
        await TypeAsync("Please sort out what we talked about", "Answer with /approve, /edit, /reject");
        await TypeAsync("/reject too early", "You rejected the plan, so I did not carry it out.");

        Assert.DoesNotContain("✓", Shown, StringComparison.Ordinal);
    }

    private string Shown => string.Join('\n', _output);

    private async Task TypeAsync(string line, string expected, int times = 1)
    {
        await _chat!.StandardInput.WriteLineAsync(line);
        await UntilShownAsync(expected, times);
    }

    private async Task UntilShownAsync(string expected, int times = 1)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Shown.Split(expected).Length <= times)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), $"'{expected}' was not shown:\n{Shown}");
            await Task.Delay(50);
        }
    }
}
