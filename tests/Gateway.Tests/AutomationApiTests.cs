using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Schedules;
using Steward.Webhooks;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Schedules and webhooks over HTTP.</summary>
public class AutomationApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Hello = """{"name":"Morning","cron":"0 8 * * MON-FRI","timeZone":"Europe/Berlin","text":"hello"}""";

    [Fact]
    public async Task Schedule_Life_OverHttp()
    {
        using var ada = gateway.As("u-life");
        using var created = await ada.PostAsync("/v1/schedules", Json(Hello));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var schedule = await BodyOf(created);
        var address = $"/v1/schedules/{schedule.GetProperty("scheduleId").GetString()}";

        Assert.Equal(address, created.Headers.Location?.ToString());
        Assert.Equal("user", schedule.GetProperty("scope").GetString());
        Assert.Equal("last", schedule.GetProperty("catchUp").GetString());
        Assert.Equal("skip", schedule.GetProperty("overlap").GetString());
        Assert.Equal("u-life", schedule.GetProperty("runsAs").GetString());
        Assert.Equal(["started", "missed"], schedule.GetProperty("fires").EnumerateArray().Select(fire => fire.GetProperty("outcome").GetString()));
        Assert.False(schedule.TryGetProperty("webhookId", out _));
        var paused = await BodyOf(await ada.PostAsync(address + "/pause", null));
        Assert.True(paused.GetProperty("paused").GetBoolean());
        Assert.False(paused.TryGetProperty("nextAt", out _));
        Assert.False((await BodyOf(await ada.PostAsync(address + "/resume", null))).GetProperty("paused").GetBoolean());
        using var fired = await ada.PostAsync(address + "/run", Json("""{"operationId":"once"}"""));
        Assert.Equal((HttpStatusCode.Accepted, "/v1/runs/r-once"), (fired.StatusCode, fired.Headers.Location?.ToString()));
        Assert.True((await BodyOf(fired)).GetProperty("manual").GetBoolean());
        using var firedAgain = await ada.PostAsync(address + "/run", null);
        Assert.Equal(HttpStatusCode.Accepted, firedAgain.StatusCode);
        Assert.Single((await BodyOf(await ada.GetAsync("/v1/schedules"))).GetProperty("schedules").EnumerateArray());
        using var deleted = await ada.DeleteAsync(address);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await AssertProblem(await ada.GetAsync(address), 404, "not_found");
    }

    [Theory]
    [InlineData("""{"cron":"* * * * *","text":"x","name":"n","every":"day"}""", "every", "is not a field")]
    [InlineData("""{"cron":"* * * * *","text":"x","name":"n","catchUp":"some"}""", "catchUp", "must be one of none, last, all")]
    [InlineData("""{"cron":"* * * * *","text":"x","name":"n","catchUp":1}""", "catchUp", "must be one of none, last, all")]
    [InlineData("""{"cron":"* * * * *","text":"x","name":"n","overlap":"queue"}""", "overlap", "must be one of allow, skip")]
    [InlineData("""{"cron":5,"text":"x","name":"n"}""", "cron", "must be a string")]
    [InlineData("""{"cron":"* * * * *","text":"x","name":"n","scope":"tenant","scheduleId":"j-mine"}""", "scheduleId", "j-tenant-")]
    [InlineData("""{"cron":"* * * * *","text":"x","name":"n","scope":"user","scheduleId":"j-tenant-x"}""", "scheduleId", "j-tenant-")]
    public async Task CreateSchedule_WrongField_IsRefusedByName(string body, string field, string allowed)
    {
        using var ada = gateway.As("u-wrong");
        using var response = await ada.PostAsync("/v1/schedules", Json(body));

        var problem = await AssertProblem(response, 400, "invalid_argument", field);
        Assert.Contains(allowed, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCodes.ScheduleNeverFires, 400, "cron")]
    [InlineData(ErrorCodes.LimitReached, 409, null)]
    public async Task CreateSchedule_RefusedByTheCluster_KeepsItsCode(string code, int status, string? field)
    {
        using var ada = gateway.As("u-refused");
        gateway.Cluster.FailNext = new StewardException(code, "cron: has no time.") { Field = field };

        await AssertProblem(await ada.PostAsync("/v1/schedules", Json(Hello)), status, code, field);
    }

    [Fact]
    public async Task ListSchedules_Pages_FollowEachOther()
    {
        using var ada = gateway.As("u-pages");
        for (var i = 0; i < 5; i++)
        {
            using var created = await ada.PostAsync("/v1/schedules", Json(Hello.Replace("{", $"{{\"scheduleId\":\"j-{i}\",", StringComparison.Ordinal)));
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        var first = await BodyOf(await ada.GetAsync("/v1/schedules?limit=3"));
        var second = await BodyOf(await ada.GetAsync("/v1/schedules?limit=3&afterId=" + first.GetProperty("nextAfterId").GetString()));

        Assert.Equal("j-2", first.GetProperty("nextAfterId").GetString());
        Assert.Equal(["j-3", "j-4"], second.GetProperty("schedules").EnumerateArray().Select(schedule => schedule.GetProperty("scheduleId").GetString()));
        Assert.False(second.TryGetProperty("nextAfterId", out _));
        await AssertProblem(await ada.GetAsync("/v1/schedules?limit=0"), 400, "invalid_argument", "limit");
        await AssertProblem(await ada.GetAsync("/v1/schedules?scope=world"), 400, "invalid_argument", "scope");
    }

    [Fact]
    public async Task Webhook_Life_OverHttp()
    {
        using var boss = Admin();
        using var created = await boss.PostAsync("/v1/webhooks", Json("""{"url":"https://receiver.example/hook","events":["run.ended"],"description":"Tickets"}"""));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var webhook = await BodyOf(created);
        var address = $"/v1/webhooks/{webhook.GetProperty("webhookId").GetString()}";

        Assert.Equal(address, created.Headers.Location?.ToString());
        Assert.StartsWith("whsec_", webhook.GetProperty("secret").GetString(), StringComparison.Ordinal);
        Assert.False(webhook.GetProperty("includeAnswer").GetBoolean());
        Assert.False((await BodyOf(await boss.GetAsync(address))).TryGetProperty("secret", out _));
        Assert.True((await BodyOf(await boss.PostAsync(address + "/rotate", null))).TryGetProperty("secret", out _));
        Assert.Equal("by_admin", (await BodyOf(await boss.PostAsync(address + "/disable", null))).GetProperty("disabledReason").GetString());
        Assert.True((await BodyOf(await boss.PostAsync(address + "/enable", null))).GetProperty("enabled").GetBoolean());
        using var tested = await boss.PostAsync(address + "/test", null);
        Assert.Equal(HttpStatusCode.Accepted, tested.StatusCode);
        var deliveries = (await BodyOf(await boss.GetAsync(address + "/deliveries?limit=2"))).GetProperty("deliveries");
        Assert.Equal(2, deliveries.GetArrayLength());
        Assert.Equal(("waiting", 503), (deliveries[0].GetProperty("state").GetString(), deliveries[0].GetProperty("lastStatus").GetInt32()));
        using var again = await boss.PostAsync(address + "/deliveries/d-1/redeliver", null);
        Assert.Equal((HttpStatusCode.Accepted, "d-1"), (again.StatusCode, (await BodyOf(again)).GetProperty("deliveryId").GetString()));
        Assert.Contains((await BodyOf(await boss.GetAsync("/v1/webhooks"))).GetProperty("webhooks").EnumerateArray(), listed => listed.GetProperty("description").GetString() == "Tickets");
        using var deleted = await boss.DeleteAsync(address);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await AssertProblem(await boss.GetAsync(address), 404, "not_found");
    }

    [Theory]
    [InlineData("""{"url":"https://x.example","event":"run.ended"}""", "event")]
    [InlineData("""{"url":"https://x.example","events":"run.ended"}""", "events")]
    [InlineData("""{"url":"https://x.example","events":[1]}""", "events")]
    [InlineData("""{"url":"https://x.example","includeAnswer":"yes"}""", "includeAnswer")]
    [InlineData("""{"url":null}""", "url")]
    public async Task CreateWebhook_WrongField_IsRefusedByName(string body, string field)
    {
        using var boss = Admin();

        await AssertProblem(await boss.PostAsync("/v1/webhooks", Json(body)), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Webhooks_AddressThatLeadsInsideAndOthersThanAdmins_HaveTheirOwnErrors()
    {
        using var boss = Admin();
        gateway.Cluster.FailNext = new StewardException(ErrorCodes.WebhookAddressForbidden, "url: leads to a private address.") { Field = "url" };
        await AssertProblem(await boss.PostAsync("/v1/webhooks", Json("""{"url":"https://10.0.0.1/"}""")), 400, "webhook_address_forbidden", "url");

        using var ada = gateway.As("u-nobody");
        await AssertProblem(await ada.GetAsync("/v1/webhooks"), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/schedules", Json(Hello.Replace("{", "{\"scope\":\"tenant\",", StringComparison.Ordinal))), 403, "forbidden");
        await AssertProblem(await gateway.Anonymous.GetAsync("/v1/webhooks"), 401, "unauthenticated", "Authorization");
    }

    [Fact]
    public async Task Client_OverHttp_IsTheSameAsOverGrains()
    {
        await using var services = Connect("u-client", WellKnownRoles.Admin);
        var client = services.GetRequiredService<IStewardUserClient>();
        var spec = new CreateSchedule { Name = "n", Cron = "0 8 * * *", TimeZone = "Europe/Berlin", Text = "hello", CatchUp = ScheduleCatchUp.All, Overlap = ScheduleOverlap.Allow, WebhookId = "w-1", Agent = "it" };

        var schedule = await client.Schedules.CreateAsync(spec);
        Assert.Equal(spec, schedule.Spec);
        Assert.Equal(schedule with { Fires = [] }, (await client.Schedules.GetAsync(schedule.ScheduleId)) with { Fires = [] });
        Assert.Equal(schedule.Fires, (await client.Schedules.GetAsync(schedule.ScheduleId)).Fires);
        Assert.Equal([schedule.ScheduleId], (await client.Schedules.ListAsync()).Schedules.Select(listed => listed.ScheduleId));
        Assert.True((await client.Schedules.SetPausedAsync(schedule.ScheduleId, true)).Paused);
        Assert.Equal("r-x", (await client.Schedules.RunNowAsync(schedule.ScheduleId, "x")).RunId);
        await client.Schedules.DeleteAsync(schedule.ScheduleId);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => client.Schedules.GetAsync(schedule.ScheduleId))).Code);
        var ofTenant = await client.Schedules.CreateAsync(spec, tenantWide: true);
        Assert.StartsWith("j-tenant-", ofTenant.ScheduleId, StringComparison.Ordinal);

        var shown = await client.Webhooks.CreateAsync(new CreateWebhook { Url = "https://receiver.example", Events = ["run.ended"] });
        Assert.StartsWith("whsec_", shown.Secret, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", shown.ToString(), StringComparison.Ordinal);
        Assert.Equal(["run.ended"], (await client.Webhooks.GetAsync(shown.Webhook.WebhookId)).Spec.Events);
        Assert.StartsWith("whsec_", (await client.Webhooks.RotateAsync(shown.Webhook.WebhookId)).Secret, StringComparison.Ordinal);
        Assert.False((await client.Webhooks.SetEnabledAsync(shown.Webhook.WebhookId, false)).Enabled);
        Assert.Equal("webhook.test", (await client.Webhooks.TestAsync(shown.Webhook.WebhookId)).Type);
        Assert.Equal(3, (await client.Webhooks.ListDeliveriesAsync(shown.Webhook.WebhookId)).Count);
        Assert.Equal("d-2", (await client.Webhooks.RedeliverAsync(shown.Webhook.WebhookId, "d-2")).DeliveryId);
        Assert.Contains(await client.Webhooks.ListAsync(), webhook => webhook.WebhookId == shown.Webhook.WebhookId);
        await client.Webhooks.DeleteAsync(shown.Webhook.WebhookId);
        Assert.Equal("webhookId", (await Assert.ThrowsAsync<StewardException>(() => client.Webhooks.GetAsync("x"))).Field);
    }

    [Fact]
    public async Task Client_DeletionWhileTheClusterIsAway_IsRepeated()
    {
        await using var services = Connect("u-again", WellKnownRoles.Admin);
        var client = services.GetRequiredService<IStewardUserClient>();
        var schedule = await client.Schedules.CreateAsync(new CreateSchedule { Name = "n", Cron = "@daily", Text = "x" });
        gateway.Cluster.FailNext = new StewardException(ErrorCodes.Unavailable, "away") { IsRetryable = true };

        await client.Schedules.DeleteAsync(schedule.ScheduleId);

        Assert.Empty((await client.Schedules.ListAsync()).Schedules);
    }

    [Fact]
    public async Task OpenApi_Automation_RefusesUnknownFieldsAndNamesItsValues()
    {
        var schemas = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/openapi/v1.json")).RootElement.GetProperty("components").GetProperty("schemas");

        foreach (var request in new[] { "CreateScheduleRequest", "RunScheduleRequest", "CreateWebhookRequest" })
        {
            Assert.False(schemas.GetProperty(request).GetProperty("additionalProperties").GetBoolean());
        }

        Assert.Equal(["none", "last", "all"], schemas.GetProperty("ScheduleCatchUpResource").GetProperty("enum").EnumerateArray().Select(value => value.GetString()));
        Assert.Equal(["name", "cron", "text"], schemas.GetProperty("CreateScheduleRequest").GetProperty("required").EnumerateArray().Select(value => value.GetString()));
    }

    private HttpClient Admin()
    {
        var client = gateway.As("u-boss");
        client.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Token("u-boss", "t-acme", WellKnownRoles.Admin));
        return client;
    }

    private ServiceProvider Connect(string user, params string[] roles) => new ServiceCollection()
        .AddLogging()
        .AddStewardHttpClient(
            options =>
            {
                options.BaseAddress = gateway.Address;
                options.Token = _ => ValueTask.FromResult(gateway.Token(user, "t-acme", roles));
            },
            retries => retries.RetryBaseDelay = TimeSpan.FromMilliseconds(1))
        .BuildServiceProvider();
}
