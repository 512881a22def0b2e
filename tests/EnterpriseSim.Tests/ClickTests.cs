using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Steward.EnterpriseSim.Tests.Contract;

namespace Steward.EnterpriseSim.Tests;

/// <summary>Buttons in simulated chats: what a click sends, and what the answers do.</summary>
public sealed class ClickTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;
    private EventReceiver receiver = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        receiver = new EventReceiver();
    }

    public async Task DisposeAsync()
    {
        await receiver.DisposeAsync();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task Slack_Click_SendsASignedFormAndTakesAnAnswerForThePersonAlone()
    {
        var (channel, ts) = await PostAsync();
        sim.SendClicksTo(SimSystem.Slack, receiver.Url);

        var answer = await sim.ClickAsync(SimSystem.Slack, new SimClick { User = "ada.lovelace", Conversation = channel, Message = ts, Action = "approve" });

        Assert.Equal((200, (string?)null), (answer.Status, answer.Problem));
        var (body, headers) = Assert.Single(receiver.Received);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(sim.Credentials.SlackSigningSecret), Encoding.UTF8.GetBytes($"v0:{headers["X-Slack-Request-Timestamp"]}:{body}"));
        Assert.Equal($"v0={Convert.ToHexStringLower(signature)}", headers["X-Slack-Signature"]);
        var payload = JsonNode.Parse(HttpUtility.ParseQueryString(body)["payload"]!)!;
        Assert.Equal(("block_actions", "approve", "v1", ts), ((string?)payload["type"], (string?)payload["actions"]![0]!["action_id"], (string?)payload["actions"]![0]!["value"], (string?)payload["container"]!["message_ts"]));
        Assert.Equal(sim.State.SlackUser("ada.lovelace"), (string?)payload["user"]!["id"]);

        using var app = new SimClient(sim.Slack, null);
        var told = await app.PostAsync((string)payload["response_url"]!, new JsonObject { ["response_type"] = "ephemeral", ["text"] = "Done" });

        Assert.Equal(200, told.Status);
        Assert.Equal(("Done", sim.State.SlackUser("ada.lovelace")), Assert.Single(sim.State.SlackEphemerals) is var seen ? (seen.Text, seen.User) : default);
        Assert.Equal(404, (await app.PostAsync("/actions/T0/unknown", new JsonObject { ["text"] = "x" })).Status);
    }

    [Fact]
    public async Task Slack_ClickOnAButtonThatIsGone_NeedsWhatItCarried()
    {
        var (channel, ts) = await PostAsync();
        sim.SendClicksTo(SimSystem.Slack, receiver.Url);
        var click = new SimClick { User = "ada.lovelace", Conversation = channel, Message = ts, Action = "gone" };

        Assert.NotNull((await sim.ClickAsync(SimSystem.Slack, click)).Problem);
        Assert.Equal(200, (await sim.ClickAsync(SimSystem.Slack, click with { Value = "old" })).Status);
    }

    [Fact]
    public async Task Teams_Execute_SendsASignedInvokeAndShowsTheCardThatComesBack()
    {
        using var bot = new Product(
            "teams-bot", "app", new Uri(sim.Graph, "bot"), GraphSignIn.Credential(await GraphSignIn.AppAsync(sim)),
            new Dictionary<string, string> { ["directoryId"] = sim.Credentials.GraphDirectoryId, ["clientId"] = sim.Credentials.GraphClientId });
        var conversationId = (await bot.ResultAsync("conversations.open", new { userId = sim.State.GraphUser("ada.lovelace") })).Text("id");
        var card = JsonElement.Parse("""{"type":"AdaptiveCard","version":"1.4","body":[],"actions":[{"type":"Action.Execute","verb":"approve","data":{"approval":"a-1"}}]}""");
        var activity = (await bot.ResultAsync("cards.post", new { conversationId, summary = "Hello", card })).Text("id");
        sim.SendClicksTo(SimSystem.Graph, receiver.Url);
        receiver.Answer = """{"statusCode":200,"type":"application/vnd.microsoft.card.adaptive","value":{"type":"AdaptiveCard","version":"1.4","body":[],"fallbackText":"after"}}""";

        var answer = await sim.ClickAsync(SimSystem.Graph, new SimClick { User = "ada.lovelace", Conversation = conversationId, Message = activity, Action = "approve" });

        Assert.Equal(200, answer.Status);
        var (body, headers) = Assert.Single(receiver.Received);
        var invoke = JsonNode.Parse(body)!;
        Assert.Equal(("adaptiveCard/action", "a-1", sim.State.GraphUser("ada.lovelace")), ((string?)invoke["name"], (string?)invoke["value"]!["action"]!["data"]!["approval"], (string?)invoke["from"]!["aadObjectId"]));
        Assert.Equal(3, headers["Authorization"].Split(' ')[1].Split('.').Length);
        Assert.Equal("after", (string?)sim.MessagesTo(SimSystem.Graph, "ada.lovelace").Single()["card"]!["fallbackText"]);
    }

    [Fact]
    public async Task Faults_WithAShare_HitAboutThatShare()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Slack, Percent = 20, Count = 1_000 });
        using var client = new SimClient(sim.Slack, new("Bearer", sim.Credentials.SlackBotToken));
        var failed = 0;
        for (var i = 0; i < 300; i++)
        {
            failed += (await client.PostAsync("/api/auth.test")).Status == 503 ? 1 : 0;
        }

        Assert.InRange(failed, 30, 95);
    }

    private async Task<(string Channel, string Ts)> PostAsync()
    {
        using var slack = new Product("slack", "bot", new Uri(sim.Slack, "api"), new Dictionary<string, string> { ["token"] = sim.Credentials.SlackBotToken });
        var channel = (await slack.ResultAsync("direct.open", new { user = sim.State.SlackUser("ada.lovelace") })).Text("id");
        var blocks = JsonElement.Parse("""[{"type":"actions","elements":[{"type":"button","action_id":"approve","value":"v1","text":{"type":"plain_text","text":"Approve"}}]}]""");
        return (channel, (await slack.ResultAsync("messages.present", new { channel, text = "Please", blocks })).Text("ts"));
    }
}
