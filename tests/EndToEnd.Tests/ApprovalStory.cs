using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>A company whose people ask for an application, are told in Slack and click there: the parts of the stories about that.</summary>
public abstract class ApprovalStory : IAsyncLifetime
{
    private protected const string Ada = "ada.lovelace";
    private protected const string Lukas = "lukas.braun";
    private protected const string Manager = "jonas.weber";
    private protected const string Application = "Figma";
    private protected const string ApplicationKey = "figma";

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    private protected EnterpriseSimulation Simulation => _simulation!;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    /// <summary>Starts it for the first time, with Slack.</summary>
    private protected async Task<StewardProcess> StartAsync()
    {
        var steward = await StartAgainAsync();
        using var admin = SignInAsAdmin(steward);
        using var created = await admin.PostAsJsonAsync("v1/connectors", new
        {
            name = "slack",
            templateId = "slack",
            baseUrl = new Uri(Simulation.Slack, "api").ToString(),
            authId = "bot",
            secrets = new { token = Simulation.Credentials.SlackBotToken, webhookSecret = Simulation.Credentials.SlackSigningSecret },
            operations = new[] { "auth.test", "users.find", "users.get", "direct.open", "messages.present", "messages.revise", "messages.reply", "channels.history" },
        });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var set = await admin.PutAsJsonAsync("v1/notifications/settings", new { channels = new[] { new { channel = "slack", instance = "slack", perSecond = 20 } }, locale = "en", timeZone = "Europe/Berlin", revision = 0 });
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        return steward;
    }

    private protected static async Task<string> AskAsync(HttpClient client) => await client.SubmitAsync(await client.OpenSessionAsync(), $"I need access to {Application}");

    private protected static async Task<JsonElement> ApprovalOfAsync(HttpClient client)
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

    private protected static string Id(JsonElement approval) => approval.GetProperty("approvalId").GetString()!;

    private protected static async Task<JsonElement> JsonAsync(HttpClient client, string address) => await client.GetFromJsonAsync<JsonElement>(address);

    /// <summary>Waits for the message with buttons about what somebody asked for.</summary>
    private protected async Task<JsonObject> UntilToldAsync(string login, string about)
    {
        JsonObject? told = null;
        await EventuallyAsync(() =>
        {
            told = Simulation.MessagesTo(SimSystem.Slack, login).LastOrDefault(message => Buttons(message).Count > 0 && message.ToJsonString().Contains(about, StringComparison.Ordinal));
            return told is not null;
        });
        return told!;
    }

    private protected JsonObject Message(string login, JsonObject message) => Simulation.MessagesTo(SimSystem.Slack, login).Single(now => now["ts"]!.GetValue<string>() == message["ts"]!.GetValue<string>());

    private protected static List<JsonNode> Buttons(JsonObject message) =>
        [.. (message["blocks"]?.AsArray() ?? []).Where(block => block!["type"]!.GetValue<string>() == "actions").SelectMany(block => block!["elements"]!.AsArray()).Where(element => element!["value"] is not null).OfType<JsonNode>()];

    private protected Task<SimClickAnswer> ClickAsync(string login, JsonObject message, bool approve)
    {
        var button = Buttons(message)[approve ? 0 : 1];
        return Simulation.ClickAsync(SimSystem.Slack, new SimClick
        {
            User = login,
            Conversation = message["channel"]!.GetValue<string>(),
            Message = message["ts"]!.GetValue<string>(),
            Action = button["action_id"]!.GetValue<string>(),
            Value = button["value"]!.DeepClone(),
        });
    }

    private protected static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    private protected static async Task EventuallyAsync(Func<Task<bool>> condition)
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

    /// <summary>Starts it on the data that is there.</summary>
    private protected async Task<StewardProcess> StartAgainAsync()
    {
        var steward = await StewardProcess.StartAsync(_data.Path, Simulation);
        // A server that starts again listens elsewhere.
        Simulation.SendClicksTo(SimSystem.Slack, new Uri(steward.Url, "/channels/t-acme/slack"));
        return steward;
    }

    private protected HttpClient SignInAsAdmin(StewardProcess steward) => steward.SignIn(Simulation.Company.People.First(person => person.Admin).Login);

    private protected async Task PublishAsync(StewardProcess steward, string rules)
    {
        using var admin = SignInAsAdmin(steward);
        using var published = await admin.PutAsJsonAsync("v1/approval-rules", new { text = rules });
        Assert.Equal(HttpStatusCode.OK, published.StatusCode);

        // Copies of rules are two seconds old at most.
        await Task.Delay(TimeSpan.FromSeconds(2.5));
    }

    /// <summary>How many messages with buttons somebody was sent.</summary>
    private protected int AskedOf(string login) => Simulation.MessagesTo(SimSystem.Slack, login).Count(message => Buttons(message).Count > 0);

    private protected static async Task<List<string>> HistoryAsync(HttpClient client, string approvalId) =>
        [.. (await JsonAsync(client, $"v1/approvals/{approvalId}?include=history")).GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("type").GetString()!)];
}
