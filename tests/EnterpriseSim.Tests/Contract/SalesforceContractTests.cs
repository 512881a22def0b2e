namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the template for Salesforce against the simulated Salesforce.</summary>
public sealed class SalesforceContractTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task EveryOperation_OfTheTemplate_EndsAsInTheProduct()
    {
        using var anonymous = new SimClient(sim.Salesforce, null);
        var token = await anonymous.SendAsync(HttpMethod.Post, "/services/oauth2/token", SimClient.Form(
            ("grant_type", "client_credentials"), ("client_id", sim.Credentials.SalesforceClientId), ("client_secret", sim.Credentials.SalesforceClientSecret)));
        using var salesforce = new Product("salesforce", "client_credentials", sim.Salesforce, new Dictionary<string, string> { ["access_token"] = (string)token.Body!["access_token"]! }, new Dictionary<string, string> { ["domain"] = "acme.my.salesforce.example" });

        Assert.NotEqual("0", (await salesforce.ResultAsync("limits.get")).Text("dailyRemaining"));
        Assert.Equal("Lone Star Energy", (await salesforce.ResultAsync("accounts.find", new { name = "lone" })).Items().Single().Text("name"));
        var found = (await salesforce.ResultAsync("cases.find", new { accountName = "Brauhaus", isClosed = false })).Items().First();
        var id = found.Text("id");
        Assert.Equal(id, (await salesforce.ResultAsync("cases.get", new { caseNumber = found.Text("caseNumber") })).Text("id"));
        Assert.Equal("not_found", await salesforce.FailureAsync("cases.get", new { caseNumber = "99999999" }));
        await salesforce.ResultAsync("cases.update", new { id, status = "Working", priority = "High" });
        Assert.Equal("invalid_argument", await salesforce.FailureAsync("cases.update", new { id, status = "Nonsense" }));
        await salesforce.ResultAsync("cases.comment", new { id, comment = "We are on it.", isPublic = true });
        var comment = (await salesforce.ResultAsync("cases.comments", new { id })).Items().Single();
        Assert.Equal(("We are on it.", "Steward Integration"), (comment.Text("text"), comment.Text("author")));
        Assert.Equal(2, (await salesforce.ResultAsync("opportunities.find", new { accountName = "Lone Star" })).Items().Count());
        var user = (await salesforce.ResultAsync("users.find", new { email = "lukas.braun@acme.example" })).Items().Single();
        Assert.Equal(("Standard User", "Sales"), (user.Text("profile"), user.Text("role")));
        var login = await salesforce.ResultAsync("users.login", new { userId = user.Text("id") });
        Assert.Equal("True", login.Text("isPasswordLocked"));
        await salesforce.ResultAsync("users.set_login", new { loginId = login.Text("id"), isPasswordLocked = false });
        Assert.Equal("False", (await salesforce.ResultAsync("users.login", new { userId = user.Text("id") })).Text("isPasswordLocked"));
        var set = (await salesforce.ResultAsync("permission_sets.find", new { text = "Export" })).Items().Single().Text("id");
        var assignment = (await salesforce.ResultAsync("permission_sets.assign", new { userId = user.Text("id"), permissionSetId = set })).Text("id");
        Assert.Equal("conflict", await salesforce.FailureAsync("permission_sets.assign", new { userId = user.Text("id"), permissionSetId = set }));
        Assert.Equal(assignment, (await salesforce.ResultAsync("permission_sets.of_user", new { userId = user.Text("id") })).Items().Single().Text("id"));
        await salesforce.ResultAsync("permission_sets.unassign", new { assignmentId = assignment });
        Assert.Equal("not_found", await salesforce.FailureAsync("permission_sets.unassign", new { assignmentId = assignment }));
        Assert.Empty(salesforce.NotCalled);

        sim.ExpireTokens(SimSystem.Salesforce);
        Assert.Equal("unauthenticated", await salesforce.FailureAsync("limits.get"));
    }
}
