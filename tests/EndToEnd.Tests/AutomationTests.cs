using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Webhooks;

namespace Steward.EndToEnd.Tests;

/// <summary>Schedules and webhooks of a real process over HTTP, which is killed in between.</summary>
public sealed class AutomationTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Steward:Webhooks:AllowHttp"] = "true",
        ["Steward:Webhooks:AllowedNetworks:0"] = "127.0.0.0/8",
        ["Steward:Webhooks:RetryAfter:0"] = "00:00:01",
        ["Steward:Webhooks:RetryAfter:1"] = "00:00:01",
        ["Steward:Webhooks:RetryAfter:2"] = "00:00:01",
        ["Steward:Webhooks:RetryAfter:3"] = "01:00:00",
    };

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private Receiver? _receiver;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _receiver = await Receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _receiver!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task ScheduledRun_TellsItsWebhook_AlsoWhenTheProcessIsKilledInBetween()
    {
        string secret;
        string address;
        string run;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, Settings))
        {
            using var admin = steward.SignIn(_simulation!.Company.People.First(person => person.Admin).Login);
            using var ada = steward.SignIn();
            await RefuseBadInputAsync(ada, admin);

            using var created = await admin.PostAsJsonAsync("v1/webhooks", new { url = _receiver!.Url });
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            var webhook = await created.Content.ReadFromJsonAsync<JsonElement>();
            secret = webhook.GetProperty("secret").GetString()!;
            using var scheduled = await ada.PostAsJsonAsync("v1/schedules", new
            {
                name = "Reset",
                cron = "0 3 1 1 *",
                timeZone = "Europe/Berlin",
                text = "I forgot my password, please reset it",
                webhookId = webhook.GetProperty("webhookId").GetString(),
            });
            Assert.Equal(HttpStatusCode.Created, scheduled.StatusCode);
            address = scheduled.Headers.Location!.ToString();

            Enumerable.Repeat(500, 100).ToList().ForEach(_receiver.Answers.Enqueue);
            using var fired = await ada.PostAsJsonAsync(address + "/run", new { operationId = "by-hand" });
            run = (await fired.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("runId").GetString()!;
            Assert.Equal("completed", (await ada.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
            await UntilReceivedAsync(1);
            await steward.KillAsync();
        }

        _receiver.Answers.Clear();
        var before = _receiver.Received.Count;
        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!, Settings);
        using var later = again.SignIn();
        await UntilReceivedAsync(before + 1);

        Assert.Single(_receiver.Received.Select(message => message.Id).Distinct());
        Assert.All(_receiver.Received, message => Assert.True(Receiver.IsSignedWith(secret, message)));
        Assert.Equal(run, JsonDocument.Parse(_receiver.Received.Last().Body).RootElement.GetProperty("data").GetProperty("runId").GetString());
        using var repeated = await later.PostAsJsonAsync(address + "/run", new { operationId = "by-hand" });
        Assert.Equal(run, (await repeated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("runId").GetString());
        var schedule = await later.GetFromJsonAsync<JsonElement>(address);
        Assert.Single(schedule.GetProperty("fires").EnumerateArray());
        Assert.EndsWith("-01-01T02:00:00+00:00", schedule.GetProperty("nextAt").GetString(), StringComparison.Ordinal);
    }

    private async Task UntilReceivedAsync(int count)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (_receiver!.Received.Count < count)
        {
            Assert.True(Environment.TickCount64 < deadline, $"{_receiver.Received.Count} instead of {count} messages");
            await Task.Delay(20);
        }
    }

    private static async Task RefuseBadInputAsync(HttpClient ada, HttpClient admin)
    {
        await RefusedAsync(ada, "v1/schedules", new { name = "n", text = "x", cron = "0 0 30 2 *" }, 400, "schedule_never_fires", "cron");
        await RefusedAsync(ada, "v1/schedules", new { name = "n", text = "x", cron = "61 * * * *" }, 400, "invalid_argument", "cron");
        await RefusedAsync(ada, "v1/schedules", new { name = "n", text = "x", cron = "0 8 * * *", timeZone = "Mars/Olympus" }, 400, "invalid_argument", "timeZone");
        await RefusedAsync(ada, "v1/schedules", new { name = "n", text = "x", cron = "0 8 * * *", scope = "tenant" }, 403, "forbidden", null);
        await RefusedAsync(admin, "v1/webhooks", new { url = "https://10.0.0.1/hook" }, 400, "webhook_address_forbidden", "url");
        await RefusedAsync(admin, "v1/webhooks", new { url = "https://[::1]/hook" }, 400, "webhook_address_forbidden", "url");
        await RefusedAsync(admin, "v1/webhooks", new { url = "https://0x0a000001/hook" }, 400, "webhook_address_forbidden", "url");
        await RefusedAsync(admin, "v1/webhooks", new { url = "gopher://receiver" }, 400, "invalid_argument", "url");
        await RefusedAsync(ada, "v1/webhooks", new { url = "https://10.0.0.1/hook" }, 403, "forbidden", null);
    }

    private static async Task RefusedAsync(HttpClient client, string path, object body, int status, string code, string? field)
    {
        using var response = await client.PostAsJsonAsync(path, body);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal((status, code), ((int)response.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Equal(field, problem.TryGetProperty("field", out var named) ? named.GetString() : null);
    }
}
