using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>What an administrator's flow in Salesforce and orchestration in Workday send.</summary>
public sealed class FlowEventTests : IAsyncLifetime
{
    private readonly RsaPair key = new();
    private EnterpriseSimulation sim = null!;
    private EventReceiver receiver = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Credentials = new EnterpriseSimCredentials { WorkdayJwtPublicKey = key.PublicPem } });
        receiver = new EventReceiver();
    }

    public async Task DisposeAsync()
    {
        await receiver.DisposeAsync();
        await sim.DisposeAsync();
        key.Dispose();
    }

    [Fact]
    public async Task Salesforce_CaseCreatedChangedAndDeleted_IsToldOnceEachWithTheToken()
    {
        Assert.NotNull(await sim.SubscribeAsync(SimSystem.Salesforce, receiver.Url));
        Assert.Null(await sim.SubscribeAsync(SimSystem.Salesforce, receiver.Url, "s3cret"));
        using var anonymous = new SimClient(sim.Salesforce, null);
        var token = await anonymous.SendAsync(HttpMethod.Post, "/services/oauth2/token", SimClient.Form(
            ("grant_type", "client_credentials"), ("client_id", sim.Credentials.SalesforceClientId), ("client_secret", sim.Credentials.SalesforceClientSecret)));
        using var salesforce = new SimClient(sim.Salesforce, new("Bearer", (string)token.Body!["access_token"]!));
        receiver.Status = 500;

        var id = (string)(await salesforce.PostAsync("/services/data/v62.0/sobjects/Case", new JsonObject { ["Subject"] = "No heat" })).Body!["id"]!;
        await salesforce.SendAsync(HttpMethod.Patch, $"/services/data/v62.0/sobjects/Case/{id}", SimClient.Json(new JsonObject { ["Status"] = "Working" }));

        // What no flow looks at is not told.
        await salesforce.PostAsync("/services/data/v62.0/sobjects/Account", new JsonObject { ["Name"] = "Nobody" });
        await salesforce.SendAsync(HttpMethod.Delete, $"/services/data/v62.0/sobjects/Case/{id}");
        var told = await receiver.WaitAsync(3);

        Assert.All(told, one => Assert.Equal("s3cret", one.Headers["X-Webhook-Token"]));
        var bodies = told.Select(one => JsonNode.Parse(one.Body)!).ToList();
        Assert.Equal(["Case.created", "Case.updated", "Case.deleted"], bodies.Select(body => (string?)body["type"]));
        Assert.All(bodies, body => Assert.Equal(id, (string?)body["record"]!["Id"]));
        Assert.Equal(["New", "Working"], bodies.Take(2).Select(body => (string?)body["record"]!["Status"]));
        Assert.Equal(3, bodies.Select(body => (string?)body["id"]).Distinct().Count());
        Assert.All(sim.Events, sent => Assert.Equal((1, 500), (sent.Attempt, sent.Status)));
    }

    [Fact]
    public async Task Workday_TimeOffRequestedAndApproved_IsToldWithUserAndPassword()
    {
        Assert.NotNull(await sim.SubscribeAsync(SimSystem.Workday, receiver.Url, "no-password"));
        Assert.Null(await sim.SubscribeAsync(SimSystem.Workday, receiver.Url, "steward:pass:word"));
        using var anonymous = new SimClient(sim.Workday, null);
        var token = await anonymous.SendAsync(HttpMethod.Post, "/ccx/oauth2/acme/token", SimClient.Form(
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", key.Sign(sim.Credentials.WorkdayClientId, "ISU_Steward", "wd"))));
        using var workday = new SimClient(sim.Workday, new("Bearer", (string)token.Body!["access_token"]!));
        var worker = sim.State.WorkdayWorker(sim.Company.Find("ada.lovelace")!);
        var manager = sim.State.WorkdayWorker(sim.Company.Find("jonas.weber")!);
        var types = await workday.GetAsync($"/ccx/api/absenceManagement/v1/acme/workers/{worker}/eligibleAbsenceTypes");

        await workday.PostAsync($"/ccx/api/absenceManagement/v1/acme/workers/{worker}/requestTimeOff", new JsonObject
        {
            ["days"] = new JsonArray(new JsonObject { ["date"] = "2027-03-03", ["dailyQuantity"] = "1", ["timeOffType"] = new JsonObject { ["id"] = (string?)types.Body!["data"]![0]!["id"] } }),
        });
        var tasks = (await workday.GetAsync($"/ccx/api/v1/acme/workers/{manager}/inboxTasks")).Body!["data"]!.AsArray();
        var task = (string)tasks.First(one => ((string)one!["descriptor"]!).Contains("Ada Lovelace", StringComparison.Ordinal))!["id"]!;
        await workday.PostAsync($"/ccx/api/v1/acme/inboxTasks/{task}/approval", new JsonObject { ["comment"] = "Enjoy" });
        var told = await receiver.WaitAsync(2);

        Assert.All(told, one => Assert.Equal($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("steward:pass:word"))}", one.Headers["Authorization"]));
        var bodies = told.Select(one => JsonNode.Parse(one.Body)!).ToList();
        Assert.Equal(
            [("timeOff.requested", "In Progress"), ("timeOff.approved", "Successfully Completed")],
            bodies.Select(body => ((string)body["type"]!, (string)body["timeOff"]!["status"]!)));
        Assert.All(bodies, body => Assert.Equal((worker, "Ada Lovelace", "2027-03-03"), ((string?)body["worker"]!["id"], (string?)body["worker"]!["descriptor"], (string?)body["timeOff"]!["date"])));
    }
}
