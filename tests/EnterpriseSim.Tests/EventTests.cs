using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>What the systems send to others: handshakes, signatures, repetitions.</summary>
public sealed class EventTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;
    private EventReceiver receiver = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { EventRetryDelay = TimeSpan.FromMilliseconds(5) });
        receiver = new EventReceiver();
    }

    public async Task DisposeAsync()
    {
        await receiver.DisposeAsync();
        await sim.DisposeAsync();
    }

    [Theory]
    [InlineData(SimSystem.Slack)]
    [InlineData(SimSystem.Graph)]
    [InlineData(SimSystem.Okta)]
    public async Task Subscribe_WithAWrongAnswerToTheHandshake_IsRefused(SimSystem system)
    {
        receiver.Lies = true;
        Assert.NotNull(await sim.SubscribeAsync(system, receiver.Url, "secret"));

        receiver.Lies = false;
        Assert.Null(await sim.SubscribeAsync(system, receiver.Url, "secret"));
        Assert.Empty(receiver.Received);
    }

    [Fact]
    public async Task ServiceNow_ApprovalDecidedByAPerson_IsToldOnceWithTheToken()
    {
        Assert.Null(await sim.SubscribeAsync(SimSystem.ServiceNow, receiver.Url, "s3cret"));
        using var now = SimClient.ServiceNow(sim);
        var change = (await now.PostAsync("/api/now/table/change_request", new JsonObject { ["short_description"] = "x", ["correlation_id"] = "steward-a-1" })).Body!["result"]!["sys_id"]!.GetValue<string>();
        var row = (await now.PostAsync("/api/now/table/sysapproval_approver", new JsonObject { ["sysapproval"] = change, ["approver"] = "jonas.weber@acme.example", ["state"] = "requested" })).Body!["result"]!["sys_id"]!.GetValue<string>();
        await receiver.WaitAsync(1);
        receiver.Status = 500;
        sim.Decide(SimSystem.ServiceNow, new SimDecision { User = "jonas.weber", Record = row, Decision = "approved" });
        var (body, headers) = (await receiver.WaitAsync(2))[1];

        Assert.Equal("s3cret", headers["X-Webhook-Token"]);
        var json = JsonNode.Parse(body)!;
        Assert.Equal(
            ("sysapproval_approver.updated", row, change, "steward-a-1", "approved", "jonas.weber"),
            ((string?)json["type"], (string?)json["sys_id"], (string?)json["document"], (string?)json["correlation_id"], (string?)json["state"], (string?)json["updated_by"]));
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.Equal(2, receiver.Received.Count);
    }

    [Fact]
    public async Task Jira_IssueMovedByAPerson_NamesThePersonAndTheChange()
    {
        await sim.SubscribeAsync(SimSystem.Jira, receiver.Url, "s3cret");
        using var jira = SimClient.Jira(sim);
        var key = (string)(await jira.PostAsync("/rest/api/3/issue", new JsonObject { ["fields"] = new JsonObject { ["project"] = new JsonObject { ["key"] = "IT" }, ["issuetype"] = new JsonObject { ["name"] = "Approval" }, ["summary"] = "x" } })).Body!["key"]!;
        await receiver.WaitAsync(1);
        sim.Decide(SimSystem.Jira, new SimDecision { User = "jonas.weber", Record = key, Decision = "Declined", Comment = "Too dear" });
        var moved = JsonNode.Parse((await receiver.WaitAsync(3))[1].Body)!;

        Assert.Equal(("jira:issue_updated", "Jonas Weber", "status", "Declined"), ((string?)moved["webhookEvent"], (string?)moved["user"]!["displayName"], (string?)moved["changelog"]!["items"]![0]!["field"], (string?)moved["changelog"]!["items"]![0]!["toString"]));
        Assert.Equal("comment_created", (string?)JsonNode.Parse(receiver.Received[2].Body)!["webhookEvent"]);
    }

    [Fact]
    public async Task ServiceNow_IncidentOpenedAndAssigned_IsToldEachTime()
    {
        await sim.SubscribeAsync(SimSystem.ServiceNow, receiver.Url, "s3cret");
        var id = sim.Edit(SimSystem.ServiceNow, new SimEdit { User = "ada.lovelace", Values = new Dictionary<string, string> { ["short_description"] = "VPN drops" } });
        sim.Edit(SimSystem.ServiceNow, new SimEdit { User = "grace.osei", Record = id, Values = new Dictionary<string, string> { ["assignment_group"] = "Network" } });
        var told = (await receiver.WaitAsync(2)).Select(one => JsonNode.Parse(one.Body)!).ToList();

        Assert.Equal(["incident.inserted", "incident.updated"], told.Select(json => (string?)json["type"]));
        Assert.All(told, json => Assert.Equal((id, "incident"), ((string?)json["sys_id"], (string?)json["table"])));
        Assert.Equal("grace.osei", (string?)told[1]["updated_by"]);
        Assert.NotEqual((string?)told[0]["id"], (string?)told[1]["id"]);
        Assert.Throws<ArgumentException>(() => sim.Edit(SimSystem.ServiceNow, new SimEdit { User = "nobody", Values = new Dictionary<string, string>() }));
        Assert.Throws<ArgumentException>(() => sim.Edit(SimSystem.ServiceNow, new SimEdit { User = "ada.lovelace", Record = id, Values = new Dictionary<string, string> { ["no_column"] = "x" } }));
        Assert.Throws<ArgumentException>(() => sim.Edit(SimSystem.Okta, new SimEdit { User = "ada.lovelace", Values = new Dictionary<string, string>() }));
    }

    [Fact]
    public async Task Jira_IssueOpenedAndMovedByPeople_NamesThemAndTheComponent()
    {
        await sim.SubscribeAsync(SimSystem.Jira, receiver.Url, "s3cret");
        var key = sim.Edit(SimSystem.Jira, new SimEdit { User = "ada.lovelace", Values = new Dictionary<string, string> { ["project"] = "IT", ["issuetype"] = "Bug", ["summary"] = "VPN drops" } });
        sim.Edit(SimSystem.Jira, new SimEdit { User = "grace.osei", Record = key, Values = new Dictionary<string, string> { ["component"] = "Network" } });
        var told = (await receiver.WaitAsync(2)).Select(one => JsonNode.Parse(one.Body)!).ToList();

        Assert.Equal(["jira:issue_created", "jira:issue_updated"], told.Select(json => (string?)json["webhookEvent"]));
        Assert.All(told, json => Assert.Equal(key, (string?)json["issue"]!["key"]));
        Assert.Equal(("Component", "Network"), ((string?)told[1]["changelog"]!["items"]![0]!["field"], (string?)told[1]["changelog"]!["items"]![0]!["toString"]));
    }

    [Fact]
    public async Task Slack_PostsAreSignedEvents()
    {
        await sim.SubscribeAsync(SimSystem.Slack, receiver.Url);
        using var slack = Slack();

        await slack.PostAsync("/api/chat.postMessage", new JsonObject { ["channel"] = sim.State.SlackChannel("help-it"), ["text"] = "Hello" });
        var (body, headers) = (await receiver.WaitAsync(1))[0];

        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(sim.Credentials.SlackSigningSecret), Encoding.UTF8.GetBytes($"v0:{headers["X-Slack-Request-Timestamp"]}:{body}"));
        Assert.Equal($"v0={Convert.ToHexStringLower(expected)}", headers["X-Slack-Signature"]);
        var json = JsonNode.Parse(body)!;
        Assert.Equal(("event_callback", "message", "Hello"), ((string?)json["type"], (string?)json["event"]!["type"], (string?)json["event"]!["text"]));
        Assert.DoesNotContain("X-Slack-Retry-Num", headers.Keys);
    }

    [Fact]
    public async Task Slack_EventThatIsNotTaken_ComesThreeMoreTimesWithTheSameId()
    {
        await sim.SubscribeAsync(SimSystem.Slack, receiver.Url);
        receiver.Status = 500;

        sim.Emit(SimSystem.Slack, "app_mention", new JsonObject { ["text"] = "hi" });
        var all = await receiver.WaitAsync(4);

        Assert.Equal([null, "1", "2", "3"], all.Select(r => r.Headers.GetValueOrDefault("X-Slack-Retry-Num")));
        Assert.Equal("http_error", all[1].Headers["X-Slack-Retry-Reason"]);
        Assert.Single(all.Select(r => (string?)JsonNode.Parse(r.Body)!["event_id"]).Distinct());
        Assert.Equal([1, 2, 3, 4], sim.Events.Select(e => e.Attempt));
    }

    [Fact]
    public async Task Slack_Click_IsAFormWithAPayload()
    {
        await sim.SubscribeAsync(SimSystem.Slack, receiver.Url);

        sim.Emit(SimSystem.Slack, "block_actions", new JsonObject { ["user"] = new JsonObject { ["id"] = sim.State.SlackUser("ada.lovelace") }, ["actions"] = new JsonArray(new JsonObject { ["action_id"] = "approve", ["value"] = "r-1" }) });
        var (body, headers) = (await receiver.WaitAsync(1))[0];

        Assert.StartsWith("application/x-www-form-urlencoded", headers["Content-Type"], StringComparison.Ordinal);
        var payload = JsonNode.Parse(Uri.UnescapeDataString(body["payload=".Length..]))!;
        Assert.Equal(("block_actions", "approve"), ((string?)payload["type"], (string?)payload["actions"]![0]!["action_id"]));
    }

    [Fact]
    public async Task Faults_DoubleReorderAndLoseEvents()
    {
        await sim.SubscribeAsync(SimSystem.Jira, receiver.Url, "secret");
        sim.Inject(new SimFault { Kind = SimFaultKind.DuplicateEvent, System = SimSystem.Jira, Operation = "a" });
        sim.Inject(new SimFault { Kind = SimFaultKind.ReorderEvent, System = SimSystem.Jira, Operation = "b" });
        sim.Inject(new SimFault { Kind = SimFaultKind.LoseEvent, System = SimSystem.Jira, Operation = "c" });

        foreach (var type in new[] { "a", "b", "c", "d" })
        {
            sim.Emit(SimSystem.Jira, type, []);
        }

        var all = await receiver.WaitAsync(4);
        Assert.Equal(["a", "a", "d", "b"], all.Select(r => (string?)JsonNode.Parse(r.Body)!["webhookEvent"]));
        Assert.Equal(all[0].Headers["X-Atlassian-Webhook-Identifier"], all[1].Headers["X-Atlassian-Webhook-Identifier"]);
        Assert.Equal($"sha256={Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, Encoding.UTF8.GetBytes(all[3].Body)))}", all[3].Headers["X-Hub-Signature"]);
    }

    [Fact]
    public async Task Jira_Comment_IsTold()
    {
        await sim.SubscribeAsync(SimSystem.Jira, receiver.Url, "secret");
        using var jira = SimClient.Jira(sim);

        await jira.PostAsync("/rest/api/3/issue/IT-1/transitions", new JsonObject { ["transition"] = new JsonObject { ["id"] = "31" } });

        var json = JsonNode.Parse((await receiver.WaitAsync(1))[0].Body)!;
        Assert.Equal(("jira:issue_updated", "IT-1"), ((string?)json["webhookEvent"], (string?)json["issue"]!["key"]));
    }

    [Fact]
    public async Task Okta_EntriesOfTheLog_AreSentWithTheHeaderThatWasChosen()
    {
        await sim.SubscribeAsync(SimSystem.Okta, receiver.Url, "chosen");
        using var okta = SimClient.Okta(sim);

        await okta.PostAsync("/api/v1/users/ada.lovelace/lifecycle/suspend");
        var (body, headers) = (await receiver.WaitAsync(1))[0];

        Assert.Equal("chosen", headers["Authorization"]);
        Assert.Equal("user.lifecycle.suspend", (string?)JsonNode.Parse(body)!["data"]!["events"]![0]!["eventType"]);
    }

    [Fact]
    public async Task Graph_Subscription_NotifiesWithItsClientStateUntilItEnds()
    {
        var token = await Contract.GraphSignIn.PersonAsync(sim, "viktor.petrov");
        using var graph = new SimClient(sim.Graph, new("Bearer", (string)token.Body!["access_token"]!));
        var body = new JsonObject
        {
            ["changeType"] = "created", ["notificationUrl"] = receiver.Url.ToString(), ["resource"] = "/chats/getAllMessages", ["clientState"] = "s3cret",
            ["expirationDateTime"] = TimeProvider.System.GetUtcNow().AddMinutes(50).ToString("o"),
        };
        receiver.Lies = true;
        Assert.Equal(400, (await graph.PostAsync("/v1.0/subscriptions", body.DeepClone())).Status);
        receiver.Lies = false;
        var subscription = await graph.PostAsync("/v1.0/subscriptions", body.DeepClone());
        Assert.Equal(201, subscription.Status);
        body["expirationDateTime"] = TimeProvider.System.GetUtcNow().AddDays(40).ToString("o");
        Assert.Equal(400, (await graph.PostAsync("/v1.0/subscriptions", body.DeepClone())).Status);

        string Member(string login) => $"https://graph.microsoft.com/v1.0/users('{sim.State.GraphUser(login)}')";
        var chat = await graph.PostAsync("/v1.0/chats", new JsonObject
        {
            ["chatType"] = "oneOnOne", ["members"] = new JsonArray(new JsonObject { ["user@odata.bind"] = Member("viktor.petrov") }, new JsonObject { ["user@odata.bind"] = Member("ada.lovelace") }),
        });
        var messages = $"/v1.0/chats/{Uri.EscapeDataString((string)chat.Body!["id"]!)}/messages";
        await graph.PostAsync(messages, new JsonObject { ["body"] = new JsonObject { ["content"] = "Hi" } });
        var notification = JsonNode.Parse((await receiver.WaitAsync(1))[0].Body)!["value"]![0]!;
        Assert.Equal(("s3cret", "created", (string?)subscription.Body!["id"]), ((string?)notification["clientState"], (string?)notification["changeType"], (string?)notification["subscriptionId"]));

        await graph.SendAsync(HttpMethod.Delete, $"/v1.0/subscriptions/{subscription.Body["id"]}");
        await graph.PostAsync(messages, new JsonObject { ["body"] = new JsonObject { ["content"] = "Nobody hears this" } });
        sim.Emit(SimSystem.Graph, "created", new JsonObject { ["resource"] = "chats('x')/messages('1')" });
        Assert.Single(receiver.Received);
    }

    private SimClient Slack() => new(sim.Slack, new("Bearer", sim.Credentials.SlackBotToken));
}
