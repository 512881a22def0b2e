using System.Globalization;

namespace Steward.Engines.Connectors.Tests;

/// <summary>Each product's way of saying "not now".</summary>
public sealed class RateLimitTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;

    public async Task InitializeAsync() => _vendor = await FakeVendor.StartAsync();

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    private static string InSeconds(int seconds) => TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private void Refuse(int status, string body, params (string Name, string Value)[] headers) => _vendor.Answer = (request, http) =>
    {
        if (request.Path.EndsWith("/token", StringComparison.Ordinal))
        {
            return FakeVendor.Json(http, """{"access_token":"t0ken","token_type":"Bearer"}""");
        }

        foreach (var (name, value) in headers)
        {
            http.Response.Headers[name] = value;
        }

        return FakeVendor.Json(http, body, status);
    };

    private static void AssertLimited(ActionFailed failure, int? from, int? to)
    {
        Assert.Equal(("rate_limited", true), (failure.Code, failure.IsRetryable));
        if (from is null)
        {
            Assert.Null(failure.RetryAfter);
        }
        else
        {
            Assert.InRange(failure.RetryAfter!.Value.TotalSeconds, from.Value, to!.Value);
        }
    }

    [Fact]
    public async Task Okta_ResetInEpochSeconds_IsMeasuredByTheServersClock()
    {
        // The server's clock is an hour ahead: its own Date header says so.
        var serverNow = TimeProvider.System.GetUtcNow().AddHours(1);
        Refuse(429, """{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests."}""",
            ("Date", serverNow.ToString("R", CultureInfo.InvariantCulture)),
            ("X-Rate-Limit-Reset", serverNow.AddSeconds(42).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        using var okta = Connected.ToOkta(_vendor.Url);

        AssertLimited(await okta.FailureAsync("okta.users.get", new { userId = "00u1" }), 41, 43);
        // A refused write was certainly not carried out.
        AssertLimited(await okta.FailureAsync("okta.users.reset_password", new { userId = "00u1" }), 41, 43);
    }

    [Fact]
    public async Task ServiceNow_RetryAfterGoesBeforeReset()
    {
        using var serviceNow = Connected.ToServiceNow(_vendor.Url);
        Refuse(429, """{"error":{"message":"Rate limit exceeded","detail":""},"status":"failure"}""", ("Retry-After", "17"), ("X-RateLimit-Reset", InSeconds(900)));
        AssertLimited(await serviceNow.FailureAsync("servicenow.incidents.get", new { number = "INC1" }), 17, 17);

        Refuse(429, """{"error":{"message":"Rate limit exceeded"}}""", ("X-RateLimit-Reset", InSeconds(900)));
        AssertLimited(await serviceNow.FailureAsync("servicenow.incidents.get", new { number = "INC1" }), 897, 903);
    }

    [Fact]
    public async Task Jira_RetryAfterInSecondsAsADateAndResetInIso8601()
    {
        using var jira = Connected.ToJira(_vendor.Url);
        Refuse(429, "", ("Retry-After", "5"), ("RateLimit-Reason", "jira-burst-based"));
        AssertLimited(await jira.FailureAsync("jira.issues.get", new { key = "IT-1" }), 5, 5);

        Refuse(429, "", ("Retry-After", TimeProvider.System.GetUtcNow().AddSeconds(30).ToString("R", CultureInfo.InvariantCulture)));
        AssertLimited(await jira.FailureAsync("jira.issues.get", new { key = "IT-1" }), 27, 31);

        Refuse(429, "", ("X-RateLimit-Reset", TimeProvider.System.GetUtcNow().AddSeconds(60).ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture)));
        AssertLimited(await jira.FailureAsync("jira.issues.get", new { key = "IT-1" }), 1, 61);
    }

    [Fact]
    public async Task Salesforce_RequestLimit_IsAForbiddenThatIsALimit()
    {
        Refuse(403, """[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]""");
        using var salesforce = Connected.ToSalesforce(_vendor.Url);

        AssertLimited(await salesforce.FailureAsync("salesforce.cases.get", new { caseNumber = "1" }), null, null);
    }

    [Fact]
    public async Task Salesforce_RequestLimitAtTheTokenEndpoint_IsALimitAndNoBadCredentials()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]""", 403);
        using var salesforce = Connected.ToSalesforce(_vendor.Url);

        AssertLimited(await salesforce.FailureAsync("salesforce.cases.get", new { caseNumber = "1" }), null, null);
    }

    [Fact]
    public async Task Salesforce_OtherForbiddenAtTheTokenEndpoint_StaysBadCredentials()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"error":"invalid_client","error_description":"REQUEST_LIMIT_EXCEEDED"}""", 403);
        using var salesforce = Connected.ToSalesforce(_vendor.Url);

        var failure = await salesforce.FailureAsync("salesforce.cases.get", new { caseNumber = "1" });

        Assert.Equal(("unauthenticated", false), (failure.Code, failure.IsRetryable));
    }

    [Theory]
    [InlineData("-5", 1)]
    [InlineData("0", 1)]
    [InlineData("999999999", 86400)]
    public async Task AbsurdRetryAfter_IsBounded(string value, int expected)
    {
        Refuse(429, "", ("Retry-After", value));
        using var jira = Connected.ToJira(_vendor.Url);

        var failure = await jira.FailureAsync("jira.issues.get", new { key = "IT-1" });

        Assert.True(failure.RetryAfter is null || failure.RetryAfter == TimeSpan.FromSeconds(expected), failure.RetryAfter.ToString());
    }

    [Fact]
    public async Task Unavailable_WithRetryAfter_CarriesIt()
    {
        Refuse(503, "", ("Retry-After", "9"));
        using var jira = Connected.ToJira(_vendor.Url);

        var failure = await jira.FailureAsync("jira.issues.get", new { key = "IT-1" });

        Assert.Equal(("unavailable", TimeSpan.FromSeconds(9)), (failure.Code, failure.RetryAfter));
    }
}
