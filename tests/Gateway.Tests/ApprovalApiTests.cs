using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Approvals;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Approvals, their rules and delegations over HTTP.</summary>
public class ApprovalApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly SubmitApproval Request = new()
    {
        Type = "db_access",
        Action = "db.grant",
        Arguments = """{"database":"orders","level":"production"}""",
        Summary = "Let Ada read the orders",
        Reason = "An incident.",
        Requester = new CallerIdentity { TenantId = "t-acme", UserId = "u-somebody-else" },
        Risk = "high",
        Amount = 12.5m,
        Currency = "EUR",
        Environment = "production",
        Preview = """{"rows":7}""",
        Attributes = """{"level":"production"}""",
        RequestedAt = DateTimeOffset.UnixEpoch,
        PolicyApprovers = ["user:u-somebody-else"],
    };

    private FakeApprovals Approvals => gateway.Cluster.Approvals;

    [Fact]
    public async Task Approval_Life_OverTheHttpClient()
    {
        await using var ada = Connect("u-life");
        await using var boss = Connect("u-boss");
        var mine = ada.GetRequiredService<IStewardUserClient>().Approvals;
        var bosses = boss.GetRequiredService<IStewardUserClient>().Approvals;

        var submitted = await mine.SubmitAsync(Request, "op-1");
        Assert.Equal(
            ("a-life-op-1", "u-life", "high", 12.5m, "EUR", "production", """{"rows":7}""", Request.Arguments),
            (submitted.ApprovalId, submitted.Request.Requester.UserId, submitted.Request.Risk, submitted.Request.Amount, submitted.Request.Currency, submitted.Request.Environment, submitted.Request.Preview, submitted.Request.Arguments));
        Assert.Equal(submitted.ApprovalId, (await mine.SubmitAsync(Request, "op-1")).ApprovalId);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => mine.SubmitAsync(Request with { Arguments = "{}" }, "op-1"))).Code);

        var seen = await bosses.GetAsync(submitted.ApprovalId, withDeliveries: true);
        Assert.True(seen.CanDecide);
        Assert.Equal(("payroll", "slack", "manager of ada@acme.example"), (seen.Route!.Rule, seen.Deliveries[0].Channel, seen.Levels[0].Approvers[0].Via));
        Assert.Empty((await bosses.GetAsync(submitted.ApprovalId)).Deliveries);
        Assert.Equal("approval.submitted", Assert.Single(await bosses.GetHistoryAsync(submitted.ApprovalId)).Type);
        Assert.Equal(["bob@acme.example"], (await bosses.DelegateAsync(submitted.ApprovalId, new DelegateApproval { To = "bob@acme.example" })).Levels[0].Approvers[0].Delegates);
        Assert.Equal("Fine?-c1", Assert.Single((await bosses.CommentAsync(submitted.ApprovalId, new CommentApproval { Text = "Fine?", OperationId = "-c1" })).Comments).Text);
        Assert.Equal("approved", (await bosses.DecideAsync(submitted.ApprovalId, new DecideApproval { Decision = "approve", SubjectHash = submitted.SubjectHash, Comment = "Yes" })).Status);
        Assert.True(await mine.ConsumeAsync(submitted.ApprovalId, new ConsumeApproval { SubjectHash = submitted.SubjectHash, OperationId = "first" }));
        Assert.False(await mine.ConsumeAsync(submitted.ApprovalId, new ConsumeApproval { SubjectHash = submitted.SubjectHash, OperationId = "second" }));
        Assert.Equal("cancelled", (await mine.CancelAsync((await mine.SubmitAsync(Request, "op-2")).ApprovalId, "not needed")).Status);
    }

    [Fact]
    public async Task List_EachFilter_ArrivesAsSent()
    {
        await using var services = Connect("u-lister");
        var approvals = services.GetRequiredService<IStewardUserClient>().Approvals;
        var sent = new ListApprovals { View = "decided", Statuses = ["approved", "rejected"], Type = "okta", Requester = "u-ada", RunId = "r-1", Limit = 7, After = "c&d=" };

        var page = await approvals.ListAsync(sent);

        var got = Approvals.Lists.Last(list => list.By.UserId == "u-lister").Query;
        Assert.Equal(sent with { Statuses = [] }, got with { Statuses = [] });
        Assert.Equal(sent.Statuses, got.Statuses);
        Assert.Null(page.Next);
        Assert.Equal("more", (await approvals.ListAsync(new ListApprovals())).Next);
    }

    [Fact]
    public async Task DecideMany_EachHasItsOwnHashAndItsOwnResult()
    {
        foreach (var id in new[] { "a-bulk-1", "a-bulk-2", "a-bulk-3" })
        {
            Approvals.Add(id);
        }

        Approvals.Add("a-bulk-foreign", tenant: "t-other");
        using var boss = gateway.As("u-boss");
        using var response = await boss.PostAsync("/v1/approvals/decide", Json(
            """
            {"decisions":[
              {"approvalId":"a-bulk-1","decision":"approve","subjectHash":"hash-a-bulk-1","channel":"console"},
              {"approvalId":"a-bulk-2","decision":"reject","subjectHash":"hash-of-something-else"},
              {"approvalId":"a-bulk-foreign","decision":"approve","subjectHash":"hash-a-bulk-foreign"},
              {"approvalId":"a-bulk-3","decision":"reject","subjectHash":"hash-a-bulk-3","comment":"No"}]}
            """));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var results = (await BodyOf(response)).GetProperty("results").EnumerateArray().Select(result => (
            result.GetProperty("approvalId").GetString(),
            result.TryGetProperty("approval", out var approval) ? approval.GetProperty("status").GetString() : result.GetProperty("problem").GetProperty("code").GetString()));
        Assert.Equal([("a-bulk-1", "approved"), ("a-bulk-2", "conflict"), ("a-bulk-foreign", "not_found"), ("a-bulk-3", "rejected")], results);
        Assert.Equal("pending", Approvals.Views["t-acme/a-bulk-2"].Status);
        Assert.Contains(Approvals.Votes, vote => vote is { SubjectHash: "hash-a-bulk-1", Channel: "console" });
    }

    [Fact]
    public async Task DecideMany_OverTheHttpClient_GivesErrorsWithTheirCodes()
    {
        Approvals.Add("a-many");
        await using var services = Connect("u-boss");
        var results = await services.GetRequiredService<IStewardUserClient>().Approvals.DecideAsync(
        [
            new ApprovalDecision("a-many", new DecideApproval { Decision = "approve", SubjectHash = "hash-a-many" }),
            new ApprovalDecision("a-nowhere", new DecideApproval { Decision = "approve", SubjectHash = "x" }),
        ]);

        Assert.Equal(("approved", null), (results[0].Approval!.Status, results[0].Error));
        Assert.Equal((null, ErrorCodes.NotFound), (results[1].Approval, results[1].Error!.Code));
    }

    [Fact]
    public async Task Decide_ByOthers_SaysWhyNot()
    {
        Approvals.Add("a-who");
        using var ada = gateway.As("u-ada");
        using var eve = gateway.As("u-eve");
        using var foreigner = gateway.As("u-boss", "t-other");
        using var boss = gateway.As("u-boss");
        const string Vote = """{"decision":"approve","subjectHash":"hash-a-who"}""";

        await AssertProblem(await ada.PostAsync("/v1/approvals/a-who/decide", Json(Vote)), 403, "forbidden");
        await AssertProblem(await eve.PostAsync("/v1/approvals/a-who/decide", Json(Vote)), 404, "not_found");
        await AssertProblem(await foreigner.PostAsync("/v1/approvals/a-who/decide", Json(Vote)), 404, "not_found");
        await AssertProblem(await foreigner.GetAsync("/v1/approvals/a-who"), 404, "not_found");
        await AssertProblem(await boss.PostAsync("/v1/approvals/a-who/decide", Json("""{"decision":"approve","subjectHash":"old"}""")), 409, "conflict");
        await AssertProblem(await gateway.Anonymous.PostAsync("/v1/approvals/a-who/decide", Json(Vote)), 401, "unauthenticated", "Authorization");
        Assert.Equal("pending", Approvals.Views["t-acme/a-who"].Status);
    }

    [Fact]
    public async Task Get_WithEverything_ShowsItAndDecidesNothing()
    {
        Approvals.Add("a-look", arguments: """{"name":"<img src=x onerror=alert(1)>"}""");
        using var boss = gateway.As("u-boss");

        var approval = await BodyOf(await boss.GetAsync("/v1/approvals/a-look?include=deliveries,history"));

        Assert.Equal("<img src=x onerror=alert(1)>", approval.GetProperty("arguments").GetProperty("name").GetString());
        Assert.Equal("sent", approval.GetProperty("deliveries")[0].GetProperty("delivery").GetString());
        Assert.Equal("approval.submitted", approval.GetProperty("history")[0].GetProperty("type").GetString());
        Assert.True(approval.GetProperty("canDecide").GetBoolean());
        Assert.False((await BodyOf(await boss.GetAsync("/v1/approvals/a-look"))).TryGetProperty("history", out _));
        Assert.Equal("pending", Approvals.Views["t-acme/a-look"].Status);
        await AssertProblem(await boss.GetAsync("/v1/approvals/a-look/decide"), 405, "no_such_operation");
        await AssertProblem(await boss.GetAsync("/v1/approvals/a-look?include=secrets"), 400, "invalid_argument", "include");
    }

    [Theory]
    [InlineData("", """{"type":"db","action":"a.b","summary":"x","requester":"u-boss"}""", "requester")]
    [InlineData("", """{"type":"db","action":"a.b","summary":5}""", "summary")]
    [InlineData("", """{"type":"db","action":"a.b","summary":"x","expiresAt":"soon"}""", "expiresAt")]
    [InlineData("/a-1/decide", """{"decision":"approve","subjectHash":"x","channel":"slack"}""", "channel")]
    [InlineData("/a-1/decide", """{"decision":"approve","subjectHash":"x","by":"u-boss"}""", "by")]
    [InlineData("/a-1/comments", """{"text":["x"]}""", "text")]
    [InlineData("/a-1/delegate", """{"to":"bob@acme.example","for":"x"}""", "for")]
    public async Task Post_WrongField_IsRefusedByName(string path, string body, string field)
    {
        using var ada = gateway.As("u-wrong");
        await AssertProblem(await ada.PostAsync("/v1/approvals" + path, Json(body)), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Submit_IdempotencyKey_IsTheOperationId()
    {
        using var ada = gateway.As("u-key");
        ada.DefaultRequestHeaders.Add("Idempotency-Key", "\"key-1\"");
        using var response = await ada.PostAsync("/v1/approvals", Json("""{"type":"db","action":"a.b","summary":"x"}"""));

        Assert.Equal((HttpStatusCode.Created, "/v1/approvals/a-key-key-1"), (response.StatusCode, response.Headers.Location?.ToString()));
        await AssertProblem(await ada.PostAsync("/v1/approvals", Json("""{"type":"db","action":"a.b","summary":"x","operationId":"other"}""")), 400, "invalid_argument", "operationId");
    }

    [Theory]
    [InlineData("view=everything", "view")]
    [InlineData("status=open", "status")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    public async Task List_WrongQuery_IsRefusedByName(string query, string field)
    {
        using var ada = gateway.As("u-query");
        await AssertProblem(await ada.GetAsync("/v1/approvals?" + query), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Export_AllPages_AreLinesForAdminsOnly()
    {
        Approvals.Add("a-1", tenant: "t-export");
        Approvals.Add("a-2", tenant: "t-export");
        using var admin = Admin("t-export");
        using var response = await admin.GetAsync("/v1/approvals/export?from=2026-01-01T00:00:00Z");

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["a-1", "a-2"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("approval").GetProperty("approvalId").GetString()));
        Assert.Equal("1", (await BodyOf(await admin.GetAsync("/v1/approvals/audit"))).GetProperty("next").GetString());
        using var ada = gateway.As("u-ada", "t-export");
        await AssertProblem(await ada.GetAsync("/v1/approvals/export"), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/approvals?view=all"), 403, "forbidden");
        await AssertProblem(await admin.GetAsync("/v1/approvals/export?from=yesterday"), 400, "invalid_argument", "from");
    }

    [Fact]
    public async Task Export_LaterPageFails_DoesNotLookWhole()
    {
        Approvals.Add("a-1", tenant: "t-broken");
        Approvals.Add("a-2", tenant: "t-broken");
        using var admin = Admin("t-broken");
        Approvals.BreakExport = true;
        try
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(async () => await admin.GetStringAsync("/v1/approvals/export"));
        }
        finally
        {
            Approvals.BreakExport = false;
        }
    }

    [Fact]
    public async Task Rules_Life_OverTheHttpClient()
    {
        await using var services = HttpClientTests.Connect(gateway.Address, token: gateway.Token("u-admin", "t-rules", WellKnownRoles.Admin));
        var rules = services.GetRequiredService<IStewardUserClient>().Approvals.Rules;

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => rules.GetAsync())).Code);
        Assert.Equal("rules is missing.", Assert.Single((await rules.ValidateAsync("nothing")).Errors).Message);
        Assert.Equal(1, (await rules.PublishAsync(new PublishRules { Text = "rules: []", ExpectedVersion = 0, Comment = "first" })).Version);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => rules.PublishAsync(new PublishRules { Text = "rules: []", ExpectedVersion = 0 }))).Code);
        Assert.Equal(2, (await rules.PublishAsync(new PublishRules { Text = "rules: [2]" })).Version);
        Assert.Equal((3, 1), ((await rules.RollBackAsync(1)).Version, (await rules.GetAsync()).RollsBackTo));
        Assert.Equal("rules: [2]", (await rules.GetAsync(2)).Text);
        Assert.Equal([3, 2, 1], (await rules.ListVersionsAsync()).Select(version => version.Version));
        var simulation = await rules.SimulateAsync(new SimulateRules { Text = "rules: []", Limit = 17 });
        Assert.Equal((17, "VP", 2), (simulation.Tried, simulation.Differences[0].ChainAfter, simulation.Matches[""]));
    }

    [Fact]
    public async Task Rules_ByAnEmployee_AreForbidden()
    {
        using var ada = gateway.As("u-ada");
        await AssertProblem(await ada.GetAsync("/v1/approval-rules"), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/approval-rules/versions"), 403, "forbidden");
        await AssertProblem(await ada.PutAsync("/v1/approval-rules", Json("""{"text":"rules: []"}""")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/approval-rules/validate", Json("""{"text":"rules: []"}""")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/approval-rules/simulate", Json("""{"text":"rules: []"}""")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/approval-rules/rollback", Json("""{"version":1}""")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/approval-rules/rollback", Json("""{"version":0}""")), 400, "invalid_argument", "version");
        await AssertProblem(await ada.GetAsync("/v1/approval-rules?version=x"), 400, "invalid_argument", "version");
        await AssertProblem(await ada.PostAsync("/v1/approval-rules/simulate", Json("""{"text":"rules: []","limit":9000}""")), 400, "invalid_argument", "limit");
    }

    [Fact]
    public async Task Delegations_Life_IsOfTheCallerUnlessAnAdmin()
    {
        await using var services = Connect("u-ada");
        var rules = services.GetRequiredService<IStewardUserClient>().Approvals.Rules;
        var delegation = new DelegationView { DelegationId = "holiday", From = "ada@acme.example", To = "bob@acme.example", Begins = DateTimeOffset.UnixEpoch, Ends = DateTimeOffset.UnixEpoch.AddDays(3), Types = ["okta"] };

        Assert.Equal("u-ada", (await rules.AddDelegationAsync(delegation)).By);
        Assert.Equal(["okta"], Assert.Single(await rules.ListDelegationsAsync(), one => one.DelegationId == "holiday").Types);
        await rules.RemoveDelegationAsync("holiday");
        Assert.DoesNotContain(await rules.ListDelegationsAsync(), one => one.DelegationId == "holiday");

        using var ada = gateway.As("u-ada");
        using var created = await ada.PostAsync("/v1/delegations", Json("""{"to":"bob@acme.example","begins":"2026-01-01T00:00:00Z","ends":"2026-01-08T00:00:00Z"}"""));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("ada@acme.example", (await BodyOf(created)).GetProperty("from").GetString());
        await AssertProblem(await ada.PostAsync("/v1/delegations", Json("""{"from":"boss@acme.example","to":"bob@acme.example","begins":"2026-01-01T00:00:00Z","ends":"2026-01-08T00:00:00Z"}""")), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/delegations", Json("""{"to":"bob@acme.example","ends":"2026-01-08T00:00:00Z"}""")), 400, "invalid_argument", "begins");
    }

    private HttpClient Admin(string tenant)
    {
        var client = gateway.As("u-admin", tenant);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token("u-admin", tenant, WellKnownRoles.Admin));
        return client;
    }

    private ServiceProvider Connect(string user, params string[] roles) => HttpClientTests.Connect(gateway.Address, token: gateway.Token(user, "t-acme", roles));
}
