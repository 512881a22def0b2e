using System.Globalization;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>Limits, tokens and planned faults of the systems that came later.</summary>
public sealed class DialectTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;
    private SimClient slack = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Limits = new EnterpriseSimLimits { SlackPerChannelSecond = 1 } });
        slack = new SimClient(sim.Slack, new("Bearer", sim.Credentials.SlackBotToken));
    }

    public async Task DisposeAsync()
    {
        slack.Dispose();
        await sim.DisposeAsync();
    }

    [Theory]
    [InlineData(SimRetryDialect.Product, "Retry-After", "30")]
    [InlineData(SimRetryDialect.Seconds, "Retry-After", "30")]
    [InlineData(SimRetryDialect.Delta, "RateLimit-Reset", "30")]
    [InlineData(SimRetryDialect.None, "Retry-After", "")]
    public async Task RateLimited_InADialect_HasItsHeader(SimRetryDialect dialect, string header, string value)
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.RateLimited, System = SimSystem.Slack, RetryAfterSeconds = 30, Dialect = dialect });

        var answer = await slack.GetAsync("/api/auth.test");

        Assert.Equal((429, value, "ratelimited"), (answer.Status, answer.Header(header), (string?)answer.Body!["error"]));
    }

    [Fact]
    public async Task RateLimited_WithTimesAsDates_NamesTheMoment()
    {
        foreach (var (dialect, header) in new[] { (SimRetryDialect.HttpDate, "Retry-After"), (SimRetryDialect.Iso, "X-RateLimit-Reset"), (SimRetryDialect.Epoch, "X-RateLimit-Reset") })
        {
            sim.Inject(new SimFault { Kind = SimFaultKind.RateLimited, System = SimSystem.Slack, RetryAfterSeconds = 3_600, Dialect = dialect });
            var text = (await slack.GetAsync("/api/auth.test")).Header(header);
            var moment = dialect == SimRetryDialect.Epoch ? DateTimeOffset.FromUnixTimeSeconds(long.Parse(text, CultureInfo.InvariantCulture)) : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
            Assert.InRange(moment - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(61));
        }
    }

    [Fact]
    public async Task SchemaChange_RenamesRemovesAndRetypesAField()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.SchemaChange, System = SimSystem.Slack, Field = "channels.*.name", Change = SimSchemaChange.Renamed, NewName = "title" });
        sim.Inject(new SimFault { Kind = SimFaultKind.SchemaChange, System = SimSystem.Slack, Field = "channels.*.topic", Change = SimSchemaChange.Removed });
        sim.Inject(new SimFault { Kind = SimFaultKind.SchemaChange, System = SimSystem.Slack, Field = "channels.*.num_members", Change = SimSchemaChange.Retyped });

        var renamed = (await slack.GetAsync("/api/conversations.list")).Body!["channels"]![0]!.AsObject();
        var removed = (await slack.GetAsync("/api/conversations.list")).Body!["channels"]![0]!.AsObject();
        var retyped = (await slack.GetAsync("/api/conversations.list")).Body!["channels"]![0]!.AsObject();
        var after = (await slack.GetAsync("/api/conversations.list")).Body!["channels"]![0]!.AsObject();

        Assert.Equal(("general", false), ((string?)renamed["title"], renamed.ContainsKey("name")));
        Assert.False(removed.ContainsKey("topic"));
        Assert.Equal(System.Text.Json.JsonValueKind.String, retyped["num_members"]!.GetValueKind());
        Assert.Equal(("general", true), ((string?)after["name"], after.ContainsKey("topic")));
        Assert.Throws<ArgumentOutOfRangeException>(() => sim.Inject(new SimFault { Kind = SimFaultKind.SchemaChange }));
    }

    [Fact]
    public async Task TimeoutAfterCommit_ActsAndNeverAnswers()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.TimeoutAfterCommit, System = SimSystem.Slack, Operation = "chat.postMessage" });
        var post = slack.PostAsync("/api/chat.postMessage", new JsonObject { ["channel"] = sim.State.SlackChannel("help-it"), ["text"] = "Once" });

        for (var deadline = Environment.TickCount64 + 10_000; sim.State.SlackMessages("help-it").Count < 3 && Environment.TickCount64 < deadline;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.Equal("Once", (string?)sim.State.SlackMessages("help-it")[^1]["text"]);
        Assert.False(post.IsCompleted);
        slack.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => post);
    }

    [Fact]
    public async Task Slack_SecondMessageInASecond_IsTooMuchForTheChannel()
    {
        var body = new JsonObject { ["channel"] = sim.State.SlackChannel("help-it"), ["text"] = "x" };
        var answers = new List<Answer>();
        for (var i = 0; i < 5; i++)
        {
            answers.Add(await slack.PostAsync("/api/chat.postMessage", body.DeepClone()));
        }

        Assert.Contains(answers, a => a.Status == 429 && a.Header("Retry-After") == "1");
        Assert.Equal(answers.Count(a => a.Status == 200) + 2, sim.State.SlackMessages("help-it").Count);
    }

    [Fact]
    public async Task Slack_Refusals_ComeWithStatus200()
    {
        using var anonymous = new SimClient(sim.Slack, null);
        using var wrong = new SimClient(sim.Slack, new("Bearer", "xoxb-wrong"));
        Assert.Equal((200, "not_authed"), ((await anonymous.PostAsync("/api/auth.test")).Status, (string?)(await anonymous.PostAsync("/api/auth.test")).Body!["error"]));
        Assert.Equal("invalid_auth", (string?)(await wrong.PostAsync("/api/auth.test")).Body!["error"]);
        Assert.Equal("unknown_method", (string?)(await slack.PostAsync("/api/no.such")).Body!["error"]);
        Assert.Equal("no_text", (string?)(await slack.SendAsync(HttpMethod.Post, "/api/chat.postMessage", SimClient.Form(("channel", sim.State.SlackChannel("help-it")!)))).Body!["error"]);
        Assert.Equal("invalid_cursor", (string?)(await slack.GetAsync("/api/users.list?cursor=!!")).Body!["error"]);
    }

    [Fact]
    public async Task Slack_Pages_TogetherHoldEverybodyOnce()
    {
        var seen = new List<string>();
        var cursor = "";
        do
        {
            var page = (await slack.GetAsync($"/api/users.list?limit=17&cursor={Uri.EscapeDataString(cursor)}")).Body!;
            seen.AddRange(page["members"]!.AsArray().Select(m => (string)m!["id"]!));
            cursor = (string)page["response_metadata"]!["next_cursor"]!;
        }
        while (cursor.Length > 0);

        Assert.Equal(sim.Company.People.Count + 1, seen.Distinct().Count());
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [Fact]
    public async Task Slack_RefreshToken_WorksOnce()
    {
        using var anonymous = new SimClient(sim.Slack, null);
        var page = await anonymous.GetAsync($"/oauth/v2/authorize?client_id={sim.Credentials.SlackClientId}&scope=chat:write&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&state=s");
        var code = System.Web.HttpUtility.ParseQueryString(new Uri(page.Header("Location")).Query)["code"]!;
        Task<Answer> AccessAsync(params (string, string)[] fields) => anonymous.SendAsync(
            HttpMethod.Post, "/api/oauth.v2.access", SimClient.Form([("client_id", sim.Credentials.SlackClientId), ("client_secret", sim.Credentials.SlackClientSecret), .. fields]));

        var first = (await AccessAsync(("code", code), ("redirect_uri", "http://127.0.0.1:1/"))).Body!;
        Assert.Equal(("bot", 43_200), ((string?)first["token_type"], (int)first["expires_in"]!));
        var second = (await AccessAsync(("grant_type", "refresh_token"), ("refresh_token", (string)first["refresh_token"]!))).Body!;
        using var renewed = new SimClient(sim.Slack, new("Bearer", (string)second["access_token"]!));
        Assert.True((bool)(await renewed.PostAsync("/api/auth.test")).Body!["ok"]!);
        sim.ExpireTokens(SimSystem.Slack);
        Assert.Equal("token_expired", (string?)(await renewed.PostAsync("/api/auth.test")).Body!["error"]);
        Assert.Equal("invalid_refresh_token", (string?)(await AccessAsync(("grant_type", "refresh_token"), ("refresh_token", (string)first["refresh_token"]!))).Body!["error"]);
        Assert.Equal("invalid_refresh_token", (string?)(await AccessAsync(("grant_type", "refresh_token"), ("refresh_token", (string)second["refresh_token"]!))).Body!["error"]);
    }

    [Fact]
    public async Task Graph_Login_RefusesAWrongSecretAndPagesFollowTheNextLink()
    {
        Assert.Equal(("invalid_client", 401), ((string?)(await Contract.GraphSignIn.AppAsync(sim, "wrong")).Body!["error"], (await Contract.GraphSignIn.AppAsync(sim, "wrong")).Status));
        var token = await Contract.GraphSignIn.AppAsync(sim);
        using var graph = new SimClient(sim.Graph, new("Bearer", (string)token.Body!["access_token"]!));
        var names = new List<string>();
        for (var url = "/v1.0/users?$top=25&$select=id,userPrincipalName"; url is not null;)
        {
            var page = await graph.GetAsync(url);
            names.AddRange(page.Body!["value"]!.AsArray().Select(u => (string)u!["userPrincipalName"]!));
            url = (string?)page.Body["@odata.nextLink"];
        }

        Assert.Equal(sim.Company.People.Select(p => p.Email), names);
        sim.ExpireTokens(SimSystem.Graph);
        var late = await graph.GetAsync("/v1.0/users");
        Assert.Equal((401, "InvalidAuthenticationToken"), (late.Status, (string?)late.Body!["error"]!["code"]));
        sim.Inject(new SimFault { Kind = SimFaultKind.RateLimited, System = SimSystem.Graph, RetryAfterSeconds = 17 });
        Assert.Equal("17", (await graph.GetAsync("/v1.0/users")).Header("Retry-After"));
    }

    [Fact]
    public async Task Workday_Password_OpensReportsOnly()
    {
        using var basic = new SimClient(sim.Workday, SimClient.Basic(sim.Credentials.WorkdayUser, sim.Credentials.WorkdayPassword));

        Assert.Equal(59, (await basic.GetAsync("/ccx/service/customreport2/acme/ISU_Steward/Active_Workers?format=json")).Body!["Report_Entry"]!.AsArray().Count);
        Assert.Equal(401, (await basic.GetAsync("/ccx/api/v1/acme/workers")).Status);
        Assert.Equal(404, (await basic.GetAsync("/ccx/service/customreport2/other/ISU_Steward/Active_Workers")).Status);
    }

    [Fact]
    public async Task ControlApi_SetsReceiversEventsAndTokens()
    {
        await using var receiver = new EventReceiver();
        using var control = new SimClient(sim.Slack, null);
        Task<Answer> PostAsync(string path, JsonNode? body) => control.SendAsync(HttpMethod.Post, $"/__sim/{path}", SimClient.Json(body), ("X-Sim-Token", sim.Credentials.ControlToken));

        Assert.Equal(401, (await control.PostAsync("/__sim/hooks", new JsonObject { ["url"] = receiver.Url.ToString() })).Status);
        Assert.Equal(400, (await PostAsync("hooks", new JsonObject { ["url"] = "https://hooks.slack.example/x" })).Status);
        Assert.Equal(201, (await PostAsync("hooks", new JsonObject { ["url"] = receiver.Url.ToString() })).Status);
        Assert.Equal(202, (await PostAsync("events", new JsonObject { ["type"] = "app_mention", ["content"] = new JsonObject { ["text"] = "hi" } })).Status);
        await receiver.WaitAsync(1);
        Assert.Equal(204, (await PostAsync("tokens/expire", null)).Status);
        Assert.Equal(201, (await PostAsync("faults", new JsonObject { ["kind"] = "ErrorInSuccess", ["code"] = "fatal_error" })).Status);
        Assert.Equal("fatal_error", (string?)(await slack.GetAsync("/api/auth.test")).Body!["error"]);
    }
}
