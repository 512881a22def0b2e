using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Steward.Telemetry;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

public partial class OperationTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Healthz_Capabilities_SayWhatIsMissingAndHideWhyAReportFailed()
    {
        using var response = await gateway.Anonymous.GetAsync("/healthz");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var health = await BodyOf(response);
        Assert.Equal("degraded", health.GetProperty("status").GetString());
        var capabilities = health.GetProperty("capabilities").EnumerateArray().ToDictionary(capability => capability.GetProperty("name").GetString()!);
        Assert.Equal("not_configured", capabilities["models"].GetProperty("state").GetString());
        Assert.Equal("Set OPENAI_API_KEY.", capabilities["models"].GetProperty("fix").GetString());
        Assert.Equal("failing", capabilities["broken"].GetProperty("state").GetString());
        Assert.DoesNotContain("hunter2", health.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readyz_ClusterAway_Is503WithTheObstacle()
    {
        using var ready = await gateway.Anonymous.GetAsync("/readyz");
        gateway.Cluster.Unreachable = true;
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
        using var away = await gateway.Anonymous.GetAsync("/readyz");
        gateway.Cluster.Unreachable = false;
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
        using var back = await gateway.Anonymous.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Equal("cluster", (await BodyOf(away)).GetProperty("obstacles")[0].GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Fact]
    public async Task OpenApi_Document_IsValidAndCoversEveryOperation()
    {
        var text = await gateway.Anonymous.GetStringAsync("/openapi/v1.json");
        var (document, diagnostic) = OpenApiDocument.Parse(text, "json");

        Assert.NotNull(document);
        Assert.Empty(diagnostic!.Errors);
        var operations = document.Paths.SelectMany(path => path.Value.Operations!.Select(operation => $"{operation.Key} {path.Key}")).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "DELETE /v1/connectors/{name}",
                "DELETE /v1/delegations/{delegationId}",
                "DELETE /v1/feedback/{target}",
                "DELETE /v1/memory/key",
                "DELETE /v1/memory/{memoryId}",
                "DELETE /v1/model-budgets/{budgetId}",
                "DELETE /v1/sandbox/snippets/{snippetId}",
                "DELETE /v1/schedules/{scheduleId}",
                "DELETE /v1/triage/imports/{importId}",
                "DELETE /v1/webhooks/{webhookId}",
                "GET /healthz",
                "GET /readyz",
                "GET /v1/answer-quality",
                "GET /v1/approval-rules",
                "GET /v1/approval-rules/versions",
                "GET /v1/approvals",
                "GET /v1/approvals/audit",
                "GET /v1/approvals/export",
                "GET /v1/approvals/{approvalId}",
                "GET /v1/approvals/{approvalId}/history",
                "GET /v1/connector-audit",
                "GET /v1/connector-templates",
                "GET /v1/connector-templates/{templateId}",
                "GET /v1/connectors",
                "GET /v1/connectors/{name}",
                "GET /v1/connectors/{name}/dead-letters",
                "GET /v1/connectors/{name}/drift",
                "GET /v1/connectors/{name}/operations",
                "GET /v1/connectors/{name}/operations/{operation}/choices/{parameter}",
                "GET /v1/dead-letters",
                "GET /v1/dead-letters/{runId}",
                "GET /v1/delegations",
                "GET /v1/experiments",
                "GET /v1/experiments/{name}",
                "GET /v1/experiments/{name}/decisions",
                "GET /v1/feedback/export",
                "GET /v1/feedback/{target}",
                "GET /v1/me",
                "GET /v1/memory",
                "GET /v1/memory/accesses",
                "GET /v1/memory/erasure",
                "GET /v1/memory/export",
                "GET /v1/memory/patterns",
                "GET /v1/memory/proposals",
                "GET /v1/memory/retention",
                "GET /v1/memory/settings",
                "GET /v1/model-budgets",
                "GET /v1/model-costs",
                "GET /v1/model-settings",
                "GET /v1/notifications",
                "GET /v1/notifications/dead-letters",
                "GET /v1/notifications/preferences",
                "GET /v1/notifications/queues/{channel}",
                "GET /v1/notifications/sent",
                "GET /v1/notifications/settings",
                "GET /v1/notifications/stream",
                "GET /v1/prompts",
                "GET /v1/prompts/{name}",
                "GET /v1/prompts/{name}/diff/{fromVersion}/{toVersion}",
                "GET /v1/runs/{runId}",
                "GET /v1/runs/{runId}/decisions",
                "GET /v1/runs/{runId}/events",
                "GET /v1/runs/{runId}/trace",
                "GET /v1/sandbox/executions/{executionId}",
                "GET /v1/sandbox/executions/{executionId}/events",
                "GET /v1/sandbox/executions/{executionId}/files/{file}",
                "GET /v1/sandbox/snippet-settings",
                "GET /v1/sandbox/snippets",
                "GET /v1/schedules",
                "GET /v1/schedules/{scheduleId}",
                "GET /v1/sessions/{sessionId}",
                "GET /v1/tenant",
                "GET /v1/triage/decisions/{ticketId}",
                "GET /v1/triage/heads",
                "GET /v1/triage/health",
                "GET /v1/triage/imports",
                "GET /v1/triage/imports/{importId}",
                "GET /v1/triage/imports/{importId}/stream",
                "GET /v1/triage/queue",
                "GET /v1/triage/reports",
                "GET /v1/triage/settings",
                "GET /v1/triage/thresholds",
                "GET /v1/triage/trainings",
                "GET /v1/webhooks",
                "GET /v1/webhooks/{webhookId}",
                "GET /v1/webhooks/{webhookId}/deliveries",
                "PATCH /v1/connectors/{name}",
                "POST /v1/approval-rules/rollback",
                "POST /v1/approval-rules/simulate",
                "POST /v1/approval-rules/validate",
                "POST /v1/approvals",
                "POST /v1/approvals/decide",
                "POST /v1/approvals/{approvalId}/cancel",
                "POST /v1/approvals/{approvalId}/comments",
                "POST /v1/approvals/{approvalId}/consume",
                "POST /v1/approvals/{approvalId}/decide",
                "POST /v1/approvals/{approvalId}/delegate",
                "POST /v1/connector-templates/diff",
                "POST /v1/connector-templates/import",
                "POST /v1/connectors",
                "POST /v1/connectors/{name}/credentials",
                "POST /v1/connectors/{name}/dead-letters/{number}/close",
                "POST /v1/connectors/{name}/dead-letters/{number}/replay",
                "POST /v1/connectors/{name}/drift/{operation}/accept",
                "POST /v1/connectors/{name}/mappings/suggest",
                "POST /v1/connectors/{name}/mappings/test",
                "POST /v1/connectors/{name}/operations/{operation}/call",
                "POST /v1/connectors/{name}/operations/{operation}/undo",
                "POST /v1/connectors/{name}/sign-in",
                "POST /v1/connectors/{name}/sign-in/complete",
                "POST /v1/connectors/{name}/verify",
                "POST /v1/dead-letters/{runId}/close",
                "POST /v1/dead-letters/{runId}/replay",
                "POST /v1/delegations",
                "POST /v1/experiments",
                "POST /v1/experiments/{name}/decisions/{step}/replay",
                "POST /v1/experiments/{name}/stop",
                "POST /v1/feedback",
                "POST /v1/memory/consolidate",
                "POST /v1/memory/erase",
                "POST /v1/memory/key/rotate",
                "POST /v1/memory/patterns/{patternId}/accept",
                "POST /v1/memory/patterns/{patternId}/dismiss",
                "POST /v1/memory/proposals/{proposalId}/accept",
                "POST /v1/memory/proposals/{proposalId}/dismiss",
                "POST /v1/memory/retention/enforce",
                "POST /v1/memory/search",
                "POST /v1/memory/{memoryId}/restore",
                "POST /v1/model-settings/sources",
                "POST /v1/notifications/dead-letters/replay",
                "POST /v1/notifications/mark",
                "POST /v1/notifications/preview",
                "POST /v1/prompts/{name}/rollback",
                "POST /v1/prompts/{name}/versions",
                "POST /v1/prompts/{name}/versions/{version}/approve",
                "POST /v1/prompts/{name}/versions/{version}/canary",
                "POST /v1/prompts/{name}/versions/{version}/preview",
                "POST /v1/prompts/{name}/versions/{version}/publish",
                "POST /v1/runs/{runId}/cancel",
                "POST /v1/runs/{runId}/decisions/{requestId}",
                "POST /v1/sandbox/executions",
                "POST /v1/sandbox/executions/{executionId}/cancel",
                "POST /v1/sandbox/snippets",
                "POST /v1/sandbox/snippets/{snippetId}/decide",
                "POST /v1/schedules",
                "POST /v1/schedules/{scheduleId}/pause",
                "POST /v1/schedules/{scheduleId}/resume",
                "POST /v1/schedules/{scheduleId}/run",
                "POST /v1/sessions",
                "POST /v1/sessions/{sessionId}/fork",
                "POST /v1/sessions/{sessionId}/messages",
                "POST /v1/triage/classify",
                "POST /v1/triage/feedback",
                "POST /v1/triage/heads/use",
                "POST /v1/triage/imports",
                "POST /v1/triage/tickets/search",
                "POST /v1/triage/trainings",
                "POST /v1/webhooks",
                "POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver",
                "POST /v1/webhooks/{webhookId}/disable",
                "POST /v1/webhooks/{webhookId}/enable",
                "POST /v1/webhooks/{webhookId}/rotate",
                "POST /v1/webhooks/{webhookId}/test",
                "PUT /v1/approval-rules",
                "PUT /v1/memory/retention",
                "PUT /v1/memory/settings",
                "PUT /v1/memory/{memoryId}",
                "PUT /v1/model-budgets/{budgetId}",
                "PUT /v1/model-settings",
                "PUT /v1/notifications/preferences",
                "PUT /v1/notifications/settings",
                "PUT /v1/sandbox/snippet-settings",
                "PUT /v1/tenant",
                "PUT /v1/triage/settings",
                "PUT /v1/triage/thresholds",
            ],
            operations);
    }

    [Fact]
    public async Task OpenApi_Operations_AreDescribedSecuredAndSayTheirProblems()
    {
        var document = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/openapi/v1.json")).RootElement;

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal("http", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").GetProperty("type").GetString());
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var where = $"{operation.Name} {path.Name}";
                Assert.False(string.IsNullOrWhiteSpace(operation.Value.GetProperty("summary").GetString()), where);
                Assert.False(string.IsNullOrWhiteSpace(operation.Value.GetProperty("operationId").GetString()), where);
                if (!path.Name.StartsWith("/v1/", StringComparison.Ordinal))
                {
                    continue;
                }

                Assert.Equal("bearer", operation.Value.GetProperty("security")[0].EnumerateObject().Single().Name);
                var problem = operation.Value.GetProperty("responses").GetProperty("401").GetProperty("content").GetProperty("application/problem+json").GetProperty("schema");
                Assert.EndsWith("/ProblemResource", problem.GetProperty("$ref").GetString(), StringComparison.Ordinal);
            }
        }

        var submit = document.GetProperty("paths").GetProperty("/v1/sessions/{sessionId}/messages").GetProperty("post");
        Assert.True(submit.GetProperty("responses").GetProperty("200").GetProperty("content").TryGetProperty("text/event-stream", out _));
        Assert.True(submit.GetProperty("responses").GetProperty("202").GetProperty("content").TryGetProperty("application/json", out _));
        Assert.True(submit.GetProperty("requestBody").GetProperty("required").GetBoolean());
    }

    [Fact]
    public async Task OpenApi_Schemas_StateRequiredFieldsBoundsAndMeaning()
    {
        var schemas = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/openapi/v1.json")).RootElement.GetProperty("components").GetProperty("schemas");

        var request = schemas.GetProperty("SubmitMessageRequest");
        Assert.Equal(["text"], request.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("string", request.GetProperty("properties").GetProperty("text").GetProperty("type").GetString());
        Assert.Equal(32_000, request.GetProperty("properties").GetProperty("text").GetProperty("maxLength").GetInt32());
        Assert.False(request.GetProperty("additionalProperties").GetBoolean());
        var states = schemas.GetProperty("RunResourceState").GetProperty("enum").EnumerateArray().Select(state => state.GetString());
        Assert.Equal(["queued", "running", "waiting", "completed", "partial", "failed", "cancelled"], states);
        Assert.False(string.IsNullOrWhiteSpace(schemas.GetProperty("RunResource").GetProperty("properties").GetProperty("errorCode").GetProperty("description").GetString()));
    }

    [Fact]
    public async Task Metrics_Text_IsWellFormed()
    {
        await gateway.Anonymous.GetAsync("/nowhere");

        using var response = await gateway.Anonymous.GetAsync("/metrics");

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        var text = await response.Content.ReadAsStringAsync();
        AssertWellFormed(text);
        Assert.Contains("# TYPE steward_gateway_problems_total counter", text, StringComparison.Ordinal);
        Assert.Contains("steward_gateway_problems_total{code=\"no_such_operation\"} ", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OddNamesAndLabels_AreEscaped()
    {
        using var meter = new Meter("Steward.Test.Odd");
        using var metrics = Collector();
        var counter = meter.CreateCounter<long>("odd-name.x/y", "{thing}", "Line one\nback\\slash");
        await metrics.CollectAsync();

        counter.Add(2, new KeyValuePair<string, object?>("a.b", "quote\" back\\slash\nline"), new KeyValuePair<string, object?>("a-b", "same"));
        var text = Encoding.UTF8.GetString(await metrics.CollectAsync());

        Assert.Contains("# HELP odd_name_x_y_total Line one\\nback\\\\slash\n", text, StringComparison.Ordinal);
        Assert.Contains("odd_name_x_y_total{a_b=", text, StringComparison.Ordinal);
        Assert.Contains("quote\\\" back\\\\slash\\nline", text, StringComparison.Ordinal);
        AssertWellFormed(text);
    }

    [Fact]
    public async Task Metrics_Histogram_IsCumulativeWithSumAndCount()
    {
        using var meter = new Meter("Steward.Test.Histogram");
        using var metrics = Collector();
        var histogram = meter.CreateHistogram("steward.test.wait", "s", "Waits.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        await metrics.CollectAsync();

        foreach (var value in new[] { 0.05, 0.5, 0.6, 7 })
        {
            histogram.Record(value);
        }

        var text = Encoding.UTF8.GetString(await metrics.CollectAsync());

        Assert.Contains(
            """
            # HELP steward_test_wait_seconds Waits.
            # TYPE steward_test_wait_seconds histogram
            steward_test_wait_seconds_bucket{le="0.1"} 1
            steward_test_wait_seconds_bucket{le="1"} 3
            steward_test_wait_seconds_bucket{le="+Inf"} 4
            steward_test_wait_seconds_sum 8.15
            steward_test_wait_seconds_count 4

            """,
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_ManyLabelValues_AreBounded()
    {
        using var meter = new Meter("Steward.Test.Cardinality");
        using var metrics = Collector(limit: 20);
        var counter = meter.CreateCounter<long>("steward.test.cardinality");
        await metrics.CollectAsync();

        for (var i = 0; i < 10_000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("user", i));
        }

        var lines = Encoding.UTF8.GetString(await metrics.CollectAsync()).Split('\n').Where(line => line.StartsWith("steward_test_cardinality_total{", StringComparison.Ordinal)).ToList();

        Assert.InRange(lines.Count, 2, 22);
        Assert.Equal(10_000, lines.Sum(line => long.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Metrics_SameNameFromTwoMeters_IsOneFamily()
    {
        using var first = new Meter("Steward.Test.First");
        using var second = new Meter("Steward.Test.Second");
        using var metrics = Collector();
        var one = first.CreateCounter<long>("steward.test.shared");
        var two = second.CreateCounter<long>("steward.test.shared");
        await metrics.CollectAsync();
        one.Add(1);
        two.Add(2);

        var text = Encoding.UTF8.GetString(await metrics.CollectAsync());

        Assert.Single(Regex.Matches(text, "# TYPE steward_test_shared_total counter"));
        Assert.Contains("steward_test_shared_total{otel_scope_name=\"Steward.Test.First\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("steward_test_shared_total{otel_scope_name=\"Steward.Test.Second\"} 2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_Assets_LoadUnderAPolicyWithoutInlineCode()
    {
        using var page = await gateway.Anonymous.GetAsync("/");
        var html = await page.Content.ReadAsStringAsync();

        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType?.ToString());
        Assert.Contains("script-src 'self'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)<script(?![^>]*src=)|<style|\\son[a-z]+=|\\sstyle=", html);
        foreach (Match asset in AssetReference().Matches(html))
        {
            using var response = await gateway.Anonymous.GetAsync(asset.Groups[1].Value);
            Assert.True(response.IsSuccessStatusCode, asset.Value);
        }

        Assert.True(AssetReference().Count(html) >= 3);
    }

    [Fact]
    public async Task Page_Scripts_NeverBuildMarkupFromText()
    {
        foreach (var script in new[] { "/app.js", "/results.js", "/sse.js" })
        {
            var source = await gateway.Anonymous.GetStringAsync(script);

            Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function", source);
        }
    }

    [Fact]
    public async Task Page_Unchanged_Is304()
    {
        using var first = await gateway.Anonymous.GetAsync("/app.js");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await gateway.Anonymous.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task DemoEmployees_SwitchedOn_AreListedForThisMachineOnly()
    {
        var employees = JsonDocument.Parse(await gateway.Anonymous.GetStringAsync("/demo/employees")).RootElement;
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/demo/employees") { Headers = { Host = "evil.example" } };
        using var refused = await gateway.Anonymous.SendAsync(rebound);

        Assert.Equal("Ada Lovelace", employees[0].GetProperty("name").GetString());
        await AssertProblem(refused, 404, "no_such_operation");
    }

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    public async Task DemoEmployees_ThroughAProxy_AreNotListed(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/demo/employees");
        request.Headers.TryAddWithoutValidation(header, "1.1 somebody.example");

        using var response = await gateway.Anonymous.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static PrometheusMetrics Collector(int limit = 500)
    {
        var services = new ServiceCollection();
        services.AddStewardTelemetry(options => options.CardinalityLimit = limit);
        return new PrometheusMetrics(services.BuildServiceProvider().GetRequiredService<IOptions<StewardTelemetryOptions>>());
    }

    private static void AssertWellFormed(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var families = new HashSet<string>(StringComparer.Ordinal);
        var family = "";
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
                Assert.True(families.Add(family), $"{family} appears twice");
                continue;
            }

            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                continue;
            }

            Assert.Matches(Sample(), line);
            Assert.StartsWith(family, line, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("""^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*")*\})? (-?[0-9.]+(E[-+]?[0-9]+)?|NaN|[+-]Inf)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("(?:src|href)=\"(/[^\"]+)\"")]
    private static partial Regex AssetReference();
}
