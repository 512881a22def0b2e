using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>An employee asks for an application, and a record in the company's own system goes along: whoever decides it there lets the run go on, and the other way round.</summary>
public sealed class MirrorStoryTests : IAsyncLifetime
{
    private const string Ada = "ada.lovelace";
    private const string Lukas = "lukas.braun";
    private const string Manager = "jonas.weber";
    private const string ApplicationKey = "figma";
    private const string Secret = "agreed upon with the other system";

    private static readonly string[] ServiceNowOperations =
        ["groups.find", "users.find", "users.named", "records.find", "records.get", "records.create", "records.settle", "approvers.list", "approvers.add", "approvers.set", "approvals.get"];

    private static readonly string[] JiraOperations =
        ["users.me", "users.get", "issues.get", "issues.search", "issues.create", "issues.comment", "issues.comments", "issues.changelog", "issues.transitions", "issues.transition"];

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task ServiceNow_DecidedThereForOneAndHereForAnother_ClosesTheOtherSide()
    {
        await using var steward = await StartAsync("servicenow");
        using var ada = steward.SignIn(Ada);
        using var lukas = steward.SignIn(Lukas);
        using var manager = steward.SignIn(Manager);

        // There: the manager approves in ServiceNow.
        var first = await AskAsync(ada);
        var approval = await MirroredAsync(ada);
        var change = Change(approval);
        Assert.Equal(("requested", change["number"]), (change["approval"], approval.GetProperty("mirror").GetProperty("reference").GetString()));
        Assert.DoesNotContain(ApplicationKey, _simulation!.State.OktaAppsOf(Ada));
        _simulation.Decide(SimSystem.ServiceNow, new SimDecision { User = Manager, Record = Row(change)["sys_id"], Decision = "approved", Comment = "Go ahead" });

        Assert.Equal("completed", (await ada.WaitForRunAsync(first, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, _simulation.State.OktaAppsOf(Ada));
        await EventuallyAsync(() => Change(approval)["approval"] == "approved" && Change(approval)["comments"].Contains("Steward: Approved by", StringComparison.Ordinal));
        var decided = await JsonAsync(manager, $"v1/approvals/{Id(approval)}");
        var vote = decided.GetProperty("levels")[0].GetProperty("votes")[0];
        Assert.Contains(Manager, vote.GetProperty("by").GetString(), StringComparison.Ordinal);
        Assert.Equal("mirror", vote.GetProperty("channel").GetString());

        // Here: the manager rejects in Steward; somebody else tried to approve it there before.
        var second = await AskAsync(lukas);
        var other = await MirroredAsync(lukas);
        _simulation.Decide(SimSystem.ServiceNow, new SimDecision { User = "felix.hoffmann", Record = Row(Change(other))["sys_id"], Decision = "approved" });
        await EventuallyAsync(() => Row(Change(other)) is var row && row["state"] == "requested" && row["comments"].Contains("does not count", StringComparison.Ordinal));
        using var rejected = await manager.PostAsJsonAsync($"v1/approvals/{Id(other)}/decide", new { decision = "reject", subjectHash = other.GetProperty("subjectHash").GetString() });

        Assert.Equal(HttpStatusCode.OK, rejected.StatusCode);
        Assert.Contains("not approved", (await lukas.WaitForRunAsync(second, Conversations.HasEnded)).GetProperty("answer").GetString(), StringComparison.Ordinal);
        await EventuallyAsync(() => Change(other)["approval"] == "rejected" && Row(Change(other))["state"] == "rejected");
        Assert.DoesNotContain(ApplicationKey, _simulation.State.OktaAppsOf(Lukas));
    }

    [Fact]
    public async Task Jira_BothAtOnce_OneDecisionCountsAndBothSidesSayIt()
    {
        await using var steward = await StartAsync("jira");
        using var ada = steward.SignIn(Ada);
        using var manager = steward.SignIn(Manager);
        var run = await AskAsync(ada);
        var approval = await MirroredAsync(ada);
        var key = approval.GetProperty("mirror").GetProperty("reference").GetString()!;

        _simulation!.Decide(SimSystem.Jira, new SimDecision { User = Manager, Record = key, Decision = "Approved" });
        using var rejected = await manager.PostAsJsonAsync($"v1/approvals/{Id(approval)}/decide", new { decision = "reject", subjectHash = approval.GetProperty("subjectHash").GetString() });
        var ended = await ada.WaitForRunAsync(run, Conversations.HasEnded);
        var isApproved = rejected.StatusCode == HttpStatusCode.Conflict;

        Assert.True(isApproved || rejected.StatusCode == HttpStatusCode.OK, rejected.StatusCode.ToString());
        Assert.Equal(isApproved, _simulation.State.OktaAppsOf(Ada).Contains(ApplicationKey));
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        await EventuallyAsync(async () => (await JsonAsync(ada, $"v1/approvals/{Id(approval)}")).GetProperty("mirror").GetProperty("status").GetString() == "closed");
        Assert.Equal(isApproved ? "Approved" : "Declined", Issue(key)["fields"]!["status"]!["name"]!.GetValue<string>());
        Assert.Equal(1, (await JsonAsync(manager, $"v1/approvals/{Id(approval)}")).GetProperty("levels")[0].GetProperty("votes").GetArrayLength());
        Assert.Contains(Issue(key)["fields"]!["comment"]!["comments"]!.AsArray(), comment => comment!.ToJsonString().Contains(isApproved ? "Steward: Approved" : "Steward: Rejected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ServiceNow_KilledBetweenSendingAndRecording_MakesOneRecord()
    {
        string run;
        await using (var steward = await StartAsync("servicenow"))
        {
            using var ada = steward.SignIn(Ada);

            // Done there, and never answered.
            _simulation!.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = SimFaultKind.TimeoutAfterCommit, Operation = "createRecord", Count = 1 });
            run = await AskAsync(ada);
            await EventuallyAsync(() => Changes().Count == 1);
            await steward.KillAsync();
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!, Settings);
        using var later = again.SignIn(Ada);
        var approval = await MirroredAsync(later);
        _ = Assert.Single(Changes());
        await _simulation!.SubscribeAsync(SimSystem.ServiceNow, new Uri(again.Url, "/hooks/t-acme/servicenow"), Secret);
        _simulation.Decide(SimSystem.ServiceNow, new SimDecision { User = Manager, Record = Row(Change(approval))["sys_id"], Decision = "approved" });

        Assert.Equal("completed", (await later.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, _simulation.State.OktaAppsOf(Ada));
        Assert.Single(Changes());
    }

    private static Dictionary<string, string?> Settings => new() { ["Steward:Connectors:SettleDelay"] = "00:00:01" };

    private async Task<StewardProcess> StartAsync(string system)
    {
        var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, Settings);
        using var admin = steward.SignIn(_simulation!.Company.People.First(person => person.Admin).Login);
        var credentials = _simulation.Credentials;
        var isJira = system == "jira";
        using var created = await admin.PostAsJsonAsync("v1/connectors", new
        {
            name = system,
            templateId = system,
            baseUrl = (isJira ? _simulation.Jira : _simulation.ServiceNow).ToString(),
            authId = isJira ? "token" : "basic",
            fields = isJira
                ? new Dictionary<string, string> { ["site"] = "acme.atlassian.example", ["username"] = credentials.JiraEmail }
                : new Dictionary<string, string> { ["host"] = "acme.service-now.example", ["username"] = credentials.ServiceNowUser },
            secrets = new { password = isJira ? credentials.JiraApiToken : credentials.ServiceNowPassword, webhookSecret = Secret },
            operations = isJira ? JiraOperations : ServiceNowOperations,
        });
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        var mirror = isJira ? "{ instance: jira, kind: jira_transition, settings: { project: IT, issueType: Approval } }" : "{ instance: servicenow, kind: servicenow_approval }";
        using var published = await admin.PutAsJsonAsync("v1/approval-rules", new
        {
            text = $"version: 1\nrules:\n  - name: applications\n    when: action = 'okta.apps.assign'\n    then: {{ levels: [{{ name: Manager, approvers: [manager of requester] }}], fallback: [role:admin], mirror: {mirror} }}\n",
        });
        Assert.True(published.StatusCode == HttpStatusCode.OK, await published.Content.ReadAsStringAsync());
        Assert.Null(await _simulation.SubscribeAsync(isJira ? SimSystem.Jira : SimSystem.ServiceNow, new Uri(steward.Url, $"/hooks/t-acme/{system}"), Secret));

        // Servers know of rules and connectors within seconds.
        await Task.Delay(TimeSpan.FromSeconds(3));
        return steward;
    }

    private static async Task<string> AskAsync(HttpClient client) => await client.SubmitAsync(await client.OpenSessionAsync(), "I need access to Figma");

    /// <summary>Waits until the record is there and its people are asked in it.</summary>
    private static async Task<JsonElement> MirroredAsync(HttpClient client)
    {
        JsonElement found = default;
        await EventuallyAsync(async () =>
        {
            var list = (await JsonAsync(client, "v1/approvals?view=requested")).GetProperty("approvals");
            if (list.GetArrayLength() == 0)
            {
                return false;
            }

            found = await JsonAsync(client, $"v1/approvals/{Id(list[0])}");
            return found.TryGetProperty("mirror", out var mirror) && mirror.ValueKind == JsonValueKind.Object && mirror.GetProperty("status").GetString() == "open" && mirror.TryGetProperty("nextAt", out var next) && next.GetDateTimeOffset() > DateTimeOffset.UtcNow;
        });
        return found;
    }

    private List<IReadOnlyDictionary<string, string>> Changes() => [.. _simulation!.State.ServiceNowTable("change_request").Where(row => row["correlation_id"].StartsWith("steward-", StringComparison.Ordinal))];

    private IReadOnlyDictionary<string, string> Change(JsonElement approval) => Changes().Single(row => row["correlation_id"] == "steward-" + Id(approval));

    private IReadOnlyDictionary<string, string> Row(IReadOnlyDictionary<string, string> change) => _simulation!.State.ServiceNowTable("sysapproval_approver").Single(row => row["sysapproval"] == change["sys_id"]);

    private JsonObject Issue(string key) => _simulation!.State.JiraIssues().Single(issue => issue["key"]!.GetValue<string>() == key);

    private static string Id(JsonElement approval) => approval.GetProperty("approvalId").GetString()!;

    private static async Task<JsonElement> JsonAsync(HttpClient client, string address) => await client.GetFromJsonAsync<JsonElement>(address);

    private static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "It did not come to pass within a minute.");
            await Task.Delay(100);
        }
    }
}
