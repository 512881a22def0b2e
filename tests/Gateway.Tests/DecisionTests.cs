using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Errors;
using Steward.Runs;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Decisions, dead letters, copies, traces and run options over HTTP.</summary>
public class DecisionTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Decide_ByOneOfTheDeciders_IsHandedOnWithHashCommentAndChannel()
    {
        Asked("r-decide", "d-1");
        using var help = As("u-help", "helpdesk");

        using var listed = await help.GetAsync("/v1/runs/r-decide/decisions");
        var open = (await BodyOf(listed)).GetProperty("decisions")[0];
        using var response = await help.PostAsync("/v1/runs/r-decide/decisions/d-1", Json("""{"decision":"approve","subjectHash":"hash-1","comment":"fine"}"""));

        Assert.Equal("ada", open.GetProperty("subject").GetProperty("user").GetString());
        Assert.False(open.TryGetProperty("decision", out _));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var (userId, runId, decision) = Assert.Single(gateway.Cluster.Decided, decided => decided.RunId == "r-decide");
        Assert.Equal(("u-help", "approve", "hash-1", "fine", "api"), (userId, decision.Decision, decision.SubjectHash, decision.Comment, decision.Channel));
        Assert.Equal("r-decide", runId);
    }

    [Fact]
    public async Task Decide_Twice_TheSecondIs409()
    {
        Asked("r-twice", "d-1");
        using var help = As("u-help", "helpdesk");

        using var first = await help.PostAsync("/v1/runs/r-twice/decisions/d-1", Json("""{"decision":"approve","subjectHash":"hash-1"}"""));
        using var second = await help.PostAsync("/v1/runs/r-twice/decisions/d-1", Json("""{"decision":"reject","subjectHash":"hash-1"}"""));

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await AssertProblem(second, 409, "conflict");
    }

    [Theory]
    [InlineData("""{"decision":"approve","subjectHash":"another"}""", 409, "conflict", null)]
    [InlineData("""{"decision":"maybe","subjectHash":"hash-1"}""", 400, "invalid_argument", "decision")]
    public async Task Decide_WrongHashOrOption_IsRefused(string body, int status, string code, string? field)
    {
        Asked("r-wrong", "d-1");
        using var help = As("u-help", "helpdesk");

        using var response = await help.PostAsync("/v1/runs/r-wrong/decisions/d-1", Json(body));

        await AssertProblem(response, status, code, field);
    }

    [Fact]
    public async Task Decide_ByNobodyOfTheDeciders_Is403()
    {
        Asked("r-forbidden", "d-1");
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/runs/r-forbidden/decisions/d-1", Json("""{"decision":"approve","subjectHash":"hash-1"}"""));

        await AssertProblem(response, 403, "forbidden");
    }

    [Theory]
    [InlineData("""{"decision":"approve","subjectHash":"hash-1","by":"u-boss"}""", "by", "decision, subjectHash, comment, plan")]
    [InlineData("""{"decision":true,"subjectHash":"hash-1"}""", "decision", "must be a string")]
    [InlineData("""{"decision":"edit","subjectHash":"h","plan":{"a":1,"a":2}}""", "plan", "must not appear twice")]
    public async Task Decide_BadBody_IsRefusedByName(string body, string field, string allowed)
    {
        Asked("r-bad", "d-1");
        using var help = As("u-help", "helpdesk");

        using var response = await help.PostAsync("/v1/runs/r-bad/decisions/d-1", Json(body));

        var problem = await AssertProblem(response, 400, "invalid_argument", field);
        Assert.Contains(allowed, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetRun_ThatWaits_ShowsWhatForAndWhereItStands()
    {
        gateway.Cluster.AddRun("r-waits").Shows = status => status with
        {
            State = RunState.Waiting, Waiting = [FakeSteward.Ask("d-9", "requester").Request], WaitsFor = "Waits for you", QueuePosition = 2, Attempt = 3, Agent = "network", Background = true,
        };
        using var ada = gateway.As();

        using var response = await ada.GetAsync("/v1/runs/r-waits");

        var run = await BodyOf(response);
        Assert.Equal(("waiting", "d-9", "Waits for you", 2, 3, "network", true), (
            run.GetProperty("state").GetString(), run.GetProperty("waitingFor")[0].GetProperty("requestId").GetString(), run.GetProperty("waitsFor").GetString(),
            run.GetProperty("queuePosition").GetInt32(), run.GetProperty("attempt").GetInt32(), run.GetProperty("agent").GetString(), run.GetProperty("background").GetBoolean()));
    }

    [Fact]
    public async Task SubmitMessage_WithOptions_HandsThemOnWithTheTraceOfTheRequest()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-options"] = new FakeSession("s-options", null);
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions/s-options/messages", Json(
            """
            {"text":"hello","operationId":"op-options","doubleTexting":"roll_back","agent":"network","strategy":"plan","background":true,"continueAfterDeadline":true,"reviewPlan":true,
             "limits":{"steps":3,"modelCalls":4,"tokens":5000,"costUsd":0.25,"seconds":90.5},"webhookId":"w-1"}
            """));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(
            new RunRequestOptions
            {
                Agent = "network", Strategy = "plan", Background = true, ContinueAfterDeadline = true, ReviewPlan = true, MaxSteps = 3, MaxModelCalls = 4, MaxTokens = 5000, MaxCostUsd = 0.25m,
                MaxSeconds = 90.5, WebhookId = "w-1",
            },
            gateway.Cluster.Options["op-options"]);
    }

    [Fact]
    public async Task Fork_UpToAMessage_IsANewSessionWithItsAddress()
    {
        var source = gateway.Cluster.Sessions["t-acme/u-ada/s-source"] = new FakeSession("s-source", "Source");
        source.Add("user", "one");
        source.Add("assistant", "two");
        source.Add("user", "three");
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions/s-source/fork", Json("""{"throughSequence":2,"title":"Another way","sessionId":"s-copy"}"""));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/v1/sessions/s-copy", response.Headers.Location?.OriginalString);
        Assert.Equal("s-source", (await BodyOf(response)).GetProperty("forkedFrom").GetString());
        Assert.Equal(2, gateway.Cluster.Sessions["t-acme/u-ada/s-copy"].Messages.Count);
    }

    [Theory]
    [InlineData("""{"throughSequence":0}""", "throughSequence")]
    [InlineData("""{"throughSequence":"2"}""", "throughSequence")]
    [InlineData("""{"throughSequence":99}""", "throughSequence")]
    [InlineData("""{}""", "throughSequence")]
    [InlineData("""{"throughSequence":1,"sessionId":"S 1"}""", "sessionId")]
    [InlineData("""{"throughSequence":1,"through":1}""", "through")]
    public async Task Fork_BadInput_IsRefusedByName(string body, string field)
    {
        (gateway.Cluster.Sessions["t-acme/u-ada/s-bad"] = new FakeSession("s-bad", null)).Add("user", "one");
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions/s-bad/fork", Json(body));

        await AssertProblem(response, 400, "invalid_argument", field);
    }

    [Theory]
    [InlineData("", "false")]
    [InlineData("?prompts=true", "true")]
    public async Task Trace_OfOwnRun_IsPassedOn(string query, string prompts)
    {
        gateway.Cluster.AddRun("r-traced");
        using var ada = gateway.As();

        using var response = await ada.GetAsync("/v1/runs/r-traced/trace" + query);

        Assert.Equal($$"""{"runId":"r-traced","prompts":{{prompts}}}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Trace_OfSomebodyElse_Is404AndABadFlagIs400()
    {
        gateway.Cluster.AddRun("r-secret", user: "u-bob");
        using var ada = gateway.As();

        using var foreign = await ada.GetAsync("/v1/runs/r-secret/trace");
        using var bad = await ada.GetAsync("/v1/runs/r-secret/trace?prompts=yes");

        await AssertProblem(foreign, 404, "not_found");
        await AssertProblem(bad, 400, "invalid_argument", "prompts");
    }

    [Fact]
    public async Task DeadLetters_Admin_ListsReadsReplaysAndCloses()
    {
        foreach (var (id, sequence) in new[] { ("r-dead1", 1), ("r-dead2", 2), ("r-dead3", 3) })
        {
            gateway.Cluster.AddRun(id);
            gateway.Cluster.DeadLetters[id] = new DeadLetter { RunId = id, UserId = "u-ada", Code = "model_unavailable", StepId = "m1_1", Cause = "Down.", RequestedAt = DateTimeOffset.UnixEpoch, FailedAt = DateTimeOffset.UnixEpoch, Sequence = sequence };
        }

        using var admin = As("u-admin", "admin");
        using var page = await admin.GetAsync("/v1/dead-letters?limit=2");
        using var one = await admin.GetAsync("/v1/dead-letters/r-dead2");
        using var twice = await admin.PostAsync("/v1/dead-letters/r-dead1/replay", Json("""{"attempt":7}"""));
        using var replayed = await admin.PostAsync("/v1/dead-letters/r-dead1/replay", null);
        using var closed = await admin.PostAsync("/v1/dead-letters/r-dead2/close", Json("""{"reason":"known"}"""));

        var list = await BodyOf(page);
        Assert.Equal(["r-dead1", "r-dead2"], list.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("runId").GetString()));
        Assert.Equal((2, 3), (list.GetProperty("nextAfter").GetInt32(), list.GetProperty("depth").GetInt32()));
        Assert.Equal("model_unavailable", (await BodyOf(one)).GetProperty("code").GetString());
        await AssertProblem(twice, 409, "conflict");
        Assert.Equal((HttpStatusCode.Accepted, "/v1/runs/r-dead1", 2), (replayed.StatusCode, replayed.Headers.Location?.OriginalString, (await BodyOf(replayed)).GetProperty("attempt").GetInt32()));
        Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        Assert.Contains(("r-dead2", "closed: known"), gateway.Cluster.Settled);
    }

    [Theory]
    [InlineData("GET", "/v1/dead-letters", null)]
    [InlineData("GET", "/v1/dead-letters/r-1", null)]
    [InlineData("POST", "/v1/dead-letters/r-1/replay", null)]
    [InlineData("POST", "/v1/dead-letters/r-1/close", "{}")]
    public async Task DeadLetters_NoAdmin_Is403(string method, string path, string? body)
    {
        using var ada = gateway.As();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : Json(body) };

        using var response = await ada.SendAsync(request);

        await AssertProblem(response, 403, "forbidden");
    }

    [Theory]
    [InlineData("/v1/dead-letters?after=x", "after")]
    [InlineData("/v1/dead-letters?limit=0", "limit")]
    public async Task DeadLetters_BadPage_IsRefusedByName(string path, string field)
    {
        using var admin = As("u-admin", "admin");

        using var response = await admin.GetAsync(path);

        await AssertProblem(response, 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Client_OverHttp_DoesAllOfIt()
    {
        Asked("r-client", "d-1");
        gateway.Cluster.DeadLetters["r-client"] = new DeadLetter { RunId = "r-client", UserId = "u-ada", Code = "c", RequestedAt = DateTimeOffset.UnixEpoch, FailedAt = DateTimeOffset.UnixEpoch, Sequence = 77 };
        await using var services = HttpClientTests.Connect(gateway.Address, token: gateway.Token("u-ada", "t-acme", "helpdesk", "admin"));
        var client = services.GetRequiredService<IStewardUserClient>();
        var session = await client.CreateSessionAsync("s-client");
        gateway.Cluster.Sessions["t-acme/u-ada/s-client"].Add("user", "one");

        var copy = await client.ForkSessionAsync("s-client", 1, "s-client2", "copy");
        var submitted = await client.SubmitAsync(session.SessionId, "hello", "op-client", options: new RunRequestOptions { Agent = "network", MaxSeconds = 5 });
        var decisions = await client.GetDecisionsAsync("r-client");
        var decided = await client.DecideAsync("r-client", new MakeDecision { RequestId = "d-1", Decision = "approve", SubjectHash = decisions[0].Request.SubjectHash });
        var late = await Assert.ThrowsAsync<StewardException>(() => client.DecideAsync("r-client", new MakeDecision { RequestId = "d-1", Decision = "approve", SubjectHash = "hash-1" }));
        var letters = await client.ListDeadLettersAsync(76, 1);
        var letter = await client.GetDeadLetterAsync("r-client");
        var trace = await client.GetRunTraceAsync("r-client", includePrompts: true);
        var closed = await client.CloseDeadLetterAsync("r-client", "seen");
        var replayed = await client.ReplayRunAsync("r-client", 1);

        Assert.Equal(("s-client2", "s-client"), (copy.SessionId, copy.ForkedFrom));
        Assert.Equal("r-op-client", submitted.RunId);
        Assert.Equal(("network", 5.0), (gateway.Cluster.Options["op-client"]!.Agent, gateway.Cluster.Options["op-client"]!.MaxSeconds!.Value));
        Assert.Equal("""{"user":"ada"}""", decisions[0].Request.Subject);
        Assert.Equal("r-client", decided.RunId);
        Assert.Equal(ErrorCodes.Conflict, late.Code);
        Assert.Equal(("r-client", 77L), (Assert.Single(letters.Letters).RunId, letter.Sequence));
        Assert.Equal("""{"runId":"r-client","prompts":true}""", trace);
        Assert.Equal((1, 2), (closed.Attempt, replayed.Attempt));
    }

    private void Asked(string runId, string requestId)
    {
        gateway.Cluster.AddRun(runId);
        gateway.Cluster.Decisions[$"t-acme/{runId}"] = [FakeSteward.Ask(requestId, "role:helpdesk")];
    }

    private HttpClient As(string user, params string[] roles)
    {
        var client = gateway.As(user);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token(user, "t-acme", roles));
        return client;
    }
}
