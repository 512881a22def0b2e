using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

public sealed class OktaTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;
    private SimClient okta = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        okta = SimClient.Okta(sim);
    }

    public async Task DisposeAsync()
    {
        okta.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task GetUser_ByLogin_HasProfileAndManager()
    {
        var ada = await okta.GetAsync("/api/v1/users/ada.lovelace@acme.example");
        var manager = await okta.GetAsync($"/api/v1/users/{ada.Body!["profile"]!["managerId"]}");

        Assert.Equal(200, ada.Status);
        Assert.Equal("Sales", (string?)ada.Body["profile"]!["department"]);
        Assert.Equal("Jonas Weber", (string?)ada.Body["profile"]!["manager"]);
        Assert.Equal("jonas.weber@acme.example", (string?)manager.Body!["profile"]!["login"]);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("SSWS", "wrong")]
    [InlineData("Bearer", "wrong")]
    public async Task AnyCall_WithoutValidToken_IsInvalidTokenError(string? scheme, string? token)
    {
        using var client = new SimClient(sim.Okta, scheme is null ? null : new AuthenticationHeaderValue(scheme, token));

        var answer = await client.GetAsync("/api/v1/users");

        Assert.Equal(401, answer.Status);
        Assert.Equal("E0000011", (string?)answer.Body!["errorCode"]);
        Assert.Equal("E0000011", (string?)answer.Body["errorLink"]);
        Assert.NotEqual("", (string?)answer.Body["errorId"]);
        Assert.Empty(answer.Body["errorCauses"]!.AsArray());
    }

    [Fact]
    public async Task ListUsers_FollowingNextLinks_GivesEverybodyOnceButTheDeprovisioned()
    {
        var logins = new List<string>();
        var pages = 0;
        for (var url = "/api/v1/users?limit=25"; url is not null; pages++)
        {
            var page = await okta.GetAsync(url);
            logins.AddRange(page.Array.Select(u => (string)u!["profile"]!["login"]!));
            url = page.Link("next");
        }

        Assert.Equal(3, pages);
        Assert.Equal(59, logins.Distinct().Count());
        Assert.Equal(59, logins.Count);
    }

    [Theory]
    [InlineData("search", "profile.department eq \"Sales\" and profile.city eq \"berlin\"", 7)]
    [InlineData("search", "status eq \"LOCKED_OUT\"", 3)]
    [InlineData("search", "profile.title sw \"help desk\" or (profile.lastName eq \"Petrov\" and not (status eq \"SUSPENDED\"))", 5)]
    [InlineData("search", "profile.managerId pr and profile.department eq \"Executive\"", 5)]
    [InlineData("filter", "status eq \"DEPROVISIONED\"", 1)]
    [InlineData("filter", "profile.firstName eq \"Anna\"", 2)]
    [InlineData("q", "anna", 2)]
    public async Task ListUsers_WithCriteria_GivesTheMatches(string parameter, string expression, int count)
    {
        var answer = await okta.GetAsync($"/api/v1/users?{parameter}={Uri.EscapeDataString(expression)}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(count, answer.Array.Count);
    }

    [Theory]
    [InlineData("search", "status eq")]
    [InlineData("search", "(status eq \"ACTIVE\"")]
    [InlineData("search", "status like \"ACTIVE\"")]
    [InlineData("filter", "profile.department eq \"Sales\"")]
    [InlineData("filter", "profile.login sw \"ada\"")]
    public async Task ListUsers_WithBadCriteria_IsInvalidSearchError(string parameter, string expression)
    {
        var answer = await okta.GetAsync($"/api/v1/users?{parameter}={Uri.EscapeDataString(expression)}");

        Assert.Equal(400, answer.Status);
        Assert.Equal("E0000031", (string?)answer.Body!["errorCode"]);
    }

    [Fact]
    public async Task ResetPassword_SendingMail_MailsTheUserAndShowsInTheLog()
    {
        var ada = await okta.GetAsync("/api/v1/users/ada.lovelace@acme.example");
        var id = (string)ada.Body!["id"]!;

        var reset = await okta.PostAsync($"/api/v1/users/{id}/lifecycle/reset_password?sendEmail=true");
        var log = await okta.GetAsync($"/api/v1/logs?filter={Uri.EscapeDataString($"eventType eq \"user.account.reset_password\" and target.id eq \"{id}\"")}");

        Assert.Equal(200, reset.Status);
        Assert.Empty(reset.Body!.AsObject());
        Assert.Equal("ada.lovelace@acme.example", Assert.Single(sim.State.Mail).To);
        Assert.Equal("RECOVERY", (string?)sim.State.OktaUser("ada.lovelace")!["status"]);
        var entry = Assert.Single(log.Array)!;
        Assert.Equal("SUCCESS", (string?)entry["outcome"]!["result"]);
        Assert.Equal(id, (string?)entry["target"]![0]!["id"]);
        Assert.True(Assert.Single(sim.Calls, c => c.Operation == "resetPassword").Effect);
    }

    [Fact]
    public async Task ResetPassword_WithoutMail_GivesTheLinkToTheCaller()
    {
        var reset = await okta.PostAsync("/api/v1/users/ada.lovelace@acme.example/lifecycle/reset_password?sendEmail=false");

        Assert.StartsWith(sim.Okta + "reset_password/", (string?)reset.Body!["resetPasswordUrl"], StringComparison.Ordinal);
        Assert.Empty(sim.State.Mail);
    }

    [Theory]
    [InlineData("lukas.braun")]
    [InlineData("hugo.petit")]
    [InlineData("kavya.menon")]
    public async Task ResetPassword_OfUserWhoIsNotActive_IsRefusedWithoutEffect(string login)
    {
        var reset = await okta.PostAsync($"/api/v1/users/{login}/lifecycle/reset_password?sendEmail=true");

        Assert.Equal(403, reset.Status);
        Assert.Equal("E0000038", (string?)reset.Body!["errorCode"]);
        Assert.Empty(sim.State.Mail);
        Assert.False(Assert.Single(sim.Calls).Effect);
    }

    [Fact]
    public async Task Unlock_OfLockedUser_MakesThemActiveOnceThenRefuses()
    {
        var first = await okta.PostAsync("/api/v1/users/lukas.braun@acme.example/lifecycle/unlock");
        var second = await okta.PostAsync("/api/v1/users/lukas.braun@acme.example/lifecycle/unlock");

        Assert.Equal(200, first.Status);
        Assert.Equal("ACTIVE", (string?)sim.State.OktaUser("lukas.braun")!["status"]);
        Assert.Equal(403, second.Status);
        Assert.Equal("E0000032", (string?)second.Body!["errorCode"]);
    }

    [Fact]
    public async Task Suspend_ThenUnsuspend_GoesThereAndBack()
    {
        Assert.Equal(200, (await okta.PostAsync("/api/v1/users/ada.lovelace/lifecycle/suspend")).Status);
        Assert.Equal("SUSPENDED", (string?)sim.State.OktaUser("ada.lovelace")!["status"]);
        Assert.Equal(200, (await okta.PostAsync("/api/v1/users/ada.lovelace/lifecycle/unsuspend")).Status);
        Assert.Equal("E0000001", (string?)(await okta.PostAsync("/api/v1/users/ada.lovelace/lifecycle/unsuspend")).Body!["errorCode"]);
    }

    [Fact]
    public async Task GroupMembership_PutTwiceAndDelete_ChangesOncePerDirection()
    {
        var group = (string)(await okta.GetAsync("/api/v1/groups?q=Web")).Array.Single()!["id"]!;
        var ada = (string)sim.State.OktaUser("ada.lovelace")!["id"]!;

        Assert.Equal(204, (await okta.SendAsync(HttpMethod.Put, $"/api/v1/groups/{group}/users/{ada}")).Status);
        Assert.Equal(204, (await okta.SendAsync(HttpMethod.Put, $"/api/v1/groups/{group}/users/{ada}")).Status);
        Assert.Contains("Web Team", sim.State.OktaGroupsOf("ada.lovelace"));
        Assert.Contains((await okta.GetAsync($"/api/v1/groups/{group}/users")).Array, u => (string?)u!["id"] == ada);
        Assert.Equal(204, (await okta.SendAsync(HttpMethod.Delete, $"/api/v1/groups/{group}/users/{ada}")).Status);
        Assert.DoesNotContain("Web Team", sim.State.OktaGroupsOf("ada.lovelace"));
        Assert.Equal([true, false, true], sim.Calls.Where(c => c.Operation.Contains("UserToGroup", StringComparison.Ordinal) || c.Operation == "unassignUserFromGroup").Select(c => c.Effect));
    }

    [Fact]
    public async Task AssignApp_ToUser_ShowsInAppLinks()
    {
        var apps = await okta.GetAsync("/api/v1/apps?q=Figma");
        var app = apps.Array.Single()!;
        var id = (string)sim.State.OktaUser("ada.lovelace")!["id"]!;

        var assigned = await okta.PostAsync($"/api/v1/apps/{app["id"]}/users", new JsonObject { ["id"] = id, ["scope"] = "USER" });
        var links = await okta.GetAsync($"/api/v1/users/{id}/appLinks");

        Assert.Equal(200, assigned.Status);
        Assert.Equal("ada.lovelace@acme.example", (string?)assigned.Body!["credentials"]!["userName"]);
        Assert.Contains(links.Array, l => (string?)l!["label"] == "Figma");
        Assert.False((bool)app["profile"]!["requiresApproval"]!);
    }

    [Fact]
    public async Task Logs_PollingWithNextLink_EndsWithAnEmptyPage()
    {
        await okta.PostAsync("/api/v1/users/ada.lovelace/lifecycle/suspend");
        await okta.PostAsync("/api/v1/users/ada.lovelace/lifecycle/unsuspend");

        var first = await okta.GetAsync("/api/v1/logs?limit=1");
        var second = await okta.GetAsync(first.Link("next")!);
        var third = await okta.GetAsync(second.Link("next")!);

        Assert.Equal("user.lifecycle.suspend", (string?)first.Array.Single()!["eventType"]);
        Assert.Equal("user.lifecycle.unsuspend", (string?)second.Array.Single()!["eventType"]);
        Assert.Empty(third.Array);
        Assert.NotNull(third.Link("next"));
    }

    [Theory]
    [InlineData("GET", "/api/v1/users/nobody@acme.example", 404, "E0000007")]
    [InlineData("GET", "/api/v1/nothing", 404, "E0000008")]
    [InlineData("POST", "/api/v1/users/ada.lovelace/lifecycle/reset_password", 400, "E0000001")]
    [InlineData("GET", "/api/v1/users?limit=x", 400, "E0000001")]
    public async Task BadCall_Answers_InTheProductsForm(string method, string path, int status, string code)
    {
        var answer = await okta.SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, answer.Status);
        Assert.Equal(code, (string?)answer.Body!["errorCode"]);
    }

    [Fact]
    public async Task RateLimit_WhenReached_Answers429WithTheProductsHeaders()
    {
        await using var limited = await EnterpriseSimulation.StartAsync(new() { Limits = new() { OktaPerMinute = 2 } });
        using var client = SimClient.Okta(limited);

        var first = await client.GetAsync("/api/v1/users/ada.lovelace");
        await client.GetAsync("/api/v1/users/ada.lovelace");
        var third = await client.GetAsync("/api/v1/users/ada.lovelace");

        Assert.Equal(("2", "1"), (first.Header("X-Rate-Limit-Limit"), first.Header("X-Rate-Limit-Remaining")));
        Assert.Equal(429, third.Status);
        Assert.Equal("E0000047", (string?)third.Body!["errorCode"]);
        Assert.Equal("0", third.Header("X-Rate-Limit-Remaining"));
        Assert.InRange(long.Parse(third.Header("X-Rate-Limit-Reset"), System.Globalization.CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 1, 61);
    }
}
