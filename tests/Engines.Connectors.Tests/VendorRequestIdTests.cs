using System.Diagnostics;

namespace Steward.Engines.Connectors.Tests;

/// <summary>The target system's own id of a request comes with the outcome, and stands in the span of the request.</summary>
public sealed class VendorRequestIdTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;

    public async Task InitializeAsync() => _vendor = await FakeVendor.StartAsync();

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    [Theory]
    [InlineData("X-Okta-Request-Id", "Y2x-1", "Y2x-1")]
    [InlineData("X-Transaction-ID", "21a9223f1b13", "21a9223f1b13")]
    [InlineData("X-AREQUESTID", "1aa48c43", "1aa48c43")]
    [InlineData("X-Okta-Request-Id", "not an id", null)]
    [InlineData("X-Other", "x", null)]
    public async Task Execute_AnswerWithARequestId_IsPartOfTheOutcome(string header, string value, string? expected)
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers[header] = value;
            return FakeVendor.Json(http, """{"id":"00u1","status":"ACTIVE","profile":{"login":"a@b.c"}}""");
        };
        using var okta = Connected.ToOkta(_vendor.Url);

        Assert.Equal(expected, Assert.IsType<ActionSucceeded>(await okta.ExecuteAsync("okta.users.get", new { userId = "00u1" })).VendorRequestId);
    }

    [Fact]
    public async Task Execute_LongRequestId_IsNotTaken()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers["X-Okta-Request-Id"] = new string('x', 129);
            return FakeVendor.Json(http, """{"id":"00u1","status":"ACTIVE","profile":{"login":"a@b.c"}}""");
        };
        using var okta = Connected.ToOkta(_vendor.Url);

        Assert.Null((await okta.ExecuteAsync("okta.users.get", new { userId = "00u1" })).VendorRequestId);
    }

    [Fact]
    public async Task Execute_Refused_TheIdIsInTheOutcomeAndInTheSpanAndTheAddressOfThePersonIsNot()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers["X-Okta-Request-Id"] = "req-403";
            return FakeVendor.Json(http, """{"errorCode":"E0000006","errorSummary":"no"}""", 403);
        };
        var spans = new List<Activity>();
        using var root = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Steward.Engines.Connectors",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == root.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span => spans.Add(span),
        };
        ActivitySource.AddActivityListener(listener);
        using var okta = Connected.ToOkta(_vendor.Url);

        var failed = await okta.FailureAsync("okta.users.get", new { userId = "ada@acme.example" });

        Assert.Equal(("forbidden", "req-403"), (failed.Code, failed.VendorRequestId));
        Assert.Equal(["GET okta", "execute_tool okta.users.get"], spans.Select(span => span.OperationName));
        Assert.Equal((403, "req-403"), (spans[0].GetTagItem("http.response.status_code"), spans[0].GetTagItem("steward.vendor.request_id")));
        Assert.Equal(("forbidden", "a-1"), (spans[1].GetTagItem("error.type"), spans[1].GetTagItem("gen_ai.tool.call.id")));
        Assert.All(spans, span => Assert.DoesNotContain(span.TagObjects, tag => tag.Value is string text && text.Contains("acme.example", StringComparison.Ordinal)));
    }
}
