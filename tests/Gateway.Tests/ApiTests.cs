using System.Net;
using System.Text.Json;
using Steward.Identity;
using Steward.Tenants;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

public class ApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task CreateSession_WithTitle_AnswersWithTheSessionAndItsAddress()
    {
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions", Json("""{"title":"VPN"}"""));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var session = await BodyOf(response);
        Assert.Equal("VPN", session.GetProperty("title").GetString());
        Assert.Equal($"/v1/sessions/{session.GetProperty("sessionId").GetString()}", response.Headers.Location?.OriginalString);
        Assert.False(session.TryGetProperty("transcript", out _));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task CreateSession_WithoutBody_MakesOne()
    {
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions", null);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task CreateSession_SameIdTwice_IsTheSameSession()
    {
        using var ada = gateway.As();

        using var first = await ada.PostAsync("/v1/sessions", Json("""{"sessionId":"s-twice","title":"first"}"""));
        using var second = await ada.PostAsync("/v1/sessions", Json("""{"sessionId":"s-twice","title":"second"}"""));

        Assert.Equal("first", (await BodyOf(second)).GetProperty("title").GetString());
    }

    [Fact]
    public async Task GetSession_LongTranscript_IsPaged()
    {
        var session = new FakeSession("s-long", "Long");
        gateway.Cluster.Sessions["t-acme/u-ada/s-long"] = session;
        for (var i = 0; i < 5; i++)
        {
            session.Add(i % 2 == 0 ? "user" : "assistant", $"text {i}");
        }

        using var ada = gateway.As();
        var seen = new List<string?>();
        long? after = 0;
        while (after is not null)
        {
            using var response = await ada.GetAsync($"/v1/sessions/s-long?after={after}&limit=2");
            var page = (await BodyOf(response)).GetProperty("transcript");
            seen.AddRange(page.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("text").GetString()));
            after = page.TryGetProperty("nextAfter", out var next) ? next.GetInt64() : null;
        }

        Assert.Equal(["text 0", "text 1", "text 2", "text 3", "text 4"], seen);
    }

    [Fact]
    public async Task SubmitMessage_PlainClient_Is202WithTheRunsAddress()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-1"] = new FakeSession("s-1", null);
        using var ada = gateway.As();

        using var response = await ada.PostAsync(
            "/v1/sessions/s-1/messages",
            Json("""{"text":"hello","operationId":"op-plain","deadline":"2026-03-01T12:00:00Z","doubleTexting":"reject"}"""));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("/v1/runs/r-op-plain", response.Headers.Location?.OriginalString);
        var body = await BodyOf(response);
        Assert.Equal("started", body.GetProperty("outcome").GetString());
        Assert.Equal("r-op-plain", body.GetProperty("runId").GetString());
        Assert.Equal("op-plain", body.GetProperty("operationId").GetString());
        Assert.Contains(("s-1", "hello", "op-plain", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), DoubleTexting.Reject), gateway.Cluster.Submitted);
    }

    [Fact]
    public async Task SubmitMessage_SameOperationTwice_IsADuplicateOfTheFirst()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-2"] = new FakeSession("s-2", null);
        using var ada = gateway.As();

        using var first = await ada.PostAsync("/v1/sessions/s-2/messages", Json("""{"text":"hello","operationId":"op-twice"}"""));
        using var second = await ada.PostAsync("/v1/sessions/s-2/messages", Json("""{"text":"hello","operationId":"op-twice"}"""));

        var again = await BodyOf(second);
        Assert.Equal("duplicate", again.GetProperty("outcome").GetString());
        Assert.Equal((await BodyOf(first)).GetProperty("runId").GetString(), again.GetProperty("runId").GetString());
    }

    [Theory]
    [InlineData("op-header", "op-header")]
    [InlineData("\"op-quoted\"", "op-quoted")]
    public async Task SubmitMessage_IdempotencyKey_IsTheOperationId(string header, string expected)
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-3"] = new FakeSession("s-3", null);
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.Add("Idempotency-Key", header);

        using var response = await ada.PostAsync("/v1/sessions/s-3/messages", Json("""{"text":"hello"}"""));

        Assert.Equal(expected, (await BodyOf(response)).GetProperty("operationId").GetString());
    }

    [Fact]
    public async Task SubmitMessage_HeaderAndBodyDisagree_IsRefused()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-4"] = new FakeSession("s-4", null);
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.Add("Idempotency-Key", "one");

        using var response = await ada.PostAsync("/v1/sessions/s-4/messages", Json("""{"text":"hello","operationId":"two"}"""));

        await AssertProblem(response, 400, "invalid_argument", "operationId");
    }

    [Fact]
    public async Task SubmitMessage_BusySession_Is409AndMayBeRetried()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-5"] = new FakeSession("s-5", null);
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions/s-5/messages", Json("""{"text":"busy"}"""));

        var problem = await AssertProblem(response, 409, "busy");
        Assert.True(problem.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task GetRun_OwnRun_ShowsStateAnswerAndUsage()
    {
        gateway.Cluster.AddRun("r-own", session: "s-9").End();
        using var ada = gateway.As();

        using var response = await ada.GetAsync("/v1/runs/r-own");

        var run = await BodyOf(response);
        Assert.Equal("completed", run.GetProperty("state").GetString());
        Assert.Equal("s-9", run.GetProperty("sessionId").GetString());
        Assert.Equal("Done.", run.GetProperty("answer").GetString());
        Assert.Equal(0.5m, run.GetProperty("usage").GetProperty("costUsd").GetDecimal());
        Assert.False(run.TryGetProperty("errorCode", out _));
    }

    [Theory]
    [InlineData("u-eve", "t-acme")]
    [InlineData("u-ada", "t-other")]
    public async Task RunAndSession_OfSomebodyElse_AreNotFound(string user, string tenant)
    {
        gateway.Cluster.AddRun("r-private");
        gateway.Cluster.Sessions["t-acme/u-ada/s-private"] = new FakeSession("s-private", null);
        using var stranger = gateway.As(user, tenant);

        foreach (var path in new[] { "/v1/runs/r-private", "/v1/runs/r-private/events", "/v1/sessions/s-private" })
        {
            using var response = await stranger.GetAsync(path);
            await AssertProblem(response, 404, "not_found");
        }

        using var cancel = await stranger.PostAsync("/v1/runs/r-private/cancel", null);
        await AssertProblem(cancel, 404, "not_found");
        using var submit = await stranger.PostAsync("/v1/sessions/s-private/messages", Json("""{"text":"hello"}"""));
        await AssertProblem(submit, 404, "not_found");
        Assert.Null(gateway.Cluster.Runs["t-acme/r-private"].CancelReason);
    }

    [Fact]
    public async Task CancelRun_LiveRun_Is202AndNotesTheReason()
    {
        var run = gateway.Cluster.AddRun("r-cancel");
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/runs/r-cancel/cancel", Json("""{"reason":"no longer needed"}"""));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("no longer needed", run.CancelReason);
        Assert.Equal("running", (await BodyOf(response)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task CancelRun_EndedRunWithoutBody_Is200()
    {
        gateway.Cluster.AddRun("r-over").End();
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/runs/r-over/cancel", null);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Me_KnownCaller_SaysWhoItIs()
    {
        using var ada = gateway.As();

        var me = await BodyOf(await ada.GetAsync("/v1/me"));

        Assert.Equal("t-acme", me.GetProperty("tenantId").GetString());
        Assert.Equal("u-ada", me.GetProperty("userId").GetString());
        Assert.Equal("ada@acme.example", me.GetProperty("email").GetString());
    }

    [Fact]
    public async Task Request_ClusterUnavailable_Is503WithRetryAfter()
    {
        gateway.Cluster.AddRun("r-away");
        using var ada = gateway.As("u-away");
        gateway.Cluster.FailNext = new Errors.StewardException("unavailable", "The cluster cannot be reached now.") { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(4.2), OutcomeUnknown = true };

        using var response = await ada.GetAsync("/v1/runs/r-away");

        var problem = await AssertProblem(response, 503, "unavailable");
        Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter?.Delta);
        Assert.Equal(4.2, problem.GetProperty("retryAfter").GetDouble());
        Assert.True(problem.GetProperty("outcomeUnknown").GetBoolean());
    }

    [Fact]
    public async Task Request_Defect_Is500WithoutDetails()
    {
        using var ada = gateway.As("u-defect");
        gateway.Cluster.FailNext = new InvalidOperationException("Host=db;Password=hunter2");

        using var response = await ada.GetAsync("/v1/runs/r-defect");

        await AssertProblem(response, 500, "internal");
        Assert.DoesNotContain("hunter2", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callers_Tokens_NeverCarryThePlatformRole()
    {
        using var ada = gateway.As("u-mallory");
        ada.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Token("u-mallory", "t-acme", "employee", WellKnownRoles.System));

        using var response = await ada.GetAsync("/v1/me");

        if (response.StatusCode == HttpStatusCode.OK)
        {
            Assert.DoesNotContain(WellKnownRoles.System, (await BodyOf(response)).GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        }

        Assert.DoesNotContain(gateway.Cluster.Callers, caller => caller.Roles.Contains(WellKnownRoles.System));
    }
}
