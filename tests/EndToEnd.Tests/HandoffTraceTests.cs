using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Engines.Security.Jwt;
using Steward.Gateway;
using Steward.Host.Demo;
using Steward.ModelSim;
using Steward.Silo;

namespace Steward.EndToEnd.Tests;

/// <summary>A run in which an agent hands over to another one, which asks a model and runs code: all of it in the trace of the HTTP request.</summary>
public sealed class HandoffTraceTests : IAsyncLifetime
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4737";

    private readonly TemporaryDirectory _data = new();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private ActivityListener? _listener;
    private ModelSimulation? _model;
    private WebApplication? _app;

    public async Task InitializeAsync()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Steward.", StringComparison.Ordinal) || source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId.ToHexString() == TraceId)
                {
                    _spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
        _model = await ModelSimulation.StartAsync();
        var tables = Path.Combine(_data.Path, "reports.db");
        await using (var connection = new SqliteConnection($"Data Source={tables};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE tickets (id INTEGER); INSERT INTO tickets VALUES (1), (2);";
            await command.ExecuteNonQueryAsync();
        }

        var agents = Directory.CreateDirectory(Path.Combine(_data.Path, "agents")).FullName;
        await File.WriteAllTextAsync(Path.Combine(agents, "assistant.yaml"), "id: assistant\nversion: 1\ntitle: Boss\ndescription: Leads.\ninstructions: Lead.\nhandoffs: [analyst]\nstrategies: [react]\n");
        await File.WriteAllTextAsync(Path.Combine(agents, "analyst.yaml"), "id: analyst\nversion: 1\ntitle: Analyst\ndescription: Counts.\ninstructions: Count.\nstrategies: [react]\n");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var tenant = $"Steward:Sandbox:Data:Tenants:{DemoTenant.Id}";
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            // A cluster of its own: other tests run a silo in this process at the same time.
            ["Steward:Cluster:ClusterId"] = "handoff-trace-tests",
            ["Steward:Cluster:SiloPort"] = $"{FreePort()}",
            ["Steward:Cluster:GatewayPort"] = $"{FreePort()}",
            ["Steward:Storage:SqliteFile"] = Path.Combine(_data.Path, "steward.db"),
            ["Steward:Security:ClusterKeyFile"] = Path.Combine(_data.Path, "cluster.key"),
            ["Steward:Security:DevelopmentTokenKeyFile"] = Path.Combine(_data.Path, "token.key"),
            ["Steward:Vault:KeyFile"] = Path.Combine(_data.Path, "vault.key"),
            ["Steward:Development:DemoTokens"] = "true",
            ["Steward:Orchestration:AgentDirectory"] = agents,
            ["Steward:Orchestration:Strategy"] = "react",
            ["Steward:Models:ApiKey"] = _model.ApiKey,
            ["Steward:Models:BaseUrl"] = _model.Url.ToString(),
            ["Steward:Models:Model"] = "sim-large",
            [$"{tenant}:SqliteFile"] = tables,
            [$"{tenant}:SqliteTables:tickets:0"] = "*",
        });
        builder.AddStewardSilo();
        builder.AddStewardGateway();
        _app = builder.Build();
        _app.MapStewardGateway();
        await _app.StartAsync();
        await DemoTenant.EnsureAsync(_app.Services, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _app!.StopAsync();
        await _app.DisposeAsync();
        await _model!.DisposeAsync();
        _listener!.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Run_ThatHandsOver_HasItsAgentsModelsAndToolsInTheTraceOfTheRequest()
    {
        _model!.Append(new ModelRule
        {
            Times = 1,
            When = new ModelMatch { LastUserMessageContains = "How many tickets", LastRole = "user" },
            Reply = new ModelReply { ToolCalls = [new ModelToolCall { Name = "hand_off_to_analyst", Arguments = new JsonObject { ["task"] = "Count them." } }] },
        });
        _model.Append(new ModelRule
        {
            Times = 1,
            When = new ModelMatch { LastUserMessageContains = "Count them", LastRole = "user" },
            Reply = new ModelReply { ToolCalls = [new ModelToolCall { Name = "sandbox_run_code", Arguments = new JsonObject { ["language"] = "sql", ["code"] = "SELECT count(*) AS n FROM tickets" } }] },
        });
        _model.Append(new ModelRule { When = new ModelMatch { LastRole = "tool" }, Reply = new ModelReply { Text = "There are two." } });
        using var client = new HttpClient { BaseAddress = new Uri(_app!.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _app.Services.GetRequiredService<DevelopmentTokenIssuer>().Issue(DemoTenant.Find("ada.lovelace")!));
        client.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");

        var events = await client.AskAsync(await client.OpenSessionAsync(), "How many tickets are there?");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!_spans.Any(span => span.OperationName.StartsWith("invoke_agent", StringComparison.Ordinal) && span.GetTagItem("steward.run.phase") is not null))
        {
            await Task.Delay(10, limit.Token);
        }

        Assert.Equal("There are two.", events.Answer());
        var run = Assert.Single(_spans, span => span.OperationName.StartsWith("invoke_agent", StringComparison.Ordinal) && span.GetTagItem("steward.step.id") is null);
        var handoff = Assert.Single(_spans, span => span.OperationName == "invoke_agent analyst");
        Assert.Equal((run.SpanId, "succeeded"), (handoff.ParentSpanId, handoff.GetTagItem("steward.outcome")));
        var tool = Assert.Single(_spans, span => span.OperationName == "execute_tool sandbox.run_code");
        Assert.Equal((handoff.SpanId, "succeeded", "m1_1/m1_1"), (tool.ParentSpanId, tool.GetTagItem("steward.outcome"), tool.GetTagItem("steward.step.id")));
        var chats = _spans.Where(span => span.OperationName == "chat sim-large").OrderBy(span => span.StartTimeUtc).ToList();
        Assert.Equal([run.SpanId, handoff.SpanId, handoff.SpanId, run.SpanId], chats.Select(AgentOf));
        var calls = _spans.Where(span => span.OperationName == "model call").OrderBy(span => span.StartTimeUtc).ToList();
        Assert.Equal([run.SpanId, handoff.SpanId, handoff.SpanId, run.SpanId], calls.Select(AgentOf));
        Assert.All(calls, call => Assert.Equal(("completed", "react-3"), (call.GetTagItem("steward.outcome"), call.GetTagItem("steward.prompt.version"))));

        ActivitySpanId AgentOf(Activity span)
        {
            for (var parent = span.ParentSpanId; ;)
            {
                if (parent == run.SpanId || parent == handoff.SpanId)
                {
                    return parent;
                }

                parent = _spans.Single(other => other.SpanId == parent).ParentSpanId;
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
