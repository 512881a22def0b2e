using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>An employee asks for an application, the manager is told in Slack and clicks, Okta has it, or not: processes, HTTP and signed clicks as in a company.</summary>
public sealed class ApprovalStoryTests : IAsyncLifetime
{
    private const string Ada = "ada.lovelace";
    private const string Lukas = "lukas.braun";
    private const string Manager = "jonas.weber";
    private const string Application = "Figma";
    private const string ApplicationKey = "figma";

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Application_ApprovedByOneAndRejectedForAnother_OnlyTheFirstHasIt()
    {
        await using var steward = await StartAsync();
        using var ada = steward.SignIn(Ada);
        using var lukas = steward.SignIn(Lukas);
        using var manager = steward.SignIn(Manager);
        var first = await AskAsync(ada);
        var shown = await UntilToldAsync(Manager, "Ada");
        Assert.DoesNotContain(ApplicationKey, _simulation!.State.OktaAppsOf(Ada));

        // The same click five times, and the same decision over the API, all at once.
        var clicks = Enumerable.Range(0, 5).Select(_ => ClickAsync(Manager, shown, approve: true)).ToList();
        var approval = await ApprovalOfAsync(ada);
        using var decided = await manager.PostAsJsonAsync($"v1/approvals/{Id(approval)}/decide", new { decision = "approve", subjectHash = approval.GetProperty("subjectHash").GetString() });
        var answers = await Task.WhenAll(clicks);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(HttpStatusCode.OK, decided.StatusCode);
        Assert.Equal("completed", (await ada.WaitForRunAsync(first, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, _simulation.State.OktaAppsOf(Ada));
        Assert.Single(_simulation.Calls, call => call is { Operation: "assignUserToApplication", Effect: true });
        Assert.Equal(1, (await JsonAsync(manager, $"v1/approvals/{Id(approval)}")).GetProperty("levels")[0].GetProperty("votes").GetArrayLength());

        // The message says so on every copy, and has no buttons any more; whoever asked is told.
        await EventuallyAsync(() => Message(Manager, shown)["text"]!.GetValue<string>().StartsWith("Approved", StringComparison.Ordinal) && Buttons(Message(Manager, shown)).Count == 0);
        await EventuallyAsync(() => _simulation.MessagesTo(SimSystem.Slack, Ada).Any(message => message["text"]!.GetValue<string>().StartsWith("Approved", StringComparison.Ordinal)));

        var second = await AskAsync(lukas);
        var other = await UntilToldAsync(Manager, "Lukas");
        var rejected = await ClickAsync(Manager, other, approve: false);
        var ended = await lukas.WaitForRunAsync(second, Conversations.HasEnded);

        Assert.Equal(200, rejected.Status);
        Assert.Contains("not approved", ended.GetProperty("answer").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ApplicationKey, _simulation.State.OktaAppsOf(Lukas));

        // An old button, pressed again: already decided.
        await ClickAsync(Manager, shown, approve: false);
        await EventuallyAsync(() => _simulation.State.SlackEphemerals.Any(told => told.Text.Contains("already", StringComparison.OrdinalIgnoreCase)));
        Assert.Contains(ApplicationKey, _simulation.State.OktaAppsOf(Ada));
    }

    [Fact]
    public async Task Click_BySomebodyElseOrForged_ChangesNothing()
    {
        await using var steward = await StartAsync();
        using var ada = steward.SignIn(Ada);
        var run = await AskAsync(ada);
        var shown = await UntilToldAsync(Manager, "Ada");

        // A colleague got hold of the message.
        var stranger = await ClickAsync("felix.hoffmann", shown, approve: true);
        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent([new("payload", JsonSerializer.Serialize(new { type = "block_actions", user = new { id = _simulation!.State.SlackUser(Manager) } }))]);
        using var forged = await http.PostAsync(new Uri(steward.Url, "/channels/t-acme/slack"), content);

        Assert.Equal(HttpStatusCode.Unauthorized, forged.StatusCode);
        Assert.True(stranger.Status is 0 or 200);
        var approval = await ApprovalOfAsync(ada);
        Assert.Equal("pending", approval.GetProperty("status").GetString());
        Assert.Equal("waiting", (await JsonAsync(ada, $"v1/runs/{run}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Decision_KilledBeforeAnybodyIsTold_EveryoneIsToldAfterwards()
    {
        string run;
        JsonObject shown;
        await using (var steward = await StartAsync())
        {
            using var ada = steward.SignIn(Ada);
            using var manager = steward.SignIn(Manager);
            run = await AskAsync(ada);
            shown = await UntilToldAsync(Manager, "Ada");
            _simulation!.Inject(new SimFault { System = SimSystem.Slack, Kind = SimFaultKind.ServerError, Count = 1000 });
            var approval = await ApprovalOfAsync(ada);
            using var decided = await manager.PostAsJsonAsync($"v1/approvals/{Id(approval)}/decide", new { decision = "approve", subjectHash = approval.GetProperty("subjectHash").GetString() });
            Assert.Equal(HttpStatusCode.OK, decided.StatusCode);
            await steward.KillAsync();
        }

        _simulation!.ClearFaults();
        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation);
        using var later = again.SignIn(Ada);

        Assert.Equal("completed", (await later.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, _simulation.State.OktaAppsOf(Ada));
        Assert.Single(_simulation.Calls, call => call is { Operation: "assignUserToApplication", Effect: true });
        await EventuallyAsync(() => Buttons(Message(Manager, shown)).Count == 0);
        await EventuallyAsync(() => _simulation.MessagesTo(SimSystem.Slack, Ada).Count(message => message["text"]!.GetValue<string>().StartsWith("Approved", StringComparison.Ordinal)) == 1);
    }

    private async Task<StewardProcess> StartAsync()
    {
        var steward = await StewardProcess.StartAsync(_data.Path, _simulation!);
        using var admin = steward.SignIn(_simulation!.Company.People.First(person => person.Admin).Login);
        using var created = await admin.PostAsJsonAsync("v1/connectors", new
        {
            name = "slack",
            templateId = "slack",
            baseUrl = new Uri(_simulation.Slack, "api").ToString(),
            authId = "bot",
            secrets = new { token = _simulation.Credentials.SlackBotToken, webhookSecret = _simulation.Credentials.SlackSigningSecret },
            operations = new[] { "auth.test", "users.find", "users.get", "direct.open", "messages.present", "messages.revise", "messages.reply", "channels.history" },
        });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var set = await admin.PutAsJsonAsync("v1/notifications/settings", new { channels = new[] { new { channel = "slack", instance = "slack", perSecond = 20 } }, locale = "en", timeZone = "Europe/Berlin", revision = 0 });
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        _simulation.SendClicksTo(SimSystem.Slack, new Uri(steward.Url, "/channels/t-acme/slack"));
        return steward;
    }

    private static async Task<string> AskAsync(HttpClient client) => await client.SubmitAsync(await client.OpenSessionAsync(), $"I need access to {Application}");

    private static async Task<JsonElement> ApprovalOfAsync(HttpClient client)
    {
        JsonElement found = default;
        await EventuallyAsync(async () =>
        {
            var list = (await JsonAsync(client, "v1/approvals?view=requested")).GetProperty("approvals");
            found = list.GetArrayLength() > 0 ? list[0] : default;
            return found.ValueKind == JsonValueKind.Object && found.GetProperty("status").GetString() != "submitted";
        });
        return found;
    }

    private static string Id(JsonElement approval) => approval.GetProperty("approvalId").GetString()!;

    private static async Task<JsonElement> JsonAsync(HttpClient client, string address) => await client.GetFromJsonAsync<JsonElement>(address);

    /// <summary>Waits for the message with buttons about what somebody asked for.</summary>
    private async Task<JsonObject> UntilToldAsync(string login, string about)
    {
        JsonObject? told = null;
        await EventuallyAsync(() =>
        {
            told = _simulation!.MessagesTo(SimSystem.Slack, login).LastOrDefault(message => Buttons(message).Count > 0 && message.ToJsonString().Contains(about, StringComparison.Ordinal));
            return told is not null;
        });
        return told!;
    }

    private JsonObject Message(string login, JsonObject message) => _simulation!.MessagesTo(SimSystem.Slack, login).Single(now => now["ts"]!.GetValue<string>() == message["ts"]!.GetValue<string>());

    private static List<JsonNode> Buttons(JsonObject message) =>
        [.. (message["blocks"]?.AsArray() ?? []).Where(block => block!["type"]!.GetValue<string>() == "actions").SelectMany(block => block!["elements"]!.AsArray()).Where(element => element!["value"] is not null).OfType<JsonNode>()];

    private Task<SimClickAnswer> ClickAsync(string login, JsonObject message, bool approve)
    {
        var button = Buttons(message)[approve ? 0 : 1];
        return _simulation!.ClickAsync(SimSystem.Slack, new SimClick
        {
            User = login,
            Conversation = message["channel"]!.GetValue<string>(),
            Message = message["ts"]!.GetValue<string>(),
            Action = button["action_id"]!.GetValue<string>(),
            Value = button["value"]!.DeepClone(),
        });
    }

    private static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail("It did not come to pass within 30 seconds.");
    }
}
