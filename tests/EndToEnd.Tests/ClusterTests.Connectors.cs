#if !ORLEANS_STANDIN
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>Connectors in a cluster: connected over the API alone, used from both silos, and one silo is lost.</summary>
public sealed partial class ClusterTests
{
    private const int CallsAtOnce = 12;

    [Fact]
    public async Task Connector_UsedFromBothSilosAndOneIsKilled_EveryCallIsAuditedAndEachTokenIsRenewedOnce()
    {
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation!, silos: 2);
        using var admin = _cluster.SignIn(_simulation!.Company.People.First(person => person.Admin).Login);
        var people = DemoTenant.Employees.Take(4).Select(_cluster.SignIn).ToList();
        await ConnectSlackAsync(admin);
        await ConnectServiceNowAsync(admin);

        // A silo that has read the list of instances holds it for two seconds; the demo's configured ServiceNow, which an instance of that name replaces, is used until then.
        await Task.Delay(TimeSpan.FromSeconds(2.5));

        // Agents use the connector from the silo on which their run lives.
        var incidents = 0;
        while (SilosThatTalkTo(_cluster, _simulation.ServiceNow.Port).Count < 2)
        {
            Assert.True(incidents < 40, "runs that use the connector were on one silo only");
            foreach (var events in await Task.WhenAll(people.Select(async person => await person.AskAsync(await person.OpenSessionAsync(), Request))))
            {
                AssertCompleted(events);
            }

            incidents += people.Count;
        }

        Assert.Equal(incidents, Incidents());
        Assert.Single(_simulation.Calls, call => call.System == SimSystem.ServiceNow && call.Path.StartsWith("/oauth_token.do", StringComparison.Ordinal));

        // A token that is over is renewed once, however many need it.
        var (renewed, _) = await SlackTokensAsync();
        _simulation.ExpireTokens(SimSystem.Slack);
        var before = await CallAtOnceAsync(people, "before");
        Assert.Equal((renewed + 1, 0), await SlackTokensAsync());
        Assert.Null(await _simulation.SubscribeAsync(SimSystem.Slack, new Uri(_cluster.Url, $"hooks/{DemoTenant.Id}/chat")));
        await EmitUntilTakenAsync();

        await StewardProcess.SignalAsync(Silos(_cluster)[0], "KILL");
        _simulation.ExpireTokens(SimSystem.Slack);
        var after = await CallAtOnceAsync(people, "after");
        Assert.Equal((renewed + 2, 0), await SlackTokensAsync());
        await EmitUntilTakenAsync();

