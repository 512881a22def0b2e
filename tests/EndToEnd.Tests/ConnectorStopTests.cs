using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>The process is told to end (SIGTERM) while an external system is slow to answer a write.</summary>
public sealed class ConnectorStopTests : IAsyncLifetime
{
    private const int SlowMilliseconds = 6_000;

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    private string Admin => _simulation!.Company.People.First(person => person.Admin).Login;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Terminate_WhileAWriteIsUnderWay_ItsEndIsToldRecordedOnceAndNothingIsSentAgain()
    {
        _simulation!.Inject(new SimFault { Kind = SimFaultKind.Slow, System = SimSystem.ServiceNow, Method = "POST", PathContains = "/table/incident", DelayMilliseconds = SlowMilliseconds });
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation))
        {
            using var admin = steward.SignIn(Admin);
            using var ada = steward.SignIn();
            await ConnectAsync(admin);
            var call = SendAsync(ada, HttpMethod.Post, "v1/connectors/servicenow/operations/incidents.create/call", new { arguments = Incident, actionId = "once" });
            await UntilAsync(() => Task.FromResult(Created() == 1));

            await StewardProcess.SignalAsync(steward.Id, "TERM");

            // It drains: whoever waits is answered, and then the process ends.
            Assert.Equal("succeeded", (await call).GetProperty("outcome").GetString());
            Assert.Equal(0, await steward.ExitAsync());
            Assert.Contains("Stopped.", steward.Output, StringComparison.Ordinal);
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation);
        using var later = again.SignIn(Admin);
        var entry = Assert.Single(await AuditedAsync(later, "incidents.create"));
        Assert.Equal(("succeeded", "u-ada.lovelace", 201), (entry.GetProperty("outcome").GetString(), entry.GetProperty("userId").GetString(), entry.GetProperty("status").GetInt32()));
        Assert.EndsWith("once", entry.GetProperty("actionId").GetString(), StringComparison.Ordinal);

        // The system is used again and has still heard of it once.
        using var bob = again.SignIn();
        Assert.Equal("succeeded", (await SendAsync(bob, HttpMethod.Post, "v1/connectors/servicenow/operations/groups.find/call", new { arguments = new { text = "Network" } })).GetProperty("outcome").GetString());
        Assert.Equal(1, Created());
        Assert.Single(await AuditedAsync(later, "incidents.create"));
    }

    [Fact]
    public async Task Terminate_WhileARunActsThroughAConnector_TheRunEndsAfterTheRestartAndActsOnce()
    {
        string run;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!))
        {
            using var admin = steward.SignIn(Admin);
            using var ada = steward.SignIn();
            await SendAsync(admin, HttpMethod.Post, "v1/connectors", new
            {
                name = "okta",
                templateId = "okta",
                baseUrl = _simulation!.Okta.ToString(),
                fields = new { domain = "acme.okta.example" },
                authId = "token",
                secrets = new { token = _simulation.Credentials.OktaApiToken },
                operations = new[] { "users.find", "users.get", "users.reset_password" },
            }, HttpStatusCode.Created);
            _simulation.Inject(new SimFault { Kind = SimFaultKind.Slow, System = SimSystem.Okta, Method = "POST", DelayMilliseconds = SlowMilliseconds });
            run = await ada.SubmitAsync(await ada.OpenSessionAsync(), "I forgot my password, please reset it");
            await UntilAsync(() => Task.FromResult(Resets() == 1));

            await StewardProcess.SignalAsync(steward.Id, "TERM");
            Assert.Equal(0, await steward.ExitAsync());
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation);
        using var later = again.SignIn();
        var status = await later.WaitForRunAsync(run, Conversations.HasEnded);

        Assert.Equal("completed", status.GetProperty("state").GetString());
        Assert.Equal(1, Resets());
        Assert.Single(await later.WatchAsync(run), wire => wire.Type == "action.sent");
    }

    private static object Incident => new
    {
        shortDescription = "The printer is on fire",
        description = "On the third floor, since this morning.",
        callerEmail = "ada.lovelace@acme.example",
        category = "hardware",
        impact = 2,
        urgency = 1,
    };

    private int Created() => _simulation!.Calls.Count(call => call is { System: SimSystem.ServiceNow, Method: "POST", Effect: true });

    private int Resets() => _simulation!.Calls.Count(call => call is { System: SimSystem.Okta, Method: "POST", Effect: true });

    private Task<JsonElement> ConnectAsync(HttpClient admin) => SendAsync(admin, HttpMethod.Post, "v1/connectors", new
    {
        name = "servicenow",
        templateId = "servicenow",
        baseUrl = _simulation!.ServiceNow.ToString(),
        authId = "client_credentials",
        fields = new { host = "acme.service-now.example", clientId = _simulation.Credentials.ServiceNowClientId },
        secrets = new { clientSecret = _simulation.Credentials.ServiceNowClientSecret },
        operations = new[] { "incidents.create", "incidents.get", "groups.find" },
    }, HttpStatusCode.Created);

    private static async Task<IReadOnlyList<JsonElement>> AuditedAsync(HttpClient admin, string operation)
    {
        List<JsonElement> found = [];
        await UntilAsync(async () =>
        {
            var entries = (await admin.GetFromJsonAsync<JsonElement>("v1/connector-audit?connector=servicenow&limit=100")).GetProperty("entries");
            found = [.. entries.EnumerateArray().Where(entry => entry.GetProperty("operation").GetString() == operation)];
            return found.Count > 0;
        });
        return found;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
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
