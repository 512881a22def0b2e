using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>The process dies, or is stopped, and comes back on the same data.</summary>
public sealed class LossTests : IAsyncLifetime
{
    private const string Request = "VPN is down in the Berlin office for the whole sales team";

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Kill_WhileTheActionIsUnderWay_CompletesAfterRestartAndActsOnce()
    {
        _simulation!.Inject(new SimFault { Kind = SimFaultKind.Slow, System = SimSystem.ServiceNow, Method = "POST", DelayMilliseconds = 20_000 });
        string run;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation))
        {
            using var client = steward.SignIn();
            run = await client.SubmitAsync(await client.OpenSessionAsync(), Request);
            await ReadUntilAsync(client, run, wire => wire.Type == "action.sent");

            // The record exists, its answer is on the way: the outcome is unknown to whoever comes after.
            await Until(() => Incidents() == 1);
            await steward.KillAsync();
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation);
        using var later = again.SignIn();
        var status = await later.WaitForRunAsync(run, Conversations.HasEnded);
        var events = await later.WatchAsync(run);

        Assert.Equal("completed", status.GetProperty("state").GetString());
        Assert.Equal(1, Incidents());
        Assert.True(events.Any(wire => wire.Type == "action.reconciled"), string.Join(", ", events.Select(wire => wire.Type)));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(wire => wire.Sequence));
    }

    [Fact]
    public async Task Kill_AfterAnyEvent_LosesNoRunAndSendsNothingTwice()
    {
        var steward = await StewardProcess.StartAsync(_data.Path, _simulation!);
        try
        {
            for (var killAfter = 1; killAfter <= 8; killAfter++)
            {
                var before = Incidents();
                string session;
                string run;
                using (var client = steward.SignIn())
                {
                    session = await client.OpenSessionAsync();
                    run = await client.SubmitAsync(session, Request);
                    var number = killAfter;
                    await ReadUntilAsync(client, run, wire => wire.Sequence >= number);
                }

                // The one that is started then is the next to be killed.
                await steward.KillAsync();
                await steward.DisposeAsync();
                steward = await StewardProcess.StartAsync(_data.Path, _simulation!);
                using var later = steward.SignIn();
                var status = await later.WaitForRunAsync(run, Conversations.HasEnded);
                Assert.Equal("completed", status.GetProperty("state").GetString());
                Assert.Equal(before + 1, Incidents());

                // The answer has joined the conversation, and the session takes the next message.
                await UntilAsync(async () => (await later.GetFromJsonAsync<JsonElement>($"v1/sessions/{session}")).GetProperty("transcript").GetProperty("messages").GetArrayLength() == 2);
                Assert.Equal("run.ended", (await later.AskAsync(session, "Who is my manager?"))[^1].Type);
            }
        }
        finally
        {
            await steward.DisposeAsync();
        }
    }

    [Fact]
    public async Task Interrupt_ThenStartAgain_EndsCleanlyAndContinues()
    {
        string session;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!))
        {
            using var client = steward.SignIn();
            session = await client.OpenSessionAsync();
            await client.AskAsync(session, "Who is my manager?");

            Assert.Equal(0, await steward.InterruptAsync());
            Assert.Contains("Stopped.", steward.Output, StringComparison.Ordinal);
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!);
        using var later = again.SignIn();
        await later.AskAsync(session, "Who is my manager?");

        // The answer joins the conversation a moment after the run's last event.
        string?[] roles = [];
        await UntilAsync(async () =>
        {
            var transcript = await later.GetFromJsonAsync<JsonElement>($"v1/sessions/{session}");
            roles = [.. transcript.GetProperty("transcript").GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString())];
            return roles.Length >= 4;
        });
        Assert.Equal<IEnumerable<string?>>(["user", "assistant", "user", "assistant"], roles);
    }

    [Fact]
    public async Task Interrupt_WhileARunIsUnderWay_LeavesItForTheNextStart()
    {
        _simulation!.Inject(new SimFault { Kind = SimFaultKind.Slow, System = SimSystem.ServiceNow, Method = "POST", DelayMilliseconds = 8_000 });
        string run;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation))
        {
            using var client = steward.SignIn();
            run = await client.SubmitAsync(await client.OpenSessionAsync(), Request);
            await ReadUntilAsync(client, run, wire => wire.Type == "action.sent");
            Assert.Equal(0, await steward.InterruptAsync());
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation);
        using var later = again.SignIn();
        var status = await later.WaitForRunAsync(run, Conversations.HasEnded);

        Assert.Equal("completed", status.GetProperty("state").GetString());
        Assert.Equal(1, Incidents());
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

    private static Task Until(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>How many incidents the simulated ServiceNow holds about the test's request.</summary>
    private int Incidents() => _simulation!.State.ServiceNowTable("incident").Count(incident =>
        incident["short_description"].Contains("VPN", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(incident.GetValueOrDefault("correlation_id")));
}