        // What changed something was in the log before anybody was told; reads come beside.
        Assert.Equal(incidents, (await AuditedAsync(admin, "servicenow")).Count);
        var audited = await AuditedAsync(admin, "chat", before.Concat(after));
        Assert.All(before.Concat(after), action => Assert.Contains(action, audited));
        people.ForEach(person => person.Dispose());
    }

    private async Task ConnectSlackAsync(HttpClient admin)
    {
        var credentials = _simulation!.Credentials;
        await SendAsync(admin, HttpMethod.Post, "v1/connectors", new
        {
            name = "chat",
            templateId = "slack",
            baseUrl = new Uri(_simulation.Slack, "api").ToString(),
            authId = "oauth",
            fields = new { clientId = credentials.SlackClientId },
            secrets = new { clientSecret = credentials.SlackClientSecret, webhookSecret = credentials.SlackSigningSecret },
        }, HttpStatusCode.Created);

        // What the admin's browser does.
        var begun = await SendAsync(admin, HttpMethod.Post, "v1/connectors/chat/sign-in", new { redirectUri = "http://127.0.0.1:9/signed-in" });
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var agreed = await browser.GetAsync(begun.GetProperty("authorizeUrl").GetString());
        var back = System.Web.HttpUtility.ParseQueryString(agreed.Headers.Location!.Query);
        await SendAsync(admin, HttpMethod.Post, "v1/connectors/chat/sign-in/complete", new { state = back["state"], code = back["code"] }, HttpStatusCode.NoContent);
        Assert.True((await SendAsync(admin, HttpMethod.Post, "v1/connectors/chat/verify", null)).GetProperty("succeeded").GetBoolean());
    }

    private async Task ConnectServiceNowAsync(HttpClient admin)
    {
        var credentials = _simulation!.Credentials;
        await SendAsync(admin, HttpMethod.Post, "v1/connectors", new
        {
            name = "servicenow",
            templateId = "servicenow",
            baseUrl = _simulation.ServiceNow.ToString(),
            authId = "client_credentials",
            fields = new { host = "acme.service-now.example", clientId = credentials.ServiceNowClientId },
            secrets = new { clientSecret = credentials.ServiceNowClientSecret },
            operations = new[] { "incidents.create", "incidents.get", "groups.find" },
        }, HttpStatusCode.Created);
    }

    /// <summary>Calls an operation many times at once, and each call until it has an answer. Gives the ids of the calls.</summary>
    private static async Task<IReadOnlyList<string>> CallAtOnceAsync(List<HttpClient> people, string prefix)
    {
        var calls = Enumerable.Range(0, CallsAtOnce).Select(number => (Person: people[number % people.Count], Action: string.Create(CultureInfo.InvariantCulture, $"{prefix}-{number}"))).ToList();
        await Task.WhenAll(calls.Select(async call =>
        {
            for (var deadline = Environment.TickCount64 + 60_000; ;)
            {
                using var response = await call.Person.PostAsJsonAsync("v1/connectors/chat/operations/auth.test/call", new { arguments = new { }, actionId = call.Action });
                var text = await response.Content.ReadAsStringAsync();
                if (response.StatusCode == HttpStatusCode.OK && JsonElement.Parse(text).GetProperty("outcome").GetString() == "succeeded")
                {
                    return;
                }

                Assert.True(Environment.TickCount64 < deadline, $"{call.Action}: {(int)response.StatusCode} {text}");
                await Task.Delay(250);
            }
        }));
        return [.. calls.Select(call => call.Action)];
    }

    private async Task<(int Refreshed, int Reused)> SlackTokensAsync()
    {
        using var client = new HttpClient { BaseAddress = _simulation!.Slack };
        client.DefaultRequestHeaders.Add("X-Sim-Token", _simulation.Credentials.ControlToken);
        var tokens = await client.GetFromJsonAsync<JsonElement>("__sim/tokens");
        return (tokens.GetProperty("refreshed").GetInt32(), tokens.GetProperty("reused").GetInt32());
    }

    /// <summary>Lets something happen in Slack until the cluster has taken such an event; while a silo's loss is not yet known it may refuse some.</summary>
    private async Task EmitUntilTakenAsync()
    {
        var known = _simulation!.Events.Count;
        for (var deadline = Environment.TickCount64 + 60_000; !_simulation.Events.Skip(known).Any(sent => sent.Status == 200); await Task.Delay(1_000))
        {
            Assert.True(Environment.TickCount64 < deadline, "no event was taken: " + string.Join(", ", _simulation.Events.Select(sent => sent.Status)));
            _simulation.Emit(SimSystem.Slack, "message", new JsonObject { ["text"] = "hello", ["channel"] = "C1" });
        }
    }

    /// <summary>The ids that the callers gave to a connector's successful calls, by the audit log, once it holds those that are waited for.</summary>
    private static async Task<List<string>> AuditedAsync(HttpClient admin, string connector, IEnumerable<string>? awaited = null)
    {
        for (var deadline = Environment.TickCount64 + 60_000; ; await Task.Delay(500))
        {
            var entries = (await admin.GetFromJsonAsync<JsonElement>($"v1/connector-audit?connector={connector}&limit=200")).GetProperty("entries").EnumerateArray()
                .Where(entry => entry.GetProperty("outcome").GetString() == "succeeded" && entry.GetProperty("operation").GetString() is "auth.test" or "incidents.create");
            List<string> found = [.. entries.Select(entry => entry.GetProperty("actionId").GetString()!.Split('/')[^1])];
            if (awaited is null || !awaited.Except(found, StringComparer.Ordinal).Any() || Environment.TickCount64 > deadline)
            {
                return found;
            }
        }
    }

    /// <summary>The silos that have a connection to a port open.</summary>
    private static List<int> SilosThatTalkTo(StewardProcess cluster, int port)
    {
        var remote = port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[2].EndsWith(":" + remote, StringComparison.Ordinal) && fields[3] == "01")
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet(StringComparer.Ordinal);
        return [.. Silos(cluster).Where(silo => Directory.EnumerateFiles($"/proc/{silo}/fd").Any(file => sockets.Contains(new FileInfo(file).LinkTarget ?? "")))];
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object? body, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }
}
#endif
