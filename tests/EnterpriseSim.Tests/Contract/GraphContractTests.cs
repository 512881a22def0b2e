using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the templates for Entra ID and Teams against the simulated Microsoft Graph.</summary>
public sealed class GraphContractTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task EveryOperation_OfTheTemplateForEntraId_EndsAsInTheProduct()
    {
        using var entra = new Product("entra-id", "app", new Uri(sim.Graph, "v1.0"), GraphSignIn.Credential(await GraphSignIn.AppAsync(sim)));
        var userId = sim.State.GraphUser("ada.lovelace");
        Assert.Equal("Acme", (await entra.ResultAsync("organization.get")).Text("displayName"));
        Assert.Equal(userId, Assert.Single((await entra.ResultAsync("users.find", new { text = "ada.lovelace@acme.example" })).Items()).Text("id"));
        Assert.Empty((await entra.ResultAsync("users.find", new { text = "O'Hara" })).Items());
        Assert.Equal("Account Executive", (await entra.ResultAsync("users.get", new { userId = "ada.lovelace@acme.example" })).Text("title"));
        Assert.Equal("not_found", await entra.FailureAsync("users.get", new { userId = "nobody@acme.example" }));
        Assert.Equal("Jonas Weber", (await entra.ResultAsync("users.manager", new { userId })).Text("displayName"));
        Assert.Equal("not_found", await entra.FailureAsync("users.manager", new { userId = sim.State.GraphUser("margaret.chen") }));
        Assert.Contains((await entra.ResultAsync("users.groups", new { userId })).Items(), g => g.Text("displayName") == "Sales");
        Assert.Equal("disabled", (await entra.ResultAsync("users.out_of_office", new { userId })).Text("status"));
        using (var control = new SimClient(sim.Graph, null))
        {
            await control.SendAsync(
                HttpMethod.Post, "/__sim/absences", SimClient.Json(new JsonObject { ["email"] = "ada.lovelace@acme.example", ["from"] = "2026-11-20T08:00:00Z", ["until"] = "2026-11-30T08:00:00+01:00" }), ("X-Sim-Token", sim.Credentials.ControlToken));
        }

        var away = await entra.ResultAsync("users.out_of_office", new { userId = "ada.lovelace@acme.example" });
        Assert.Equal(("scheduled", "2026-11-30T07:00:00.0000000", "UTC"), (away.Text("status"), away.Text("until"), away.Text("untilZone")));
        await entra.ResultAsync("users.update", new { userId, title = "Sales Lead" });
        Assert.Equal("Sales Lead", (await entra.ResultAsync("users.get", new { userId })).Text("title"));
        await entra.ResultAsync("users.set_enabled", new { userId, enabled = false });
        Assert.Equal("False", (await entra.ResultAsync("users.get", new { userId })).Text("enabled"));
        await entra.ResultAsync("users.revoke_sessions", new { userId });
        var method = (await entra.ResultAsync("users.methods", new { userId })).Items().First(m => m.Text("type").Contains("Authenticator", StringComparison.Ordinal)).Text("id");
        await entra.ResultAsync("users.remove_authenticator", new { userId, methodId = method });
        Assert.Equal("not_found", await entra.FailureAsync("users.remove_authenticator", new { userId, methodId = method }));
        var powerBi = (await entra.ResultAsync("licenses.list")).First("name", "POWER_BI_PRO").Text("id");
        await entra.ResultAsync("licenses.assign", new { userId, skuId = powerBi });
        Assert.Contains((await entra.ResultAsync("licenses.of_user", new { userId })).Items(), l => l.Text("name") == "POWER_BI_PRO");
        await entra.ResultAsync("licenses.remove", new { userId, skuId = powerBi });
        Assert.Equal("invalid_argument", await entra.FailureAsync("licenses.assign", new { userId, skuId = (await entra.ResultAsync("licenses.list")).First("name", "VISIOCLIENT").Text("id") }));
        var groupId = (await entra.ResultAsync("groups.find", new { text = "Conditional" })).Items().Single().Text("id");
        await entra.ResultAsync("groups.add_member", new { groupId, userId });
        Assert.Equal("conflict", await entra.FailureAsync("groups.add_member", new { groupId, userId }));
        Assert.Equal(userId, Assert.Single((await entra.ResultAsync("groups.members", new { groupId, userId })).Items()).Text("id"));
        await entra.ResultAsync("groups.remove_member", new { groupId, userId });
        Assert.Equal("not_found", await entra.FailureAsync("groups.remove_member", new { groupId, userId }));
        Assert.Equal("compliant", Assert.Single((await entra.ResultAsync("devices.of_user", new { userId })).Items()).Text("compliance"));
        Assert.Equal(3, (await entra.ResultAsync("signins.find", new { login = "ada.lovelace@acme.example" })).Items().Count());

        // An app without a person is nobody.
        Assert.Equal("invalid_argument", await entra.FailureAsync("users.me"));
        Assert.Empty(entra.NotCalled);
    }

    [Fact]
    public async Task EveryOperation_OfTheTemplateForTeamsBots_EndsAsInTheProduct()
    {
        using var bot = new Product(
            "teams-bot", "app", new Uri(sim.Graph, "bot"), GraphSignIn.Credential(await GraphSignIn.AppAsync(sim)),
            new Dictionary<string, string> { ["directoryId"] = sim.Credentials.GraphDirectoryId, ["clientId"] = sim.Credentials.GraphClientId });
        var userId = sim.State.GraphUser("ada.lovelace");
        var card = new { type = "AdaptiveCard", version = "1.4", body = new[] { new { type = "TextBlock", text = "Hello" } } };
        Assert.Equal("https://api.botframework.com", (await bot.ResultAsync("service.read")).Text("issuer"));
        var conversationId = (await bot.ResultAsync("conversations.open", new { userId })).Text("id");
        Assert.Equal(conversationId, (await bot.ResultAsync("conversations.open", new { userId })).Text("id"));
        Assert.Equal("invalid_argument", await bot.FailureAsync("conversations.open", new { userId = Guid.Empty }));
        Assert.Equal("forbidden", await bot.FailureAsync("conversations.open", new { userId = sim.State.GraphUser("hugo.petit") }));
        Assert.Equal("ada.lovelace@acme.example", (await bot.ResultAsync("members.get", new { conversationId, memberId = userId })).Text("email"));
        Assert.Equal("not_found", await bot.FailureAsync("members.get", new { conversationId, memberId = Guid.Empty }));
        var activityId = (await bot.ResultAsync("cards.post", new { conversationId, summary = "Hello", card })).Text("id");
        await bot.ResultAsync("messages.post", new { conversationId, text = "And more" });
        await bot.ResultAsync("cards.update", new { conversationId, activityId, summary = "Done", card });
        Assert.Equal(["Done", null], sim.MessagesTo(SimSystem.Graph, "ada.lovelace").Select(message => (string?)message["summary"]));
        Assert.Equal("not_found", await bot.FailureAsync("cards.update", new { conversationId, activityId = "1", summary = "x", card }));
        Assert.Equal("not_found", await bot.FailureAsync("messages.post", new { conversationId = "a:nowhere", text = "x" }));
        Assert.Empty(bot.NotCalled);
    }

    [Fact]
    public async Task EveryOperation_OfTheTemplateForTeams_EndsAsInTheProduct()
    {
        using var teams = new Product("teams", "oauth", new Uri(sim.Graph, "v1.0"), GraphSignIn.Credential(await GraphSignIn.PersonAsync(sim, "viktor.petrov")));
        var (viktor, ada) = (sim.State.GraphUser("viktor.petrov"), sim.State.GraphUser("ada.lovelace"));
        var teamId = (await teams.ResultAsync("teams.find", new { text = "IT" })).First("displayName", "IT").Text("id");
        var foreign = (await teams.ResultAsync("teams.find", new { text = "Sales" })).Items().Single().Text("id");
        Assert.Equal("forbidden", await teams.FailureAsync("channels.list", new { teamId = foreign }));
        Assert.Equal("Ada Lovelace", (await teams.ResultAsync("users.get", new { userId = ada })).Text("displayName"));
        var created = await teams.ResultAsync("channels.create", new { teamId, name = "Outage", description = "One place" });
        Assert.Equal("conflict", await teams.FailureAsync("channels.create", new { teamId, name = "Outage" }));
        var channelId = (await teams.ResultAsync("channels.list", new { teamId })).First("displayName", "Outage").Text("id");
        Assert.Equal(created.Text("id"), channelId);
        var posted = await teams.ResultAsync("messages.post", new { teamId, channelId, text = "The VPN is <back>." });
        await teams.ResultAsync("messages.reply", new { teamId, channelId, messageId = posted.Text("id"), text = "Thanks" });
        Assert.Equal("not_found", await teams.FailureAsync("messages.reply", new { teamId, channelId, messageId = "1", text = "x" }));
        var listed = Assert.Single((await teams.ResultAsync("messages.list", new { teamId, channelId })).Items());
        Assert.Equal(("Viktor Petrov", "The VPN is &lt;back&gt;."), (listed.Text("from"), listed.Text("html")));
        var chat = await teams.ResultAsync("chats.open", new { firstUserId = viktor, secondUserId = ada });
        Assert.Equal(chat.Text("id"), (await teams.ResultAsync("chats.open", new { firstUserId = viktor, secondUserId = ada })).Text("id"));
        await teams.ResultAsync("chats.post", new { chatId = chat.Text("id"), text = "Hi" });
        Assert.Equal("Hi", Assert.Single((await teams.ResultAsync("chats.messages", new { chatId = chat.Text("id") })).Items()).Text("html"));
        var membership = await teams.ResultAsync("members.add", new { teamId, userId = ada });
        Assert.Equal(membership.Text("id"), (await teams.ResultAsync("members.list", new { teamId })).First("userId", ada).Text("id"));
        await teams.ResultAsync("members.remove", new { teamId, membershipId = membership.Text("id") });
        Assert.Equal("not_found", await teams.FailureAsync("members.remove", new { teamId, membershipId = membership.Text("id") }));
        var meeting = await teams.ResultAsync("meetings.create", new { subject = "Review", startsAt = "2026-03-02T09:00:00Z", endsAt = "2026-03-02T10:00:00Z" });
        await teams.ResultAsync("meetings.delete", new { meetingId = meeting.Text("id") });
        Assert.Equal("not_found", await teams.FailureAsync("meetings.delete", new { meetingId = meeting.Text("id") }));
        Assert.Equal("Available", (await teams.ResultAsync("presence.get", new { userId = ada })).Text("availability"));
        Assert.Empty(teams.NotCalled);
    }

    [Fact]
    public async Task Post_ByAnAppAlone_IsRefused()
    {
        using var teams = new Product("teams", "app", new Uri(sim.Graph, "v1.0"), GraphSignIn.Credential(await GraphSignIn.AppAsync(sim)));
        var teamId = (await teams.ResultAsync("teams.find", new { text = "IT" })).Items().Single().Text("id");
        var channelId = (await teams.ResultAsync("channels.list", new { teamId })).Items().First().Text("id");

        Assert.IsType<ActionFailed>(await teams.ExecuteAsync("messages.post", new { teamId, channelId, text = "x" }));
    }
}
