using System.Net;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>What time does to a request over HTTP, with the shortest times that rules know, and while no process is there to look at the clock.</summary>
public sealed class ApprovalTimeStoryTests : ApprovalStory
{
    private const string Rules = """
        version: 1
        rules:
          - name: applications
            when: action = 'okta.apps.assign'
            then: { TIMES levels: [ { name: Manager, approvers: [manager of requester] SLA } ] }
        """;

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Nobody_DecidesInTime_TheRunSaysSoAndNothingIsDone()
    {
        await using var steward = await StartAsync();
        using var ada = steward.SignIn(Ada);
        await PublishAsync(steward, Rules.Replace("TIMES", "expires: 1m,", StringComparison.Ordinal).Replace("SLA", "", StringComparison.Ordinal));
        var run = await AskAsync(ada);
        var shown = await UntilToldAsync(Manager, "Ada");
        var approval = await ApprovalOfAsync(ada);

        await Task.Delay(Shortest);
        var ended = await ada.WaitForRunAsync(run, Conversations.HasEnded);

        Assert.Contains("in time", ended.GetProperty("answer").GetString(), StringComparison.Ordinal);
        Assert.Equal("expired", (await JsonAsync(ada, $"v1/approvals/{Id(approval)}")).GetProperty("status").GetString());
        Assert.DoesNotContain(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
        await EventuallyAsync(() => Buttons(Message(Manager, shown)).Count == 0);

        // The button that is still on somebody's screen.
        await ClickAsync(Manager, shown, approve: true);
        Assert.DoesNotContain(ApplicationKey, Simulation.State.OktaAppsOf(Ada));
    }

    [Fact]
    public async Task Escalation_DueWhileDownAndKilledBeforeAnybodyIsTold_AsksTheNextOneOnce()
    {
        var company = Simulation.Company;
        var boss = company.ManagerOf(company.People.Single(person => person.Login == Manager))!.Login;
        string run;
        string approval;
        await using (var steward = await StartAsync())
        {
            using var ada = steward.SignIn(Ada);
            await PublishAsync(steward, Rules.Replace("TIMES", "", StringComparison.Ordinal).Replace("SLA", ", sla: { escalateAfter: 1m }", StringComparison.Ordinal));
            run = await AskAsync(ada);
            await UntilToldAsync(Manager, "Ada");
            approval = Id(await ApprovalOfAsync(ada));
            await steward.KillAsync();
        }

        // Its time comes while nobody is there.
        await Task.Delay(Shortest);
        Simulation.Inject(new SimFault { System = SimSystem.Slack, Kind = SimFaultKind.ServerError, Count = 100_000 });
        await using (var again = await StartAgainAsync())
        {
            using var ada = again.SignIn(Ada);
            await EventuallyAsync(async () => (await JsonAsync(ada, $"v1/approvals/{approval}")).GetProperty("status").GetString() == "escalated");
            Assert.Equal(0, AskedOf(boss));
            await again.KillAsync();
        }

        Simulation.ClearFaults();
        await using var last = await StartAgainAsync();
        using var later = last.SignIn(Ada);
        using var decider = last.SignIn(boss);
        var shown = await UntilToldAsync(boss, "Ada");
        Assert.Single(await HistoryAsync(decider, approval), type => type == "approval.escalated");
        Assert.Equal(HttpStatusCode.OK, (HttpStatusCode)(await ClickAsync(boss, shown, approve: true)).Status);

        Assert.Equal("completed", (await later.WaitForRunAsync(run, Conversations.HasEnded)).GetProperty("state").GetString());
        Assert.Single(Simulation.Calls, call => call is { Operation: "assignUserToApplication", Effect: true });
        Assert.Single(Simulation.MessagesTo(SimSystem.Slack, boss), message => message.ToJsonString().Contains("Ada", StringComparison.Ordinal));
    }
}
