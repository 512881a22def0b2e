using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>An employee asks for an application, the manager is told in Slack and clicks, Okta has it, or not: processes, HTTP and signed clicks as in a company.</summary>
public sealed class ApprovalStoryTests : ApprovalStory
{
    [Fact]
    public async Task Application_ApprovedByOneAndRejectedForAnother_OnlyTheFirstHasIt()
    {
        await using var steward = await StartAsync();
        using var ada = steward.SignIn(Ada);
        using var lukas = steward.SignIn(Lukas);
        using var manager = steward.SignIn(Manager);
        var first = await AskAsync(ada);
        var shown = await UntilToldAsync(Manager, "Ada");
        Assert.DoesNotContain(ApplicationKey, Simulation.State.OktaAppsOf(Ada));

        // The same click five times, and the same decision over the API, all at once.
        var clicks = Enumerable.Range(0, 5).Select(_ => ClickAsync(Manager, shown, approve: true)).ToList();
        var approval = await ApprovalOfAsync(ada);
        using var decided = await manager.PostAsJsonAsync($"v1/approvals/{Id(approval)}/decide", new { decision = "approve", subjectHash = approval.GetProperty("subjectHash").GetString() });
        var answers = await Task.WhenAll(clicks);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(HttpStatusCode.OK, decided.StatusCode);
        Assert.Equal("completed", (await ada.WaitForRunAsync(first, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
        Assert.Single(Simulation.Calls, call => call is { Operation: "assignUserToApplication", Effect: true });
        Assert.Equal(1, (await JsonAsync(manager, $"v1/approvals/{Id(approval)}")).GetProperty("levels")[0].GetProperty("votes").GetArrayLength());

        // The message says so on every copy, and has no buttons any more; whoever asked is told.
        await EventuallyAsync(() => Message(Manager, shown)["text"]!.GetValue<string>().StartsWith("Approved", StringComparison.Ordinal) && Buttons(Message(Manager, shown)).Count == 0);
        await EventuallyAsync(() => Simulation.MessagesTo(SimSystem.Slack, Ada).Any(message => message["text"]!.GetValue<string>().StartsWith("Approved", StringComparison.Ordinal)));

        var second = await AskAsync(lukas);
        var other = await UntilToldAsync(Manager, "Lukas");
        var rejected = await ClickAsync(Manager, other, approve: false);
        var ended = await lukas.WaitForRunAsync(second, Conversations.HasEnded);

        Assert.Equal(200, rejected.Status);
        Assert.Contains("not approved", ended.GetProperty("answer").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ApplicationKey, Simulation.State.OktaAppsOf(Lukas));

        // An old button, pressed again: already decided.
        await ClickAsync(Manager, shown, approve: false);
        await EventuallyAsync(() => Simulation.State.SlackEphemerals.Any(told => told.Text.Contains("already", StringComparison.OrdinalIgnoreCase)));
        Assert.Contains(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
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
        using var content = new FormUrlEncodedContent([new("payload", JsonSerializer.Serialize(new { type = "block_actions", user = new { id = Simulation.State.SlackUser(Manager) } }))]);
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
            Simulation.Inject(new SimFault { System = SimSystem.Slack, Kind = SimFaultKind.ServerError, Count = 1000 });
            var approval = await ApprovalOfAsync(ada);
            using var decided = await manager.PostAsJsonAsync($"v1/approvals/{Id(approval)}/decide", new { decision = "approve", subjectHash = approval.GetProperty("subjectHash").GetString() });
            Assert.Equal(HttpStatusCode.OK, decided.StatusCode);
            await steward.KillAsync();
        }

        Simulation.ClearFaults();
        await using var again = await StartAgainAsync();
        using var later = again.SignIn(Ada);

        Assert.Equal("completed", (await later.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
        Assert.Single(Simulation.Calls, call => call is { Operation: "assignUserToApplication", Effect: true });
        await EventuallyAsync(() => Buttons(Message(Manager, shown)).Count == 0);
        await EventuallyAsync(() => Simulation.MessagesTo(SimSystem.Slack, Ada).Count(message => message["text"]!.GetValue<string>().StartsWith("Approved", StringComparison.Ordinal)) == 1);
    }

    [Fact]
    public async Task Manager_OutOfOffice_TheManagersManagerDecidesForThem()
    {
        await using var steward = await StartAsync();
        using var admin = SignInAsAdmin(steward);
        using var ada = steward.SignIn(Ada);
        using var created = await admin.PostAsJsonAsync("v1/connectors", new
        {
            name = "entra",
            templateId = "entra-id",
            baseUrl = new Uri(Simulation.Graph, "v1.0").ToString(),
            authId = "app",
            fields = new { directoryId = Simulation.Credentials.GraphDirectoryId, clientId = Simulation.Credentials.GraphClientId },
            secrets = new { clientSecret = Simulation.Credentials.GraphClientSecret },
            operations = new[] { "organization.get", "users.find", "users.get", "users.out_of_office" },
        });
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        await PutAwayAsync("jonas.weber@acme.example");
        var company = Simulation.Company;
        var boss = company.ManagerOf(company.People.Single(person => person.Login == Manager))!.Login;

        var run = await AskAsync(ada);
        var shown = await UntilToldAsync(boss, "Ada");
        var approval = Id(await ApprovalOfAsync(ada));
        await ClickAsync(boss, shown, approve: true);

        Assert.Equal("completed", (await ada.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
        var vote = (await JsonAsync(ada, $"v1/approvals/{approval}")).GetProperty("levels")[0].GetProperty("votes")[0];
        Assert.Equal("jonas.weber@acme.example", vote.GetProperty("for").GetString());
    }

    [Fact]
    public async Task Manager_DelegatesWhileARequestWaits_TheDelegateIsToldAndDecides()
    {
        const string Delegate = "felix.hoffmann";
        await using var steward = await StartAsync();
        using var ada = steward.SignIn(Ada);
        using var manager = steward.SignIn(Manager);
        var run = await AskAsync(ada);
        await UntilToldAsync(Manager, "Ada");

        var now = DateTimeOffset.UtcNow;
        using var delegated = await manager.PostAsJsonAsync("v1/delegations", new { delegationId = "away", to = "felix.hoffmann@acme.example", begins = now.AddHours(-1), ends = now.AddDays(2) });
        Assert.Equal(HttpStatusCode.Created, delegated.StatusCode);
        var shown = await UntilToldAsync(Delegate, "Ada");
        await ClickAsync(Delegate, shown, approve: true);

        Assert.Equal("completed", (await ada.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Contains(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
    }

    private async Task PutAwayAsync(string email)
    {
        using var graph = new HttpClient { BaseAddress = Simulation.Graph };
        graph.DefaultRequestHeaders.Add("X-Sim-Token", Simulation.Credentials.ControlToken);
        using var put = await graph.PostAsJsonAsync("__sim/absences", new { email, from = DateTimeOffset.UtcNow.AddDays(-1), until = DateTimeOffset.UtcNow.AddDays(5) });
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
    }
}
