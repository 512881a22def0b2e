namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Every operation of the template for Okta against the simulated Okta.</summary>
public sealed class OktaContractTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task EveryOperation_OfTheTemplate_EndsAsInTheProduct()
    {
        using var okta = new Product("okta", "token", sim.Okta, new Dictionary<string, string> { ["token"] = sim.Credentials.OktaApiToken });
        var userId = (await okta.ResultAsync("users.get", new { userId = "ada.lovelace@acme.example" })).Text("id");
        Assert.Equal("not_found", await okta.FailureAsync("users.get", new { userId = "nobody@acme.example" }));
        Assert.Contains((await okta.ResultAsync("users.groups", new { userId })).Items(), g => g.Text("name") == "Sales Berlin");
        await okta.ResultAsync("users.unlock", new { userId = "lukas.braun@acme.example" });
        Assert.Equal("conflict", await okta.FailureAsync("users.unlock", new { userId }));

        var groupId = (await okta.ResultAsync("groups.find", new { text = "Web Team" })).Items().Single().Text("id");
        var joined = await okta.ResultAsync("users.create", new { firstName = "Grace", lastName = "Hopper", email = "grace.hopper@acme.example", login = "grace.hopper@acme.example", title = "Admiral", groupIds = new[] { groupId }, activate = false });
        Assert.Equal("STAGED", joined.Text("status"));
        Assert.Equal("rejected", await okta.FailureAsync("users.create", new { firstName = "Grace", lastName = "Hopper", email = "grace.hopper@acme.example", login = "grace.hopper@acme.example" }));
        await okta.ResultAsync("users.activate", new { userId = joined.Text("id") });
        Assert.Contains(sim.State.Mail, mail => mail.To == "grace.hopper@acme.example");
        await okta.ResultAsync("users.update", new { userId, title = "Sales Lead" });
        Assert.Equal("Sales Lead", (string?)sim.State.OktaUser(userId)!["profile"]!["title"]);
        await okta.ResultAsync("users.suspend", new { userId });
        await okta.ResultAsync("users.unsuspend", new { userId });
        await okta.ResultAsync("users.clear_sessions", new { userId });
        Assert.Equal(2, (await okta.ResultAsync("users.factors", new { userId })).Items().Count());
        await okta.ResultAsync("users.reset_factors", new { userId });
        Assert.Empty((await okta.ResultAsync("users.factors", new { userId })).Items());

        Assert.Contains(joined.Text("id"), (await okta.ResultAsync("groups.members", new { groupId })).Items().Select(m => m.Text("id")));
        await okta.ResultAsync("groups.add_member", new { groupId, userId });
        await okta.ResultAsync("groups.remove_member", new { groupId, userId });
        var appId = (await okta.ResultAsync("apps.find", new { text = "Figma" })).Items().Single().Text("id");
        Assert.Equal("not_found", await okta.FailureAsync("apps.user", new { appId, userId }));
        await okta.ResultAsync("apps.assign", new { appId, userId });
        Assert.Equal("ACTIVE", (await okta.ResultAsync("apps.user", new { appId, userId })).Text("status"));
        await okta.ResultAsync("apps.unassign", new { appId, userId });
        await okta.ResultAsync("users.deactivate", new { userId });
        Assert.Equal("DEPROVISIONED", (string?)sim.State.OktaUser(userId)!["status"]);
        Assert.Empty(sim.State.OktaAppsOf(userId));
        Assert.Contains((await okta.ResultAsync("logs.find", new { userId })).Items(), e => e.Text("type") == "user.mfa.factor.reset_all");
        Assert.Empty(okta.NotCalled);
    }

    [Fact]
    public async Task ServiceApp_WithASignedAssertion_GetsATokenThatExpires()
    {
        using var key = new RsaPair();
        await using var own = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Credentials = new EnterpriseSimCredentials { OktaJwtPublicKey = key.PublicPem } });
        using var anonymous = new SimClient(own.Okta, null);
        var id = own.Credentials.OktaClientId;
        Task<Answer> TokenAsync(string assertion) => anonymous.SendAsync(HttpMethod.Post, "/oauth2/v1/token", SimClient.Form(
            ("grant_type", "client_credentials"), ("scope", "okta.users.manage"), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", assertion)));
        var audience = new Uri(own.Okta, "oauth2/v1/token").ToString();

        using var other = new RsaPair();
        Assert.Equal(401, (await TokenAsync(other.Sign(id, id, audience))).Status);
        var token = await TokenAsync(key.Sign(id, id, audience));
        using var okta = new SimClient(own.Okta, new("Bearer", (string)token.Body!["access_token"]!));
        Assert.Equal(200, (await okta.GetAsync("/api/v1/groups")).Status);
        own.ExpireTokens(SimSystem.Okta);
        Assert.Equal((401, "E0000011"), ((await okta.GetAsync("/api/v1/groups")).Status, (string?)(await okta.GetAsync("/api/v1/groups")).Body!["errorCode"]));
    }
}
