using Steward.Engines.Notifications;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.People;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>Tickets of other systems come to triage, and what was decided goes back once, whatever happens between.</summary>
public sealed class TicketIntakeTests : IAsyncLifetime
{
    // One for each test: what a test lets fail opens the connector's breaker, which the next one would find open.
    private readonly IntakeCluster cluster = new();

    private FakeTriage Triage => cluster.Triage;

    public Task InitializeAsync() => ((IAsyncLifetime)cluster).InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)cluster).DisposeAsync();

    [Fact]
    public async Task NewIncident_ClassifiedWithAllItsFields_IsAssignedWithOneNote()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident("VPN drops", ("description", "Every hour. [code]<b>x</b>[/code] password: hunter2-Secret!"), ("category", "network"), ("subcategory", "vpn"), ("cmdb_ci", "Berlin VPN gateway"));

        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        var seen = Triage.Seen.Single(ticket => ticket.Id == $"servicenow:{id}");
        Assert.Equal(("VPN drops", "Network", "VPN", "Berlin VPN gateway", "5 - Planning"), (seen.ShortDescription, seen.Category, seen.Subcategory, seen.ConfigurationItem, seen.Priority));
        Assert.NotNull(seen.Department);
        Assert.NotNull(seen.Location);
        Assert.NotNull(seen.OpenedAt);
        Assert.Equal("Network", cluster.GroupOf(id));
        var note = cluster.Incident(id)["work_notes"];
        Assert.Contains("Steward triage: assigned to Network (97 %).\nAlso possible: Hardware (2 %).\nWhat speaks for it: vpn, category Network.", note, StringComparison.Ordinal);
        Assert.Equal("", cluster.Incident(id)["comments"]);
    }

    [Fact]
    public async Task SameIncident_ToldSeveralTimes_IsWrittenOnce()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();

        await Task.WhenAll(cluster.TellIncidentAsync(id), cluster.TellIncidentAsync(id), cluster.TellIncidentAsync(id, "updated"));
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) > 0);

        Assert.Equal(1, cluster.NotesOf(id));
        Assert.Equal("1", cluster.Incident(id)["sys_mod_count"]);
    }

    [Theory]
    [InlineData(SimFaultKind.CutAfterCommit)]
    [InlineData(SimFaultKind.ServerErrorAfterCommit)]
    [InlineData(SimFaultKind.CutBeforeCommit)]
    public async Task OutcomeUnknown_IsLookedUpBeforeItIsWrittenAgain(SimFaultKind fault)
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();
        cluster.Company.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = fault, Operation = "updateRecord", Count = 1 });

        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) > 0);

        Assert.Equal(("Network", 1), (cluster.GroupOf(id), cluster.NotesOf(id)));
    }

    [Fact]
    public async Task PersonAssignsMeanwhile_TheirsStaysAndTheNoteSaysWhatSeemedRight()
    {
        var id = "";
        Triage.Decide = ticket =>
        {
            cluster.Change(id, "grace.osei", ("assignment_group", "Software"));
            return FakeTriage.Decision(ticket, "Network");
        };
        id = cluster.OpenIncident();

        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        Assert.Equal("Software", cluster.GroupOf(id));
        Assert.Contains("probably Network (97 %), not assigned.", cluster.Incident(id)["work_notes"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Network", 0.4, TriageBand.Human)]
    [InlineData("No Such Group", 0.99, TriageBand.AutoRoute)]
    public async Task NotSureOrNoSuchGroup_OnlyTheNoteIsWritten(string label, double confidence, TriageBand band)
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, label, confidence, band);
        var id = cluster.OpenIncident();

        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        Assert.Equal("", cluster.Incident(id)["assignment_group"]);
    }

    [Fact]
    public async Task Reassigned_IsALabelOfThePerson_AndSolvedByTheGroupConfirmsOnce()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var (moved, solved) = (cluster.OpenIncident("moved"), cluster.OpenIncident("solved"));
        await cluster.TellIncidentAsync(moved);
        await cluster.TellIncidentAsync(solved);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(moved) == 1 && cluster.NotesOf(solved) == 1);

        // What Steward itself wrote says nothing.
        await cluster.TellIncidentAsync(moved, "updated");
        cluster.Change(moved, "grace.osei", ("assignment_group", "Software"));
        cluster.Change(solved, "pierre.lefevre", ("state", "6"), ("close_code", "Solved (Permanently)"), ("close_notes", "Done."));
        foreach (var id in new[] { moved, moved, solved, solved })
        {
            await cluster.TellIncidentAsync(id, "updated");
        }

        await cluster.QuietAsync(condition: () => Triage.Labels.Count(label => label.TicketId.EndsWith(moved, StringComparison.Ordinal) || label.TicketId.EndsWith(solved, StringComparison.Ordinal)) >= 2);
        var reassigned = Triage.Labels.Single(label => label.TicketId == $"servicenow:{moved}");
        var confirmed = Triage.Labels.Single(label => label.TicketId == $"servicenow:{solved}");
        Assert.Equal(("Software", TriageLabelSource.Reassignment, "servicenow:grace.osei"), (reassigned.Label, reassigned.Source, reassigned.By));
        Assert.Equal(("Network", TriageLabelSource.Confirmation, "servicenow:pierre.lefevre"), (confirmed.Label, confirmed.Source, confirmed.By));
    }

    [Fact]
    public async Task Solved_SomebodySaidWhereItBelongsBefore_ConfirmsAllTheSame()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network") with { FinalLabel = "Network" };
        var id = cluster.OpenIncident("solved");
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        cluster.Change(id, "pierre.lefevre", ("state", "6"), ("close_code", "Solved (Permanently)"), ("close_notes", "Done."));
        await cluster.TellIncidentAsync(id, "updated");
        await cluster.QuietAsync(condition: () => Triage.Labels.Any(label => label.TicketId == $"servicenow:{id}"));

        Assert.Equal(TriageLabelSource.Confirmation, Triage.Labels.Single(label => label.TicketId == $"servicenow:{id}").Source);
    }

    // What the requester said is no move, and does not hide the one that an agent makes.
    [Fact]
    public async Task Reassigned_ToWhatSomebodySuggestedBefore_IsALabelOfThePerson()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);
        Triage.Suggest($"servicenow:{id}", "Software");

        cluster.Change(id, "grace.osei", ("assignment_group", "Software"));
        await cluster.TellIncidentAsync(id, "updated");
        await cluster.QuietAsync(condition: () => !Triage.Labels.IsEmpty);

        var label = Assert.Single(Triage.Labels);
        Assert.Equal(("Software", TriageLabelSource.Reassignment, "servicenow:grace.osei"), (label.Label, label.Source, label.By));
    }

    [Fact]
    public async Task Updated_SomebodySuggestedAnotherGroupBefore_IsNoReassignment()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);
        Triage.Suggest($"servicenow:{id}", "Software");

        cluster.Change(id, "grace.osei", ("category", "hardware"));
        await cluster.TellIncidentAsync(id, "updated");
        cluster.Change(id, "pierre.lefevre", ("state", "6"), ("close_code", "Solved (Permanently)"), ("close_notes", "Done."));
        await cluster.TellIncidentAsync(id, "updated");
        await cluster.QuietAsync(condition: () => !Triage.Labels.IsEmpty);

        Assert.Equal(("Network", TriageLabelSource.Confirmation), (Triage.Labels.First().Label, Triage.Labels.First().Source));
    }

    [Theory]
    [InlineData("6")]
    [InlineData("8")]
    public async Task Solved_OrCanceled_TriageIsTold(string state)
    {
        var id = cluster.OpenIncident();
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);
        Assert.Empty(Triage.Closed);

        cluster.Change(id, "pierre.lefevre", ("state", state), ("close_code", "Solved (Permanently)"), ("close_notes", "Done."));
        await cluster.TellIncidentAsync(id, "updated");
        await cluster.QuietAsync(condition: () => !Triage.Closed.IsEmpty);

        Assert.All(Triage.Closed, closed => Assert.Equal($"servicenow:{id}", closed));
    }

    [Fact]
    public async Task NewIncident_SomebodyAskedAboutItsIdBefore_IsDecidedAsItIs()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, ticket.ShortDescription == "VPN drops" ? "Network" : "Software");
        var id = cluster.OpenIncident("VPN drops");
        await Triage.Of(IntakeCluster.Tenant).Classify(new TriageTicket { Id = $"servicenow:{id}", ShortDescription = "Give me the software" });

        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        Assert.Equal("Network", cluster.GroupOf(id));
    }

    [Fact]
    public async Task Reassigned_SomebodyElseWroteLast_IsALabelOfWhoMovedIt()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        cluster.Change(id, "grace.osei", ("assignment_group", "Software"));
        cluster.Change(id, "pierre.lefevre", ("category", "hardware"));
        await cluster.TellIncidentAsync(id, "updated");
        await cluster.QuietAsync(condition: () => !Triage.Labels.IsEmpty);

        var label = Assert.Single(Triage.Labels);
        Assert.Equal(("Software", "servicenow:grace.osei"), (label.Label, label.By));
    }

    [Fact]
    public async Task Reassigned_TheAuditTableMayNotBeRead_IsALabelOfNobody()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();
        await cluster.TellIncidentAsync(id);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) == 1);

        cluster.Company.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = SimFaultKind.ErrorInSuccess, Operation = "listRecords", Count = 100 });
        cluster.Change(id, "grace.osei", ("assignment_group", "Software"));
        cluster.Change(id, "pierre.lefevre", ("category", "hardware"));
        await cluster.TellIncidentAsync(id, "updated");
        await cluster.QuietAsync(condition: () => !Triage.Labels.IsEmpty);

        var label = Assert.Single(Triage.Labels);
        Assert.Equal(("Software", "servicenow:unknown"), (label.Label, label.By));
    }

    [Fact]
    public async Task EventsOfOtherThings_AreSettledAndChangeNothing()
    {
        var before = Triage.Seen.Count;
        await cluster.TellIncidentAsync(new string('0', 32));
        await cluster.TellIncidentAsync("../../sys_user", eventId: "odd");
        await cluster.TellIncidentAsync(new string('1', 32), table: "change_request");
        await cluster.TellIncidentAsync(new string('2', 32), "deleted");
        await cluster.QuietAsync();

        Assert.Equal(before, Triage.Seen.Count);
    }

    [Fact]
    public async Task SystemDown_TheEventBecomesADeadLetterThatSaysWhy_AndReplayedItIsDone()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var id = cluster.OpenIncident();
        cluster.Company.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = SimFaultKind.ServerError, Operation = "getRecord", Count = 100 });

        await cluster.TellIncidentAsync(id, eventId: "down");
        await cluster.UntilAsync(async () => await FindLetterAsync("records:down") is not null);
        var letter = (await FindLetterAsync("records:down"))!;
        Assert.Equal(["triage"], letter.OpenFor);
        Assert.NotEqual("not settled in time", letter.Error);
        cluster.Calm();
        cluster.SignIn(IntakeCluster.Tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Hooks("servicenow").Replay(letter.Number);
        await cluster.QuietAsync(condition: () => cluster.NotesOf(id) > 0);

        Assert.Equal(("Network", 1), (cluster.GroupOf(id), cluster.NotesOf(id)));
    }

    [Fact]
    public async Task MajorIncident_IsNamedInEachTicketAndToldOnce()
    {
        cluster.SignIn(IntakeCluster.Tenant, PlatformIdentity.UserId, WellKnownRoles.System);
        var admin = new CallerIdentity { TenantId = IntakeCluster.Tenant, UserId = "u-root", Email = "root@acme.example", Roles = [WellKnownRoles.Admin] };
        await cluster.Grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(IntakeCluster.Tenant, WellKnownRoles.Admin)).Saw(admin, true);
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network") with { IncidentId = "mi-20260302-0930-0badcafe" };
        List<string> ids = [cluster.OpenIncident("down one"), cluster.OpenIncident("down two"), cluster.OpenIncident("down three")];

        foreach (var id in ids)
        {
            await cluster.TellIncidentAsync(id);
        }

        await cluster.UntilAsync(() => Task.FromResult(ids.TrueForAll(id => cluster.NotesOf(id) == 1) && !cluster.ToldNotices.Told.IsEmpty));
        Assert.All(ids, id => Assert.Contains("major incident mi-20260302-0930-0badcafe", cluster.Incident(id)["work_notes"], StringComparison.Ordinal));
        var told = Assert.Single(cluster.ToldNotices.Told, notice => notice.Kind == NoticeKinds.MajorIncident);
        Assert.Equal(("u-root", "c-servicenow"), (told.Recipient.UserId, told.SubjectId));
    }

    [Fact]
    public async Task NewIssue_GetsComponentAndOneComment_AndAPersonsChangeIsALabel()
    {
        Triage.Decide = ticket => FakeTriage.Decision(ticket, "Network");
        var key = cluster.Company.Edit(SimSystem.Jira, new SimEdit
        {
            User = "ada.lovelace",
            Values = new Dictionary<string, string> { ["project"] = "IT", ["issuetype"] = "Service Request", ["summary"] = "VPN drops", ["description"] = "Every hour" },
        });
        cluster.Company.Inject(new SimFault { System = SimSystem.Jira, Kind = SimFaultKind.CutAfterCommit, Operation = "addComment", Count = 1 });

        await cluster.TellIssueAsync(key);
        await cluster.QuietAsync("jira", () => Comments(key) > 0);
        Assert.Equal(("Network", 1), (Component(key), Comments(key)));
        Assert.DoesNotContain(cluster.Issue(key)["fields"]!["comment"]!["comments"]!.AsArray(), comment => comment!["jsdPublic"]!.GetValue<bool>());
        cluster.Company.Edit(SimSystem.Jira, new SimEdit { User = "grace.osei", Record = key, Values = new Dictionary<string, string> { ["component"] = "Software" } });
        await cluster.TellIssueAsync(key, "jira:issue_updated");
        await cluster.TellIssueAsync(key, "jira:issue_updated");
        await cluster.QuietAsync("jira", () => !Triage.Labels.IsEmpty && Triage.Labels.Any(label => label.TicketId == $"jira:{key}"));

        var label = Triage.Labels.Single(one => one.TicketId == $"jira:{key}");
        Assert.Equal(("Software", TriageLabelSource.Reassignment), (label.Label, label.Source));
        Assert.Equal(1, Comments(key));
    }

    private async Task<Steward.Connectors.HookDeadLetter?> FindLetterAsync(string eventId)
    {
        cluster.SignIn(IntakeCluster.Tenant, "u-root", WellKnownRoles.Admin);
        return (await cluster.Hooks("servicenow").ListDeadLetters(0, 100)).Letters.FirstOrDefault(letter => letter.EventId == eventId);
    }

    private string Component(string key) => cluster.Issue(key)["fields"]!["components"]!.AsArray() is [{ } only] ? only["name"]!.GetValue<string>() : "";

    private int Comments(string key) => cluster.Issue(key)["fields"]!["comment"]!["comments"]!.AsArray().Count(comment => comment!.ToJsonString().Contains("Steward triage:", StringComparison.Ordinal));
}
