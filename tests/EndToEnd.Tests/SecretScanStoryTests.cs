using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Webhooks;
using Steward.Host.Demo;
using Steward.ModelSim;
using Steward.Testing;
using Xunit.Abstractions;

namespace Steward.EndToEnd.Tests;

/// <summary>A day of connectors on a real process that logs all it can; afterwards, everything that was written is searched for every secret that was around.</summary>
public sealed class SecretScanStoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Question = "Which department is Ada in? Kumquat.";

    private readonly TemporaryDirectory _data = new();
    private readonly List<(string Name, string Secret)> _secrets = [];
    private readonly StringBuilder _told = new();
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;
    private Receiver? _receiver;
    private StewardProcess? _steward;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();
        _receiver = await Receiver.StartAsync();
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
            ["Steward:Webhooks:AllowHttp"] = "true",
            ["Steward:Webhooks:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Logging:LogLevel:Default"] = "Trace",
        });
    }

    public async Task DisposeAsync()
    {
        await _steward!.DisposeAsync();
        await _receiver!.DisposeAsync();
        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Secrets_AfterAStoryOfConnectors_AreInNothingThatWasWritten()
    {
        var adminToken = Secret("an admin's token", _steward!.Token(DemoTenant.Admin));
        var adaToken = Secret("an employee's token", _steward.Token(DemoTenant.Find(DemoTenant.DefaultEmployee)!));
        Secret("the model's key", _model!.ApiKey);
        using var admin = _steward.Client(adminToken);
        using var ada = _steward.Client(adaToken);
        await ConnectAsync(admin);
        await FailAsync(admin);
        await SignInAsync(admin, ada);
        await ReceiveAsync(admin);
        var run = await ChatAsync(ada);
        await UseMcpAsync(adaToken);
        await RotateAsync(admin);
        await CollectAsync(admin, ada, run);
        await _steward.KillAsync();

        _secrets.AddRange(_simulation!.IssuedTokens.Select((token, number) => ($"token {number} that a system gave out", token)));
        var scan = new SecretScan(_secrets);
        var database = await SecretScan.DumpAsync(Path.Combine(_data.Path, "steward.db"));
        var prompts = string.Concat(_model.Requests.Select(request => request.Body.ToJsonString()));

        // What is searched does hold what happened.
        Assert.Contains("Kumquat", database, StringComparison.Ordinal);
        Assert.Contains("Persimmon", database, StringComparison.Ordinal);
        Assert.Contains("Kumquat", prompts, StringComparison.Ordinal);
        Assert.Contains("Kumquat", _told.ToString(), StringComparison.Ordinal);
        Assert.Contains("users.find", _told.ToString(), StringComparison.Ordinal);
        Assert.Contains("dbug:", _steward.Output, StringComparison.Ordinal);
        Assert.True(_simulation.IssuedTokens.Count >= 18, $"{_simulation.IssuedTokens.Count} tokens");
        Assert.True(await CountVaultAsync() >= 6);

       
        Assert.Empty(scan.Find(database));
        Assert.Empty(scan.Find(prompts));
        Assert.Empty(scan.Find(_told.ToString()));
        Assert.Empty(scan.Find(_steward.Output));
        var files = Directory.GetFiles(_data.Path, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("steward.db-wal", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Empty(scan.Find(File.ReadAllBytes(file)).Select(found => $"{found} in {Path.GetFileName(file)}")));
       
        output.WriteLine($"{_secrets.Count} secrets in {scan.Forms} forms; {files.Sum(file => new FileInfo(file).Length):N0} bytes of files, {_steward.Output.Length:N0} characters of log.");
    }

    private string Secret(string name, string secret)
    {
        _secrets.Add((name, secret));
        return secret;
    }

    private string NewSecret(string name) => Secret(name, RandomNumberGenerator.GetHexString(40, lowercase: true));

    private async Task ConnectAsync(HttpClient admin)
    {
        var credentials = _simulation!.Credentials;
        await admin.ConnectAsync(new
        {
            name = "okta",
            title = "Persimmon",
            templateId = "okta",
            baseUrl = _simulation.Okta.ToString(),
            authId = "token",
            fields = new { domain = "acme.okta.example" },
            secrets = new { token = Secret("Okta's token", credentials.OktaApiToken), webhookSecret = NewSecret("Okta's webhook secret") },
        });
        await admin.ConnectAsync(new
        {
            name = "chat",
            templateId = "slack",
            baseUrl = new Uri(_simulation.Slack, "api").ToString(),
            authId = "oauth",
            fields = new { clientId = credentials.SlackClientId },
            secrets = new { clientSecret = Secret("Slack's client secret", credentials.SlackClientSecret), webhookSecret = Secret("Slack's signing secret", credentials.SlackSigningSecret) },
        });
        await admin.ConnectAsync(Salesforce("crm", "client_credentials", Secret("Salesforce's client secret", credentials.SalesforceClientSecret), NewSecret("Salesforce's webhook secret")));
        await admin.ConnectAsync(Salesforce("crm-people", "oauth", credentials.SalesforceClientSecret, null));
        await admin.ConnectAsync(new
        {
            name = "desk",
            templateId = "servicenow",
            baseUrl = _simulation.ServiceNow.ToString(),
            authId = "basic",
            fields = new { host = "acme.service-now.example", username = credentials.ServiceNowUser },
            secrets = new { password = Secret("ServiceNow's password", credentials.ServiceNowPassword) },
        });
        await admin.ResultAsync("crm", "accounts.find", new { name = "lone" });
        await admin.ResultAsync("desk", "groups.find", new { text = "Network" });
    }

    private object Salesforce(string name, string auth, string clientSecret, string? webhookSecret) => new
    {
        name,
        templateId = "salesforce",
        baseUrl = _simulation!.Salesforce.ToString(),
        authId = auth,
        onBehalfOfUser = auth == "oauth",
        fields = new { domain = "acme.my.salesforce.example", clientId = _simulation.Credentials.SalesforceClientId },
        secrets = webhookSecret is null ? (object)new { clientSecret } : new { clientSecret, webhookSecret },
    };

    private async Task FailAsync(HttpClient admin)
    {
        // Wrong ones are somebody's secrets, too: of another system, or mistyped.
        await admin.ConnectAsync(Salesforce("crm-wrong", "client_credentials", NewSecret("a wrong client secret"), null));
        Assert.False((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-wrong/verify")).GetProperty("succeeded").GetBoolean());
        await admin.ConnectAsync(new
        {
            name = "okta-wrong",
            templateId = "okta",
            baseUrl = _simulation!.Okta.ToString(),
            fields = new { domain = "acme.okta.example" },
            secrets = new { token = NewSecret("a wrong token") },
        });
        Assert.False((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/okta-wrong/verify")).GetProperty("succeeded").GetBoolean());
        _simulation.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Salesforce, Operation = "query", Count = 10 });
        Assert.NotEqual("succeeded", (await admin.CallAsync("crm", "accounts.find", new { name = "lone" })).GetProperty("outcome").GetString());
        _simulation.ClearFaults();
        _simulation.Inject(new SimFault { Kind = SimFaultKind.CutInBody, System = SimSystem.Salesforce, Operation = "token" });
        _simulation.ExpireTokens(SimSystem.Salesforce);
        await admin.CallAsync("crm", "accounts.find", new { name = "lone" });
        _simulation.ClearFaults();
    }

    private async Task SignInAsync(HttpClient admin, HttpClient ada)
    {
        await admin.SignInToAsync("chat");
        await admin.ResultAsync("chat", "auth.test", new { });
        _simulation!.ExpireTokens(SimSystem.Slack);
        await admin.ResultAsync("chat", "auth.test", new { });
        await ada.SignInToAsync("crm-people", "ada.lovelace");
        await ada.ResultAsync("crm-people", "accounts.find", new { name = "lone" });
        _simulation.ExpireTokens(SimSystem.Salesforce);
        await ada.ResultAsync("crm-people", "accounts.find", new { name = "lone" });

        // By an identity provider whose tokens are exchanged.
        var clientSecret = Secret("the identity provider's client secret", _simulation.Credentials.IdentityClientSecret);
        foreach (var (name, template, address, operation) in new[] { ("exchanged", OnBehalfStoryTests.Desk, _simulation.ServiceNow, "incidents.find"), ("asserted", OnBehalfStoryTests.Crm, _simulation.Salesforce, "limits.get") })
        {
            await admin.ConnectAsync(new { name, template, baseUrl = address.ToString(), authId = "person", onBehalfOfUser = true, fields = new { clientId = _simulation.Credentials.IdentityClientId }, secrets = new { clientSecret } });
            await ada.SignInToAsync(name, "ada.lovelace");
            await ada.ResultAsync(name, operation, new { });
        }
    }

    private async Task ReceiveAsync(HttpClient admin)
    {
        Assert.Null(await _simulation!.SubscribeAsync(SimSystem.Slack, Hook("chat")));
        Assert.Null(await _simulation.SubscribeAsync(SimSystem.Salesforce, Hook("crm"), _secrets.Single(secret => secret.Name == "Salesforce's webhook secret").Secret));
        _simulation.Emit(SimSystem.Slack, "message", new JsonObject { ["text"] = "hello", ["channel"] = "C1" });
        _simulation.Emit(SimSystem.Salesforce, "Case.created", new JsonObject { ["record"] = new JsonObject { ["Subject"] = "No heat" } });
        await ConnectorApi.UntilAsync(() => Task.FromResult(_simulation.Events.Count(sent => sent.Status is 200 or 202) == 2), "both events are taken");
        using var stranger = new HttpRequestMessage(HttpMethod.Post, Hook("crm")) { Content = JsonContent.Create(new { type = "Case.created", id = "x" }) };
        stranger.Headers.Add("X-Webhook-Token", NewSecret("a wrong webhook secret"));
        using var anonymous = new HttpClient();
        using var refused = await anonymous.SendAsync(stranger);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        var webhook = await admin.SendJsonAsync(HttpMethod.Post, "v1/webhooks", new { url = _receiver!.Url }, HttpStatusCode.Created);
        Secret("the secret of Steward's own webhook", webhook.GetProperty("secret").GetString()!);
        await admin.SendJsonAsync(HttpMethod.Post, $"v1/webhooks/{webhook.GetProperty("webhookId").GetString()}/test", status: HttpStatusCode.Accepted);
        await ConnectorApi.UntilAsync(() => Task.FromResult(!_receiver.Received.IsEmpty), "the webhook's test message arrives");

        Uri Hook(string connector) => new(_steward!.Url, $"hooks/{DemoTenant.Id}/{connector}");
    }

    private async Task<string> ChatAsync(HttpClient ada)
    {
        _model!.Append(new ModelRule
        {
            When = new ModelMatch { LastUserMessageContains = "department", LastRole = "user" },
            Reply = new ModelReply { ToolCalls = [new ModelToolCall { Name = "okta_users_find", Arguments = new JsonObject { ["email"] = "ada.lovelace@acme.example" } }] },
        });
        _model.Append(new ModelRule { When = new ModelMatch { LastRole = "tool" }, Reply = new ModelReply { Text = "Ada works in Sales." } });
        var run = await ada.SubmitAsync(await ada.OpenSessionAsync(), Question);
        Assert.Equal("completed", (await ada.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(_model.Requests, request => request.Body.ToJsonString().Contains("Ada Lovelace", StringComparison.Ordinal));
        return run;
    }

    private async Task UseMcpAsync(string token)
    {
        var (code, told, errors) = await McpPeers.RunAsync("client.mjs", new Uri(_steward!.Url, $"mcp/{DemoTenant.Id}/okta").AbsoluteUri, token, "users.find", """{"email":"ada.lovelace@acme.example"}""");
        Assert.True(code == 0 && told.Contains("Ada Lovelace", StringComparison.Ordinal), told + errors);
        _told.AppendLine(told);
    }

    private async Task RotateAsync(HttpClient admin)
    {
        var old = _secrets.Single(secret => secret.Name == "Okta's token").Secret;
        await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/okta/credentials", new { secrets = new { token = NewSecret("Okta's next token") } });
        Assert.False((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/okta/verify")).GetProperty("succeeded").GetBoolean());
        await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/okta/credentials", new { secrets = new { token = old } });
        Assert.True((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/okta/verify")).GetProperty("succeeded").GetBoolean());
        await admin.SendJsonAsync(HttpMethod.Delete, "v1/connectors/okta-wrong", status: HttpStatusCode.NoContent);
    }

    /// <summary>All that Steward says to anybody about what happened.</summary>
    private async Task CollectAsync(HttpClient admin, HttpClient ada, string run)
    {
        await ConnectorApi.UntilAsync(
            async () => (await admin.GetStringAsync("v1/connector-audit?limit=200")).Contains("crm-wrong", StringComparison.Ordinal), "the failed calls are in the audit log");
        foreach (var path in new[] { "v1/connector-audit?limit=200", "v1/connectors", "v1/connectors/okta", "v1/connectors/chat", "v1/connectors/crm", "v1/connectors/crm-wrong", "v1/webhooks", "healthz", "metrics" })
        {
            _told.AppendLine(await admin.GetStringAsync(path));
        }

        _told.AppendLine(await ada.GetStringAsync($"v1/runs/{run}/trace?prompts=true"));
        _told.AppendLine(string.Concat((await ada.WatchAsync(run)).Select(wire => wire.Data.GetRawText())));
    }

    private async Task<long> CountVaultAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_data.Path, "steward.db")};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM vault_secrets";
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
