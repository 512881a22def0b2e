using System.Text.Json.Nodes;
using System.Web;

namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the template for Jira against the simulated Jira Cloud.</summary>
public sealed class JiraContractTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task EveryOperation_OfTheTemplate_EndsAsInTheProduct()
    {
        using var jira = new Product("jira", "token", sim.Jira, new Dictionary<string, string> { ["username"] = sim.Credentials.JiraEmail, ["password"] = sim.Credentials.JiraApiToken }, new Dictionary<string, string> { ["site"] = "acme.atlassian.example" });
        Assert.Equal("Steward Integration", (await jira.ResultAsync("users.me")).Text("displayName"));
        var ada = (await jira.ResultAsync("users.find", new { text = "ada" })).First("displayName", "Ada Lovelace").Text("accountId");
        var key = (await jira.ResultAsync("issues.search", new { jql = "project = IT AND status = \"To Do\" ORDER BY created DESC", limit = 1 })).Items().Single().Text("key");
        Assert.Equal(key, (await jira.ResultAsync("issues.get", new { key })).Text("key"));
        Assert.Equal("not_found", await jira.FailureAsync("issues.get", new { key = "IT-9999" }));
        Assert.Equal("invalid_argument", await jira.FailureAsync("issues.search", new { jql = "nonsense ===" }));
        Assert.Empty((await jira.ResultAsync("issues.comments", new { key })).Items());
        await jira.ResultAsync("issues.assign", new { key, accountId = ada });
        await jira.ResultAsync("issues.update", new { key, summary = "New summary", priority = "High", labels = new[] { "vpn" } });
        Assert.Equal(("New summary", "Ada Lovelace"), ((await jira.ResultAsync("issues.get", new { key })).Text("summary"), (await jira.ResultAsync("issues.get", new { key })).Text("assignee")));
        Assert.Equal("invalid_argument", await jira.FailureAsync("issues.update", new { key, priority = "Urgent!" }));
        var component = (await jira.ResultAsync("projects.components", new { project = "IT" })).First("name", "Network").Text("id");
        await jira.ResultAsync("issues.set_component", new { key, componentId = component });
        Assert.Equal("Network", (await jira.ResultAsync("issues.get", new { key })).GetProperty("components")[0].GetString());
        Assert.Equal("Component", (await jira.ResultAsync("issues.changelog", new { key })).Items().Last().GetProperty("fields")[0].GetString());
        Assert.Equal("invalid_argument", await jira.FailureAsync("issues.set_component", new { key, componentId = "1" }));
        sim.Edit(SimSystem.Jira, new SimEdit { User = "ada.lovelace", Record = key, Values = new Dictionary<string, string> { ["component"] = "" } });
        Assert.Equal(ada, (await jira.ResultAsync("issues.changelog", new { key })).Items().Last().Text("accountId"));
        Assert.Throws<ArgumentException>(() => sim.Edit(SimSystem.Jira, new SimEdit { User = "ada.lovelace", Record = key, Values = new Dictionary<string, string> { ["component"] = "Nobody" } }));
        var start = (await jira.ResultAsync("issues.transitions", new { key })).First("to", "In Progress").Text("id");
        await jira.ResultAsync("issues.transition", new { key, transitionId = start });
        Assert.Equal("invalid_argument", await jira.FailureAsync("issues.transition", new { key, transitionId = "41", resolution = "Done" }));
        Assert.Equal("Olivia Thompson", (await jira.ResultAsync("projects.find", new { text = "IT" })).First("key", "IT").Text("lead"));
        Assert.Contains((await jira.ResultAsync("projects.issue_types", new { project = "WEB" })).Items(), t => t.Text("name") == "Bug");
        var bytes = Convert.ToBase64String([.. Enumerable.Range(0, 256).Select(value => (byte)value)]);
        var attached = await jira.ResultAsync("issues.attach", new { key, fileName = "\"odd\" ä.bin", content = bytes, contentType = "application/x-odd" });
        var listed = Assert.Single((await jira.ResultAsync("issues.attachments", new { key })).Items());
        Assert.Equal((attached.Text("id"), "%22odd%22 ä.bin", "256", "application/x-odd"), (listed.Text("id"), listed.Text("fileName"), listed.Text("size"), listed.Text("contentType")));
        Assert.Equal("invalid_argument", await jira.FailureAsync("issues.attach", new { key, fileName = "a", content = "not base64!" }));
        Assert.Equal("invalid_argument", await jira.FailureAsync("issues.attach", new { key, fileName = "a", content = bytes, contentType = "text/plain\r\nX: y" }));
        Assert.Equal("not_found", await jira.FailureAsync("issues.attach", new { key = "IT-9999", fileName = "a", content = bytes }));
        await AssertApprovalWorkflowAsync(jira, ada);
        Assert.Empty(jira.NotCalled);
    }

    /// <summary>What has to be approved has a workflow of its own, and the log says who moved it.</summary>
    private async Task AssertApprovalWorkflowAsync(Product jira, string ada)
    {
        var key = (await jira.ResultAsync("issues.create", new { project = "IT", issueType = "Approval", summary = "Approval: Salesforce", description = "For Ada", labels = new[] { "steward-a-1" } })).Text("key");
        Assert.Equal("Waiting for approval", (await jira.ResultAsync("issues.get", new { key })).Text("status"));
        Assert.Equal(["Approved", "Declined", "Canceled"], (await jira.ResultAsync("issues.transitions", new { key })).Items().Select(transition => transition.Text("to")));
        Assert.Empty((await jira.ResultAsync("issues.changelog", new { key })).Items());
        sim.Decide(SimSystem.Jira, new SimDecision { User = "ada.lovelace", Record = key, Decision = "Approved" });
        var change = (await jira.ResultAsync("issues.changelog", new { key })).Items().Single();
        Assert.Equal((ada, "Ada Lovelace", "status", "Approved"), (change.Text("accountId"), change.Text("author"), change.GetProperty("fields")[0].GetString(), change.GetProperty("to")[0].GetString()));
        Assert.Equal("ada.lovelace@acme.example", (await jira.ResultAsync("users.get", new { accountId = ada })).Text("email"));
        Assert.Equal("not_found", await jira.FailureAsync("users.get", new { accountId = "nobody" }));
        Assert.Equal(key, (await jira.ResultAsync("issues.search", new { jql = "labels = \"steward-a-1\" AND status = Approved" })).Items().Single().Text("key"));
        Assert.Throws<ArgumentException>(() => sim.Decide(SimSystem.Jira, new SimDecision { User = "ada.lovelace", Record = key, Decision = "Done" }));
    }

    [Fact]
    public async Task RefreshToken_UsedTwice_EndsTheWholeFamily()
    {
        const string redirect = "http://127.0.0.1:1/callback";
        using var anonymous = new SimClient(sim.Jira, null);
        var page = await anonymous.GetAsync($"/authorize?audience=api.atlassian.com&client_id={sim.Credentials.JiraClientId}&redirect_uri={Uri.EscapeDataString(redirect)}&state=s&prompt=consent");
        var code = HttpUtility.ParseQueryString(new Uri(page.Header("Location")).Query)["code"]!;
        Task<Answer> TokenAsync(string type, string name, string value) => anonymous.PostAsync("/oauth/token", new JsonObject
        {
            ["grant_type"] = type, ["client_id"] = sim.Credentials.JiraClientId, ["client_secret"] = sim.Credentials.JiraClientSecret, [name] = value, ["redirect_uri"] = redirect,
        });

        var first = await TokenAsync("authorization_code", "code", code);
        var second = await TokenAsync("refresh_token", "refresh_token", (string)first.Body!["refresh_token"]!);
        Assert.Equal((200, 200), (first.Status, second.Status));
        using var signedIn = new SimClient(sim.Jira, new("Bearer", (string)second.Body!["access_token"]!));
        Assert.Equal(200, (await signedIn.GetAsync("/ex/jira/11223344-a1b2-4b33-c444-def123456789/rest/api/3/myself")).Status);

        var again = await TokenAsync("refresh_token", "refresh_token", (string)first.Body!["refresh_token"]!);
        Assert.Equal((403, "unauthorized_client"), (again.Status, (string?)again.Body!["error"]));
        Assert.Equal(401, (await signedIn.GetAsync("/rest/api/3/myself")).Status);
        Assert.Equal(403, (await TokenAsync("refresh_token", "refresh_token", (string)second.Body!["refresh_token"]!)).Status);
    }
}
