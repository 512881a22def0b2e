using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

public sealed class ServiceNowTests : IAsyncLifetime
{
    private const string Incidents = "/api/now/table/incident";
    private EnterpriseSimulation sim = null!;
    private SimClient serviceNow = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        serviceNow = SimClient.ServiceNow(sim);
    }

    public async Task DisposeAsync()
    {
        serviceNow.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task Create_WithFields_GivesNumberPriorityReferencesAndLocation()
    {
        var answer = await serviceNow.PostAsync(Incidents, new JsonObject
        {
            ["short_description"] = "VPN is down in the Berlin office",
            ["category"] = "network",
            ["subcategory"] = "vpn",
            ["impact"] = "2",
            ["urgency"] = 1,
            ["caller_id"] = "ada.lovelace",
            ["assignment_group"] = "Network",
            ["no_such_column"] = "ignored",
        });

        var result = answer.Body!["result"]!;
        Assert.Equal(201, answer.Status);
        Assert.Matches("^INC[0-9]{7}$", (string)result["number"]!);
        Assert.Equal("2", (string?)result["priority"]);
        Assert.Equal("1", (string?)result["state"]);
        Assert.Null(result["no_such_column"]);
        Assert.EndsWith($"/api/now/table/incident/{result["sys_id"]}", answer.Header("Location"), StringComparison.Ordinal);
        var caller = await serviceNow.GetAsync((string)result["caller_id"]!["link"]!);
        Assert.Equal("ada.lovelace@acme.example", (string?)caller.Body!["result"]!["email"]);
        Assert.Equal((string?)caller.Body["result"]!["sys_id"], (string?)result["caller_id"]!["value"]);
    }

    [Fact]
    public async Task Create_WithCorrelationId_IsFoundByIt()
    {
        var correlation = "r-1/step-2";
        await serviceNow.PostAsync(Incidents, new JsonObject { ["short_description"] = "x", ["correlation_id"] = correlation });

        var found = await serviceNow.GetAsync($"{Incidents}?sysparm_query={Uri.EscapeDataString($"correlation_id={correlation}")}&sysparm_fields=number,correlation_id");

        var record = Assert.Single(found.Body!["result"]!.AsArray())!;
        Assert.Equal(["number", "correlation_id"], record.AsObject().Select(p => p.Key));
        Assert.Equal(correlation, (string?)record["correlation_id"]);
    }

    [Fact]
    public async Task Create_SentTwice_MakesTwoRecordsBecauseThereIsNoIdempotencyKey()
    {
        var body = new JsonObject { ["short_description"] = "x", ["correlation_id"] = "same" };

        await serviceNow.PostAsync(Incidents, body);
        await serviceNow.PostAsync(Incidents, body);

        Assert.Equal(2, sim.State.ServiceNowTable("incident").Count(r => r["correlation_id"] == "same"));
    }

    [Fact]
    public async Task List_ByCorrelationId_FollowsChangesAndDeletions()
    {
        var created = await serviceNow.PostAsync(Incidents, new JsonObject { ["short_description"] = "x", ["correlation_id"] = "Before" });
        var url = $"{Incidents}/{created.Body!["result"]!["sys_id"]}";
        async Task<int> CountAsync(string id) => (await serviceNow.GetAsync($"{Incidents}?sysparm_query=correlation_id={id}^state=1")).Body!["result"]!.AsArray().Count;

        Assert.Equal((1, 0), (await CountAsync("before"), await CountAsync("after")));
        await serviceNow.SendAsync(HttpMethod.Patch, url, SimClient.Json(new JsonObject { ["correlation_id"] = "after" }));
        Assert.Equal((0, 1), (await CountAsync("before"), await CountAsync("after")));
        await serviceNow.SendAsync(HttpMethod.Delete, url);
        Assert.Equal(0, await CountAsync("after"));
    }

    [Theory]
    [InlineData("category=network^subcategory=vpn", 2)]
    [InlineData("categoryINnetwork,database", 7)]
    [InlineData("state=6^ORstate=7^ORstate=8", 6)]
    [InlineData("active=false^state!=8", 3)]
    [InlineData("short_descriptionLIKEpassword", 2)]
    [InlineData("short_descriptionSTARTSWITHvpn^state<6", 1)]
    [InlineData("priority<=2", 3)]
    [InlineData("caller_id.email=ada.lovelace@acme.example", 1)]
    [InlineData("assigned_toISEMPTY^category=hardware", 2)]
    [InlineData("category=database^NQcategory=software^state=1", 4)]
    [InlineData("no_such_column=1^category=database", 2)]
    [InlineData("opened_at>2000-01-01 00:00:00", 25)]
    public async Task List_WithEncodedQuery_GivesTheMatches(string query, int count)
    {
        var answer = await serviceNow.GetAsync($"{Incidents}?sysparm_query={Uri.EscapeDataString(query)}");

        Assert.Equal(count, answer.Body!["result"]!.AsArray().Count);
        Assert.Equal(count.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Header("X-Total-Count"));
    }

    [Theory]
    [InlineData("sys_created_on>javascript:gs.daysAgo(1)")]
    [InlineData("number~INC")]
    public async Task List_WithRefusedQuery_IsBadRequest(string query)
    {
        var answer = await serviceNow.GetAsync($"{Incidents}?sysparm_query={Uri.EscapeDataString(query)}");

        Assert.Equal(400, answer.Status);
        Assert.Equal("failure", (string?)answer.Body!["status"]);
        Assert.NotNull(answer.Body["error"]!["message"]);
    }

    [Fact]
    public async Task List_FollowingNextLinks_GivesEveryRecordOnceInOrder()
    {
        var numbers = new List<string>();
        var first = $"{Incidents}?sysparm_query=ORDERBYDESCnumber&sysparm_limit=10&sysparm_fields=number";
        string? last = null;
        for (var url = first; url is not null;)
        {
            var page = await serviceNow.GetAsync(url);
            numbers.AddRange(page.Body!["result"]!.AsArray().Select(r => (string)r!["number"]!));
            last ??= page.Link("last");
            url = page.Link("next");
        }

        Assert.Equal(25, numbers.Count);
        Assert.Equal(numbers.OrderDescending(StringComparer.Ordinal), numbers);
        Assert.Contains("sysparm_offset=20", last, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sysparm_display_value=true", "\"Network\"")]
    [InlineData("sysparm_display_value=true&sysparm_exclude_reference_link=true", "\"Network\"")]
    [InlineData("sysparm_display_value=all", "{\"display_value\":\"Network\",\"value\":\"network\"}")]
    [InlineData("sysparm_display_value=false", "\"network\"")]
    public async Task List_WithDisplayValue_ShowsLabels(string parameters, string category)
    {
        var answer = await serviceNow.GetAsync($"{Incidents}?sysparm_query=subcategory=dhcp&{parameters}");

        var record = answer.Body!["result"]![0]!;
        Assert.Equal(category, record["category"]!.ToJsonString());
        var caller = record["caller_id"]!;
        Assert.Equal(!parameters.Contains("exclude", StringComparison.Ordinal), caller is JsonObject o && o.ContainsKey("link"));
        Assert.Equal(parameters.Contains("=true", StringComparison.Ordinal) || parameters.Contains("all", StringComparison.Ordinal), caller.ToJsonString().Contains("Peter Novotny", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fields_ThroughReferences_AreResolved()
    {
        var answer = await serviceNow.GetAsync("/api/now/table/sys_user?sysparm_query=user_name=ada.lovelace&sysparm_fields=name,manager.email,department.name");

        var record = answer.Body!["result"]![0]!;
        Assert.Equal("jonas.weber@acme.example", (string?)record["manager.email"]);
        Assert.Equal("Sales", (string?)record["department.name"]);
    }

    [Fact]
    public async Task Update_ResolvingWithoutNotes_IsRefusedByDataPolicyAndChangesNothing()
    {
        var record = (await serviceNow.GetAsync($"{Incidents}?sysparm_query=state=1&sysparm_limit=1")).Body!["result"]![0]!;
        var url = $"{Incidents}/{record["sys_id"]}";

        var refused = await serviceNow.SendAsync(HttpMethod.Patch, url, SimClient.Json(new JsonObject { ["state"] = "6" }));
        var unchanged = await serviceNow.GetAsync(url);
        var accepted = await serviceNow.SendAsync(HttpMethod.Patch, url, SimClient.Json(new JsonObject
        {
            ["state"] = "6", ["close_code"] = "Solved (Permanently)", ["close_notes"] = "done",
        }));

        Assert.Equal(403, refused.Status);
        Assert.Equal("1", (string?)unchanged.Body!["result"]!["state"]);
        Assert.Equal(200, accepted.Status);
        Assert.NotEqual("", (string?)accepted.Body!["result"]!["resolved_at"]);
        Assert.Equal("1", (string?)accepted.Body["result"]!["sys_mod_count"]);
    }

    [Fact]
    public async Task Delete_ThenGet_IsNotFoundInTheProductsForm()
    {
        var record = (await serviceNow.GetAsync($"{Incidents}?sysparm_limit=1")).Body!["result"]![0]!;
        var url = $"{Incidents}/{record["sys_id"]}";

        Assert.Equal(204, (await serviceNow.SendAsync(HttpMethod.Delete, url)).Status);
        var gone = await serviceNow.GetAsync(url);

        Assert.Equal(404, gone.Status);
        Assert.Equal("No Record found", (string?)gone.Body!["error"]!["message"]);
    }

    [Fact]
    public async Task RequestItem_ForApplicationThatNeedsApproval_WaitsForIt()
    {
        async Task<string?> ApprovalOfAsync(string item) => (string?)(await serviceNow.PostAsync("/api/now/table/sc_req_item", new JsonObject
        {
            ["cat_item"] = item, ["requested_for"] = "ada.lovelace@acme.example",
        })).Body!["result"]!["approval"];

        Assert.Equal("requested", await ApprovalOfAsync("Access to Tableau"));
        Assert.Equal("not requested", await ApprovalOfAsync("Access to Figma"));
    }

    [Fact]
    public async Task OAuth_PasswordThenRefresh_GivesWorkingTokensWithoutRecordingSecrets()
    {
        var c = sim.Credentials;
        using var anonymous = new SimClient(sim.ServiceNow, null);
        var token = await anonymous.SendAsync(HttpMethod.Post, "/oauth_token.do", SimClient.Form(
            ("grant_type", "password"), ("client_id", c.ServiceNowClientId), ("client_secret", c.ServiceNowClientSecret),
            ("username", c.ServiceNowUser), ("password", c.ServiceNowPassword)));
        var refreshed = await anonymous.SendAsync(HttpMethod.Post, "/oauth_token.do", SimClient.Form(
            ("grant_type", "refresh_token"), ("client_id", c.ServiceNowClientId), ("client_secret", c.ServiceNowClientSecret),
            ("refresh_token", (string)token.Body!["refresh_token"]!)));
        using var bearer = new SimClient(sim.ServiceNow, new AuthenticationHeaderValue("Bearer", (string)refreshed.Body!["access_token"]!));

        Assert.Equal(1799, (int)token.Body["expires_in"]!);
        Assert.Equal(200, (await bearer.GetAsync($"{Incidents}?sysparm_limit=1")).Status);
        Assert.DoesNotContain(sim.Calls, call => call.Body.Contains(c.ServiceNowPassword, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OAuth_AfterTheTokensLife_IsNotAuthenticated()
    {
        var clock = new ManualTime();
        await using var timed = await EnterpriseSimulation.StartAsync(new() { Time = clock });
        using var anonymous = new SimClient(timed.ServiceNow, null);
        var token = await anonymous.SendAsync(HttpMethod.Post, "/oauth_token.do", SimClient.Form(
            ("grant_type", "client_credentials"), ("client_id", timed.Credentials.ServiceNowClientId), ("client_secret", timed.Credentials.ServiceNowClientSecret)));
        using var bearer = new SimClient(timed.ServiceNow, new AuthenticationHeaderValue("Bearer", (string)token.Body!["access_token"]!));

        Assert.Equal(200, (await bearer.GetAsync($"{Incidents}?sysparm_limit=1")).Status);
        clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(401, (await bearer.GetAsync($"{Incidents}?sysparm_limit=1")).Status);
    }

    [Fact]
    public async Task OAuth_WithWrongSecret_IsInvalidClient()
    {
        using var anonymous = new SimClient(sim.ServiceNow, null);
        var answer = await anonymous.SendAsync(HttpMethod.Post, "/oauth_token.do", SimClient.Form(
            ("grant_type", "client_credentials"), ("client_id", sim.Credentials.ServiceNowClientId), ("client_secret", "wrong")));

        Assert.Equal((401, "invalid_client"), (answer.Status, (string?)answer.Body!["error"]));
    }

    [Fact]
    public async Task AnyCall_WithWrongPassword_IsNotAuthenticatedError()
    {
        using var client = new SimClient(sim.ServiceNow, SimClient.Basic(sim.Credentials.ServiceNowUser, "wrong"));

        var answer = await client.GetAsync(Incidents);

        Assert.Equal(401, answer.Status);
        Assert.Equal("User Not Authenticated", (string?)answer.Body!["error"]!["message"]);
        Assert.StartsWith("BASIC", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownTable_IsInvalidTableError()
    {
        var answer = await serviceNow.GetAsync("/api/now/table/no_such_table");

        Assert.Equal((400, "Invalid table no_such_table"), (answer.Status, (string?)answer.Body!["error"]!["message"]));
    }

    [Fact]
    public async Task RateLimit_WhenReached_Answers429WithRetryAfter()
    {
        await using var limited = await EnterpriseSimulation.StartAsync(new() { Limits = new() { ServiceNowPerHour = 1 } });
        using var client = SimClient.ServiceNow(limited);

        Assert.Equal(200, (await client.GetAsync($"{Incidents}?sysparm_limit=1")).Status);
        var refused = await client.GetAsync($"{Incidents}?sysparm_limit=1");

        Assert.Equal(429, refused.Status);
        Assert.InRange(int.Parse(refused.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture), 1, 3600);
        Assert.Equal("1", refused.Header("X-RateLimit-Limit"));
        Assert.Equal("failure", (string?)refused.Body!["status"]);
    }
}
