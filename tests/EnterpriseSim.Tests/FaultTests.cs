using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

public sealed class FaultTests : IAsyncLifetime
{
    private const string Ada = "/api/v1/users/ada.lovelace";
    private EnterpriseSimulation sim = null!;
    private SimClient okta = null!;
    private SimClient serviceNow = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        okta = SimClient.Okta(sim);
        serviceNow = SimClient.ServiceNow(sim);
    }

    public async Task DisposeAsync()
    {
        okta.Dispose();
        serviceNow.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task RateLimited_ForTwoCalls_HitsExactlyThoseOfTheOperation()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.RateLimited, System = SimSystem.Okta, Operation = "getUser", Count = 2, RetryAfterSeconds = 7 });

        Assert.Equal(200, (await okta.GetAsync("/api/v1/groups")).Status);
        var hit = await okta.GetAsync(Ada);
        Assert.Equal(429, hit.Status);
        Assert.Equal("0", hit.Header("X-Rate-Limit-Remaining"));
        Assert.Equal(429, (await okta.GetAsync(Ada)).Status);
        Assert.Equal(200, (await okta.GetAsync(Ada)).Status);
        Assert.Empty(sim.PendingFaults);
    }

    [Theory]
    [InlineData(SimFaultKind.CutBeforeCommit, 0)]
    [InlineData(SimFaultKind.CutAfterCommit, 1)]
    [InlineData(SimFaultKind.CutInBody, 1)]
    public async Task Cut_DuringCreate_LosesTheAnswerAndKeepsTheRecordOnlyAfterTheCommit(SimFaultKind kind, int records)
    {
        sim.Inject(new SimFault { Kind = kind, System = SimSystem.ServiceNow, Operation = "createRecord" });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() =>
            serviceNow.PostAsync("/api/now/table/incident", new JsonObject { ["short_description"] = "x", ["correlation_id"] = "op-1" }));
        var found = await serviceNow.GetAsync("/api/now/table/incident?sysparm_query=correlation_id=op-1");

        Assert.Equal(records, found.Body!["result"]!.AsArray().Count);
        var call = Assert.Single(sim.Calls, c => c.Operation == "createRecord");
        Assert.Equal((kind, records == 1), (call.Fault!.Value, call.Effect));
    }

    [Fact]
    public async Task CutAfterCommit_OfReset_IsReconciledThroughTheLog()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.CutAfterCommit, Operation = "resetPassword" });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => okta.PostAsync($"{Ada}/lifecycle/reset_password?sendEmail=true"));
        var log = await okta.GetAsync($"/api/v1/logs?q=user.account.reset_password&since={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddMinutes(-1).ToString("o"))}");

        Assert.Equal("ada.lovelace@acme.example", (string?)log.Array.Single()!["target"]![0]!["alternateId"]);
    }

    [Fact]
    public async Task ServerError_NothingIsDone_AfterCommitItIs()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Okta, Status = 500 });
        var before = await okta.PostAsync($"{Ada}/lifecycle/suspend");
        Assert.Equal((500, "E0000009"), (before.Status, (string?)before.Body!["errorCode"]));
        Assert.Equal("ACTIVE", (string?)sim.State.OktaUser("ada.lovelace")!["status"]);

        sim.Inject(new SimFault { Kind = SimFaultKind.ServerErrorAfterCommit, System = SimSystem.Okta });
        Assert.Equal(504, (await okta.PostAsync($"{Ada}/lifecycle/suspend")).Status);
        Assert.Equal("SUSPENDED", (string?)sim.State.OktaUser("ada.lovelace")!["status"]);
    }

    [Fact]
    public async Task Slow_DelaysTheAnswer()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.Slow, DelayMilliseconds = 300 });
        var watch = Stopwatch.StartNew();

        Assert.Equal(200, (await okta.GetAsync(Ada)).Status);

        Assert.True(watch.ElapsedMilliseconds >= 290, $"The answer took {watch.ElapsedMilliseconds} ms.");
    }

    [Fact]
    public async Task ExpiredToken_Once_Answers401ThenWorks()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.ExpiredToken, System = SimSystem.ServiceNow });

        Assert.Equal(401, (await serviceNow.GetAsync("/api/now/table/incident?sysparm_limit=1")).Status);
        Assert.Equal(200, (await serviceNow.GetAsync("/api/now/table/incident?sysparm_limit=1")).Status);
    }

    [Fact]
    public async Task After_LetsCallsPassFirst()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, Operation = "getUser", After = 1 });

        Assert.Equal(200, (await okta.GetAsync(Ada)).Status);
        Assert.Equal(503, (await okta.GetAsync(Ada)).Status);
    }

    [Fact]
    public async Task ControlApi_WithoutToken_IsClosed()
    {
        Assert.Equal(401, (await okta.GetAsync("/__sim/calls")).Status);
        Assert.Equal(401, (await okta.SendAsync(HttpMethod.Post, "/__sim/faults", SimClient.Json(new JsonObject { ["kind"] = "ServerError" }))).Status);
        Assert.Empty(sim.PendingFaults);
    }

    [Fact]
    public async Task ControlApi_WithToken_PlansFaultsAndListsTheServersCalls()
    {
        var token = ("X-Sim-Token", sim.Credentials.ControlToken);
        await serviceNow.GetAsync("/api/now/table/incident?sysparm_limit=1");

        var planned = await okta.SendAsync(HttpMethod.Post, "/__sim/faults", SimClient.Json(new JsonObject { ["kind"] = "RateLimited", ["count"] = 1 }), token);
        var refused = await okta.SendAsync(HttpMethod.Post, "/__sim/faults", SimClient.Json(new JsonObject { ["kind"] = "RateLimited", ["cuont"] = 1 }), token);
        var hit = await okta.GetAsync(Ada);
        var calls = await okta.SendAsync(HttpMethod.Get, "/__sim/calls", header: token);

        Assert.Equal((201, 400, 429), (planned.Status, refused.Status, hit.Status));
        var call = Assert.Single(calls.Body!["calls"]!.AsArray())!;
        Assert.Equal(("getUser", "RateLimited"), ((string?)call["operation"], (string?)call["fault"]));
    }

    [Fact]
    public async Task Body_OverTheLimit_IsRefusedInTheProductsForm()
    {
        var large = new JsonObject { ["short_description"] = new string('x', 1024 * 1024) };

        var answer = await serviceNow.PostAsync("/api/now/table/incident", large);

        Assert.Equal(413, answer.Status);
        Assert.Equal("failure", (string?)answer.Body!["status"]);
        Assert.Equal(25, sim.State.ServiceNowTable("incident").Count);
    }

    [Theory]
    [InlineData("{\"short_description\":")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("[1]")]
    public async Task MalformedJson_IsRefusedInTheProductsForm(string body)
    {
        var answer = await serviceNow.SendAsync(HttpMethod.Post, "/api/now/table/incident", new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")));

        Assert.Equal(400, answer.Status);
        Assert.Equal("Exception while reading request", (string?)answer.Body!["error"]!["message"]);
        Assert.Equal(25, sim.State.ServiceNowTable("incident").Count);
    }

    [Fact]
    public async Task ParallelCreates_AllGetTheirOwnNumber()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            serviceNow.PostAsync("/api/now/table/incident", new JsonObject { ["short_description"] = $"n{i}" })));

        Assert.Equal(100, answers.Select(a => (string?)a.Body!["result"]!["number"]).Distinct().Count());
        Assert.Equal(100, sim.Calls.Select(c => c.Sequence).Distinct().Count());
    }
}
