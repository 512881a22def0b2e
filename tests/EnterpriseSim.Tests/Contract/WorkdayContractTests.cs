namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the template for Workday against the simulated Workday.</summary>
public sealed class WorkdayContractTests : IAsyncLifetime
{
    private readonly RsaPair key = new();
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Credentials = new EnterpriseSimCredentials { WorkdayJwtPublicKey = key.PublicPem } });

    public async Task DisposeAsync()
    {
        key.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task EveryOperation_OfTheTemplate_EndsAsInTheProduct()
    {
        using var client = new SimClient(sim.Workday, null);
        var token = await client.SendAsync(HttpMethod.Post, "/ccx/oauth2/acme/token", SimClient.Form(
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", key.Sign(sim.Credentials.WorkdayClientId, "ISU_Steward", "wd"))));
        using var workday = new Product("workday", "jwt", sim.Workday, new Dictionary<string, string> { ["access_token"] = (string)token.Body!["access_token"]! }, new Dictionary<string, string> { ["tenant"] = "acme" });
        var workerId = sim.State.WorkdayWorker(sim.Company.Find("ada.lovelace")!);
        var managerId = sim.State.WorkdayWorker(sim.Company.Find("jonas.weber")!);

        Assert.Equal("ISU_Steward", (await workday.ResultAsync("workers.me")).Text("name"));
        Assert.Equal(workerId, Assert.Single((await workday.ResultAsync("workers.find", new { text = "Lovelace" })).Items()).Text("id"));
        Assert.Equal("Berlin", (await workday.ResultAsync("workers.get", new { workerId })).Text("location"));
        Assert.Equal("not_found", await workday.FailureAsync("workers.get", new { workerId = new string('0', 32) }));
        Assert.Equal(6, (await workday.ResultAsync("workers.direct_reports", new { workerId = managerId })).Items().Count());
        Assert.Equal(6, (await workday.ResultAsync("workers.pay_slips", new { workerId })).Items().Count());
        Assert.Equal("24", (await workday.ResultAsync("time_off.balances", new { workerId })).First("plan", "Vacation Plan").Text("balance"));
        var typeId = (await workday.ResultAsync("time_off.types", new { workerId })).First("name", "Vacation").Text("id");
        var day = new { workerId, date = "2027-02-02", quantity = 1, typeId, comment = "A day off" };
        Assert.Equal("In Progress", (await workday.ResultAsync("time_off.request", day)).Text("status"));
        Assert.Contains(await workday.FailureAsync("time_off.request", day), new[] { "conflict", "invalid_argument" });
        Assert.Equal("In Progress", (await workday.ResultAsync("time_off.entries", new { workerId })).First("date", "2027-02-02").Text("status"));
        var inbox = await workday.ResultAsync("inbox.list", new { workerId = managerId });
        await workday.ResultAsync("inbox.approve", new { taskId = inbox.First("name", "Time Off Request: Ada Lovelace").Text("id"), comment = "Enjoy" });
        Assert.Equal("Successfully Completed", (await workday.ResultAsync("time_off.entries", new { workerId })).First("date", "2027-02-02").Text("status"));
        var other = inbox.First("name", "Expense Report: Lukas Braun").Text("id");
        await workday.ResultAsync("inbox.deny", new { taskId = other, comment = "No receipt" });
        Assert.Equal("not_found", await workday.FailureAsync("inbox.deny", new { taskId = other, comment = "No receipt" }));
        Assert.Equal("Ada Lovelace", (await workday.ResultAsync("reports.run", new { owner = "ISU_Steward", report = "Active_Workers" })).First("Employee_ID", "10008").Text("Worker"));
        Assert.Equal("not_found", await workday.FailureAsync("reports.run", new { owner = "ISU_Steward", report = "None" }));
        Assert.Equal("ada.lovelace@acme.example", (await workday.ResultAsync("wql.query", new { query = "SELECT worker, email FROM allWorkers" })).Items().Select(r => r.Text("email")).First(e => e.StartsWith("ada", StringComparison.Ordinal)));
        Assert.Equal("invalid_argument", await workday.FailureAsync("wql.query", new { query = "DROP everything" }));
        var ada = Assert.Single((await workday.ResultAsync("people.find", new { email = "ada.lovelace@acme.example" })).Items());
        Assert.Equal((workerId, "Ada Lovelace"), (ada.Text("id"), ada.Text("name")));
        var gone = sim.Company.People.First(person => person.Status == "DEPROVISIONED");
        Assert.Empty((await workday.ResultAsync("people.find", new { email = gone.Email })).Items());
        Assert.Equal(gone.Name, Assert.Single((await workday.ResultAsync("people.find_left", new { email = gone.Email })).Items()).Text("name"));
        var organizationId = (await workday.ResultAsync("workers.get", new { workerId })).Text("organizationId");
        Assert.Equal(managerId, (await workday.ResultAsync("organizations.get", new { organizationId })).Text("managerId"));
        Assert.Equal("not_found", await workday.FailureAsync("organizations.get", new { organizationId = new string('0', 32) }));
        Assert.Contains(organizationId, (await workday.ResultAsync("organizations.list")).Items().Select(item => item.Text("id")));
        Assert.Equal(6, (await workday.ResultAsync("organizations.workers", new { organizationId })).Items().Count());
        Assert.Empty(workday.NotCalled);
    }

    [Theory]
    [InlineData("x\" OR email_PrimaryWork = \"ada.lovelace@acme.example")]
    [InlineData("x\\")]
    [InlineData("x\n@acme.example")]
    public async Task PeopleFind_TextThatCouldEndTheQuerysText_IsRefusedAndNotSent(string email)
    {
        using var workday = new Product("workday", "jwt", sim.Workday, new Dictionary<string, string> { ["access_token"] = "none" }, new Dictionary<string, string> { ["tenant"] = "acme" });

        Assert.Equal("invalid_argument", await workday.FailureAsync("people.find", new { email }));
        Assert.Equal("invalid_argument", await workday.FailureAsync("people.find_left", new { email }));
        Assert.Empty(sim.Calls);
    }
}
