using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Client.Http;
using Steward.Engines.Security.Jwt;
using Steward.EnterpriseSim;
using Steward.Gateway;
using Steward.Host.Capabilities;
using Steward.Host.Demo;
using Steward.Silo;

namespace Steward.EndToEnd.Tests;

/// <summary>Gateway, silo and simulated systems in this process, so that the spans of all of them can be listened to.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly TemporaryDirectory _data = new();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private ActivityListener? _listener;
    private EnterpriseSimulation? _simulation;
    private WebApplication? _app;

    public async Task InitializeAsync()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Steward.", StringComparison.Ordinal) || source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
        _simulation = await EnterpriseSimulation.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(SimulatedSystems.Connectors(DemoTenant.Id, _simulation));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            // A cluster of its own: other tests run a silo in this process at the same time.
            ["Steward:Cluster:ClusterId"] = "trace-tests",
            ["Steward:Cluster:SiloPort"] = $"{FreePort()}",
            ["Steward:Cluster:GatewayPort"] = $"{FreePort()}",
            ["Steward:Storage:SqliteFile"] = Path.Combine(_data.Path, "steward.db"),
            ["Steward:Security:ClusterKeyFile"] = Path.Combine(_data.Path, "cluster.key"),
            ["Steward:Security:DevelopmentTokenKeyFile"] = Path.Combine(_data.Path, "token.key"),
            ["Steward:Development:DemoTokens"] = "true",
            ["Steward:Orchestration:PlaybookDirectory"] = Playbooks(),
        });
        builder.AddStewardSilo();
        builder.AddStewardGateway();
        builder.Services.AddCapabilityReports();
        _app = builder.Build();
        _app.MapStewardGateway();
        await _app.StartAsync();
        await DemoTenant.EnsureAsync(_app.Services, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _app!.StopAsync();
        await _app.DisposeAsync();
        await _simulation!.DisposeAsync();
        _listener!.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Run_WithATraceContext_IsOneTraceFromTheHttpRequestToTheVendorsRequestId()
    {
        using var client = SignIn("ada.lovelace");
        client.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");

        var events = await client.AskAsync(await client.OpenSessionAsync(), "I forgot my password, please reset it");
        var run = events[1].Data.GetProperty("input").GetProperty("runId").GetString();
        var ours = await SpansAsync("invoke_agent");
        var trace = await client.GetFromJsonAsync<JsonObject>($"v1/runs/{run}/trace");

        Assert.Equal(
            ["Microsoft.AspNetCore", "Steward.Engines.Connectors", "Steward.Engines.Orchestration", "Steward.Grains"],
            ours.Select(span => span.Source.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(ours, span => span.OperationName == "session submit");
        Assert.Contains(ours, span => span.OperationName == "run start");
        var tool = Assert.Single(ours, span => span.OperationName == "execute_tool okta.users.reset_password");
        Assert.Equal(("execute_tool", "okta.users.reset_password"), (tool.GetTagItem("gen_ai.operation.name"), tool.GetTagItem("gen_ai.tool.name")));
        Assert.NotNull(tool.GetTagItem("steward.step.id"));
        Assert.StartsWith("invoke_agent ", tool.Parent!.OperationName, StringComparison.Ordinal);
        var request = Assert.Single(ours, span => span.Kind == ActivityKind.Client && span.ParentSpanId == tool.SpanId && span.GetTagItem("steward.vendor.request_id") is not null && span.OperationName.StartsWith("POST", StringComparison.Ordinal));
        var requestId = (string)request.GetTagItem("steward.vendor.request_id")!;
        Assert.Equal(200, request.GetTagItem("http.response.status_code"));

        // The journal tells the same as the spans.
        Assert.Equal(TraceId, (string?)trace!["traceId"]);
        Assert.Contains(Nodes(trace["root"]!), node => (string?)node["kind"] == "attempt" && (string?)node["attributes"]?["vendorRequestId"] == requestId);

        // No text of the conversation, and nobody's address, is in a span.
        Assert.All(ours.Where(span => span.Source.Name.StartsWith("Steward.", StringComparison.Ordinal)), span => Assert.DoesNotContain(
            span.TagObjects, tag => tag.Value is string text && (text.Contains("forgot", StringComparison.Ordinal) || text.Contains('@', StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Trace_OfAPlaybookRun_FitsTheDescribedResourceAndHoldsEveryEventOnce()
    {
        using var client = SignIn("ada.lovelace");
        var events = await client.AskAsync(await client.OpenSessionAsync(), "VPN is down in the Berlin office for the whole sales team");
        var run = events[1].Data.GetProperty("input").GetProperty("runId").GetString();

        using var response = await client.GetAsync($"v1/runs/{run}/trace?prompts=true");
        var text = await response.Content.ReadAsStringAsync();
        var trace = JsonSerializer.Deserialize(text, StewardWireJson.Default.RunTraceResource)!;
        using var bob = SignIn("sam.patel");
        using var foreign = await bob.GetAsync($"v1/runs/{run}/trace");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("completed", trace.State);
        Assert.Equal((0, 0L), (trace.Totals.ModelCalls, trace.Totals.InputTokens));
        Assert.True(trace.Totals.Steps > 0 && trace.Totals.Actions == 1 && trace.Totals.ToolMs > 0, text);
        Assert.Empty(trace.Prompts!.Messages);
        var inTree = Nodes(JsonNode.Parse(text)!["root"]!).SelectMany(node => node["events"]!.AsArray().Select(sequence => (long)sequence!)).Order().ToList();
        var expected = events.Where(wire => wire.Type != "answer.delta").Select(wire => wire.Sequence);
        Assert.Equal(expected, inTree.Where(sequence => sequence <= events.Count));
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
    }

    [Fact]
    public async Task Watch_CutOffAfterEachEventOfARealRun_SeesEachEventOnceInOrder()
    {
        using var client = SignIn("ada.lovelace");
        var session = await client.OpenSessionAsync();
        var whole = await client.AskAsync(session, "VPN is down in the Berlin office for the whole sales team");
        var run = whole[1].Data.GetProperty("input").GetProperty("runId").GetString()!;
        for (var cut = 1; cut < whole.Count; cut++)
        {
            var rest = await client.WatchAsync(run, cut);
            Assert.Equal(Enumerable.Range(cut + 1, whole.Count - cut).Select(number => (long)number), rest.Select(wire => wire.Sequence).Take(whole.Count - cut));
        }

        // While it runs: each connection is dropped after one event.
        var live = await client.SubmitAsync(session, "Please open an incident: the printer on the third floor is broken");
        var seen = new List<long>();
        for (var ended = false; !ended;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/runs/{live}/events?after={(seen.Count == 0 ? 0 : seen[^1])}");
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await response.Content.ReadAsStreamAsync();
            await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(stream).EnumerateAsync())
            {
                var wire = WireEvent.Of(item);
                seen.Add(wire.Sequence);
                ended = wire.Type == "run.ended";
                break;
            }
        }

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => (long)number), seen);
    }

    [Fact]
    public async Task Approval_ByTheHelpDeskOverHttp_IsSentOnceAndTheTraceSaysWhoDecided()
    {
        using var ada = SignIn("ada.lovelace");
        using var sam = SignIn("sam.patel");
        using var grace = SignIn("grace.osei");
        var before = Cases();
        var run = await ada.SubmitAsync(await ada.OpenSessionAsync(), "please open a customer case");
        var waiting = await ada.WaitForRunAsync(run, status => status.GetProperty("state").GetString() == "waiting");
        var asked = waiting.GetProperty("waitingFor")[0];
        var address = $"v1/runs/{run}/decisions/{asked.GetProperty("requestId").GetString()}";
        var approval = new { decision = "approve", subjectHash = asked.GetProperty("subjectHash").GetString(), comment = "fine" };

        using var own = await ada.PostAsJsonAsync(address, approval);
        using var stranger = await grace.PostAsJsonAsync(address, approval);
        using var changed = await sam.PostAsJsonAsync(address, new { decision = "approve", subjectHash = new string('0', 64) });
        Assert.Equal(before, Cases());
        using var shown = await sam.GetAsync($"v1/runs/{run}/decisions");
        using var decided = await sam.PostAsJsonAsync(address, approval);
        using var other = await sam.PostAsJsonAsync(address, new { approval.subjectHash, decision = "reject" });
        var ended = await ada.WaitForRunAsync(run, Conversations.HasEnded);
        var trace = (await ada.GetFromJsonAsync<JsonObject>($"v1/runs/{run}/trace"))!;

        Assert.Equal(
            [HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.Conflict, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Conflict],
            new[] { own, stranger, changed, shown, decided, other }.Select(response => response.StatusCode));
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        Assert.Equal(before + 1, Cases());
        var decision = Nodes(trace["root"]!).Single(node => (string?)node["kind"] == "decision");
        Assert.Equal(("approve", "fine", "api"), ((string?)decision["attributes"]!["decision"], (string?)decision["attributes"]!["comment"], (string?)decision["attributes"]!["channel"]));
        var action = Nodes(trace["root"]!).Single(node => (string?)node["kind"] == "action");
        Assert.Equal((string?)decision["attributes"]!["by"], (string?)action["attributes"]!["approvedBy"]);
        Assert.True((double)trace["totals"]!["humanMs"]! > 0);
    }

    private int Cases() => _simulation!.Calls.Count(call => call is { Effect: true, System: SimSystem.Salesforce });

    // The sample playbooks and one that needs an approval.
    private string Playbooks()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data.Path, "playbooks")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "playbooks")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(folder, "open-case.yaml"), """
            id: open-case
            version: 1
            title: Open a customer case
            description: Opens a case in Salesforce.
            examples:
              - Please open a customer case
            priority: 99
            match:
              - all:
                  - - customer case
                score: 0.95
            steps:
              - id: open
                title: Open the case
                call: salesforce.cases.create
                with:
                  subject: A case
                  description: Opened by a test.
                  priority: Low
            answer:
              - text: "Done."
            """);
        return folder;
    }

    private async Task<List<Activity>> SpansAsync(string last)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!_spans.Any(span => span.TraceId.ToHexString() == TraceId && span.OperationName.StartsWith(last, StringComparison.Ordinal)))
        {
            await Task.Delay(10, limit.Token);
        }

        return [.. _spans.Where(span => span.TraceId.ToHexString() == TraceId)];
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode node) => [node, .. node["children"]!.AsArray().SelectMany(child => Nodes(child!))];

    private HttpClient SignIn(string employee)
    {
        var token = _app!.Services.GetRequiredService<DevelopmentTokenIssuer>().Issue(DemoTenant.Find(employee)!);
        var client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
