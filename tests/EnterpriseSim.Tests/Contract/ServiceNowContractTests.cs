namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the template for ServiceNow against the simulated ServiceNow.</summary>
public sealed class ServiceNowContractTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    /// <summary>What a person opens is assigned with a note in one change, and read with all that tells where it belongs.</summary>
    private async Task AssertRoutingAsync(Product now, string groupId)
    {
        var id = sim.Edit(SimSystem.ServiceNow, new SimEdit { User = "ada.lovelace", Values = new Dictionary<string, string> { ["short_description"] = "VPN drops", ["cmdb_ci"] = "Berlin VPN gateway", ["category"] = "network" } });
        var read = await now.ResultAsync("incidents.read", new { id });
        Assert.Equal(("VPN drops", "Network", "Berlin VPN gateway", "ada.lovelace", "0"), (read.Text("shortDescription"), read.Text("category"), read.Text("configurationItem"), read.Text("updatedBy"), read.Text("changes")));
        var routed = await now.ResultAsync("incidents.route", new { id, groupId, note = "Steward triage: assigned to Network." });
        Assert.Equal(("Network", "1"), (routed.Text("group"), routed.Text("changes")));
        Assert.Contains("Steward triage: assigned to Network.", (await now.ResultAsync("incidents.read", new { id })).Text("notes"), StringComparison.Ordinal);
        var moved = (await now.ResultAsync("incidents.history", new { id, column = "assignment_group" })).Items().Single();
        Assert.Equal((groupId, "1"), (moved.Text("to"), moved.Text("changes")));
        Assert.Equal("not_found", await now.FailureAsync("incidents.read", new { id = new string('0', 32) }));
        Assert.Throws<ArgumentException>(() => sim.Edit(SimSystem.ServiceNow, new SimEdit { User = "ada.lovelace", Record = id, Values = new Dictionary<string, string> { ["state"] = "6" } }));
    }

    [Fact]
    public async Task EveryOperation_OfTheTemplate_EndsAsInTheProduct()
    {
        using var now = new Product("servicenow", "api_key", sim.ServiceNow, new Dictionary<string, string> { ["key"] = sim.Credentials.ServiceNowApiKey }, new Dictionary<string, string> { ["host"] = "acme.service-now.example" });
        var ada = (await now.ResultAsync("users.find", new { email = "ada.lovelace@acme.example" })).Items().Single().Text("id");
        var found = (await now.ResultAsync("incidents.find", new { active = true })).Items().First();
        var id = sim.State.ServiceNowTable("incident").First(i => i["number"] == found.Text("number"))["sys_id"];
        Assert.Equal(found.Text("shortDescription"), (await now.ResultAsync("incidents.get", new { number = found.Text("number") })).Text("shortDescription"));
        Assert.Equal("not_found", await now.FailureAsync("incidents.get", new { number = "INC9999999" }));
        var groupId = (await now.ResultAsync("groups.find", new { text = "Network" })).Items().Single().Text("id");
        Assert.Equal(2, (await now.ResultAsync("groups.members", new { groupId })).Items().Count());
        Assert.Equal("Network", (await now.ResultAsync("incidents.assign", new { id, groupId })).Text("assignmentGroup"));
        Assert.Equal("not_found", await now.FailureAsync("incidents.assign", new { id = new string('0', 32), groupId }));
        await AssertRoutingAsync(now, groupId);
        Assert.Equal("Resolved", (await now.ResultAsync("incidents.resolve", new { id, closeNotes = "Replaced the cable." })).Text("state"));
        Assert.Equal("In Progress", (await now.ResultAsync("incidents.reopen", new { id, workNote = "Still broken." })).Text("state"));

        var item = (await now.ResultAsync("catalog.find", new { text = "Salesforce" })).Items().Single();
        Assert.Equal("True", item.Text("approvalRequired"));
        Assert.Equal("justification", (await now.ResultAsync("catalog.item", new { itemId = item.Text("id") })).GetProperty("variables")[0].Text("name"));
        Assert.NotEqual("", await now.FailureAsync("catalog.order", new { itemId = item.Text("id"), requestedFor = ada }));
        var order = await now.ResultAsync("catalog.order", new { itemId = item.Text("id"), requestedFor = ada, variables = new { justification = "New account" } });
        var line = await now.ResultAsync("requests.get", new { number = order.Text("number") });
        Assert.Equal(("requested", "Ada Lovelace"), (line.Text("approval"), line.Text("requestedFor")));
        var approval = (await now.ResultAsync("approvals.find", new { email = "felix.hoffmann@acme.example" })).Items().Single().Text("id");
        Assert.Equal("requested", (await now.ResultAsync("approvals.get", new { id = approval })).Text("state"));
        await now.ResultAsync("approvals.decide", new { id = approval, decision = "approved", comment = "Fine" });
        Assert.Equal("approved", (await now.ResultAsync("requests.get", new { number = order.Text("number") })).Text("approval"));
        Assert.Empty((await now.ResultAsync("approvals.find", new { email = "felix.hoffmann@acme.example" })).Items());

        var article = (await now.ResultAsync("knowledge.search", new { text = "VPN" })).Items().First();
        Assert.Contains("gateway", (await now.ResultAsync("knowledge.get", new { id = article.Text("number") })).Text("content"), StringComparison.Ordinal);
        Assert.Equal("not_found", await now.FailureAsync("knowledge.get", new { id = "KB9999999" }));
        Assert.Equal("New", (await now.ResultAsync("changes.create", new { shortDescription = "Patch the gateway", description = "Tonight" })).Text("state"));
        Assert.Equal(2, (await now.ResultAsync("changes.find", new { active = true })).Items().Count());
        await AssertRecordsWithApprovalsAsync(now, ada);
        Assert.Empty(now.NotCalled);
    }

    /// <summary>A record of another system, the approvals that hang on it, and who decided them.</summary>
    private async Task AssertRecordsWithApprovalsAsync(Product now, string ada)
    {
        const string table = "change_request";
        var made = await now.ResultAsync("records.create", new { table, title = "Approval: Salesforce", description = "For Ada", correlationId = "steward-a-1" });
        var (id, number) = (made.Text("id"), made.Text("number"));
        Assert.Equal(id, (await now.ResultAsync("records.find", new { table, correlationId = "steward-a-1" })).Items().Single().Text("id"));
        Assert.Empty((await now.ResultAsync("records.find", new { table, correlationId = "steward-a-2" })).Items());
        Assert.Equal((number, "requested"), ((await now.ResultAsync("records.get", new { table, id })).Text("number"), (await now.ResultAsync("records.get", new { table, id })).Text("approval")));
        Assert.Equal("not_found", await now.FailureAsync("records.get", new { table, id = new string('0', 32) }));

        var row = (await now.ResultAsync("approvers.add", new { table, documentId = id, approverId = ada })).Text("id");
        sim.Decide(SimSystem.ServiceNow, new SimDecision { User = "ada.lovelace", Record = row, Decision = "approved", Comment = "Fine" });
        var listed = (await now.ResultAsync("approvers.list", new { documentId = id })).Items().Single();
        Assert.Equal(
            (row, id, "ada.lovelace@acme.example", "approved", "ada.lovelace", "1"),
            (listed.Text("id"), listed.Text("documentId"), listed.Text("approver"), listed.Text("state"), listed.Text("changedBy"), listed.Text("changes")));
        Assert.Equal("ada.lovelace@acme.example", (await now.ResultAsync("users.named", new { userName = "ada.lovelace" })).Items().Single().Text("email"));
        await now.ResultAsync("approvers.set", new { id = row, state = "requested", comment = "Not so fast" });
        var comments = (await now.ResultAsync("approvals.get", new { id = row })).Text("comments");
        Assert.True(comments.IndexOf("Not so fast", StringComparison.Ordinal) < comments.IndexOf("Ada Lovelace (comments)", StringComparison.Ordinal), "A journal has its newest entry first, with who wrote it.");
        Assert.Equal("rejected", (await now.ResultAsync("records.settle", new { table, id, approval = "rejected", state = "4", comment = "No" })).Text("approval"));
        Assert.Throws<ArgumentException>(() => sim.Decide(SimSystem.ServiceNow, new SimDecision { User = "nobody", Record = row, Decision = "approved" }));
        Assert.Throws<ArgumentException>(() => sim.Decide(SimSystem.Okta, new SimDecision { User = "ada.lovelace", Record = row, Decision = "approved" }));
    }
}
