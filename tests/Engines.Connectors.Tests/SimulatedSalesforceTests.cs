using System.Text.Json;
using Steward.EnterpriseSim;

namespace Steward.Engines.Connectors.Tests;

public sealed class SimulatedSalesforceTests : CompanyTests
{
    // Small pages, so that more than one is needed.
    private protected override EnterpriseSimOptions Options => new() { Limits = new EnterpriseSimLimits { SalesforcePageSize = 3 } };

    private string AnAccount => Company.State.SalesforceRecords("Account")[0]["Name"]!.GetValue<string>();

    private object NewCase => new { subject = "Invoice is wrong", description = "It's 10% too \"high\"", priority = "High", accountName = AnAccount };

    [Fact]
    public async Task Create_ReadsBack()
    {
        var created = await Connected.ResultAsync("salesforce.cases.create", NewCase);
        var read = await Connected.ResultAsync("salesforce.cases.get", new { caseNumber = created.GetProperty("caseNumber").GetString() });

        Assert.Equal(
            ("Invoice is wrong", "It's 10% too \"high\"", "High", AnAccount, false),
            (read.GetProperty("subject").GetString(), read.GetProperty("description").GetString(), read.GetProperty("priority").GetString(), read.GetProperty("account").GetString(), read.GetProperty("isClosed").GetBoolean()));
        Assert.Equal(created.GetProperty("id").GetString(), read.GetProperty("id").GetString());
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public Task Create_OutcomeLost_IsLookedUpByItsExternalId(SimFaultKind kind, bool wasDone) =>
        AssertLossIsLookedUpAsync(new SimFault { Kind = kind, System = SimSystem.Salesforce, Operation = "upsert" }, wasDone, "salesforce.cases.create", NewCase);

    [Fact]
    public async Task Create_SameActionTwice_IsOneCase()
    {
        var before = Company.State.SalesforceRecords("Case").Count;

        var first = await Connected.ResultAsync("salesforce.cases.create", NewCase, "same");
        var second = await Connected.ResultAsync("salesforce.cases.create", NewCase, "same");

        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal(before + 1, Company.State.SalesforceRecords("Case").Count);
    }

    [Fact]
    public async Task Create_NumberCannotBeRead_IsStillDone()
    {
        Company.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Salesforce, Operation = "query", After = 1 });

        var created = await Connected.ResultAsync("salesforce.cases.create", NewCase);

        Assert.Equal(JsonValueKind.Null, created.GetProperty("caseNumber").ValueKind);
        Assert.Equal(JsonValueKind.String, created.GetProperty("id").ValueKind);
    }

    [Fact]
    public async Task Find_ManyPages_GivesAllUpToTheLimit()
    {
        var cases = Company.State.SalesforceRecords("Case").Count;

        var all = await Connected.ResultAsync("salesforce.cases.find", new { limit = 200 });
        var some = await Connected.ResultAsync("salesforce.cases.find", new { limit = 4 });

        Assert.True(cases > 4);
        Assert.Equal(Math.Min(cases, 200), all.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal((4, true), (some.GetProperty("items").GetArrayLength(), some.GetProperty("truncated").GetBoolean()));
    }

    [Fact]
    public async Task AccountsAndOpportunities_AreFoundByPartOfTheName()
    {
        var accounts = await Connected.ResultAsync("salesforce.accounts.find", new { name = AnAccount[1..] });
        var named = Company.State.SalesforceRecords("Opportunity")[0]["AccountId"]!.GetValue<string>();
        var account = Company.State.SalesforceRecords("Account").Single(record => record["Id"]!.GetValue<string>() == named)["Name"]!.GetValue<string>();
        var opportunities = await Connected.ResultAsync("salesforce.opportunities.find", new { accountName = account });

        Assert.Contains(AnAccount, accounts.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
        Assert.All(opportunities.GetProperty("items").EnumerateArray(), item => Assert.Equal(account, item.GetProperty("account").GetString()));
        Assert.NotEqual(0, opportunities.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("' OR Name LIKE '%")]
    [InlineData("%")]
    [InlineData("_____")]
    [InlineData("\\")]
    public async Task Find_Injection_FindsNothing(string name)
    {
        var found = await Connected.ResultAsync("salesforce.accounts.find", new { name });

        Assert.Equal(0, found.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task ExpiredSession_IsRenewedOnce()
    {
        await Connected.ResultAsync("salesforce.cases.find", new { limit = 1 });
        Company.Inject(new SimFault { Kind = SimFaultKind.ExpiredToken, System = SimSystem.Salesforce, Operation = "upsert" });
        await Connected.ResultAsync("salesforce.cases.create", NewCase);

        Assert.Equal(2, Company.Calls.Count(call => call.Operation == "token"));
        Assert.Equal(1, EffectsOf("upsert"));
    }

    [Fact]
    public async Task ManyCallsAtOnce_SignInOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Connected.ResultAsync("salesforce.cases.find", new { limit = 1 })));

        Assert.Single(Company.Calls, call => call.Operation == "token");
    }

    [Fact]
    public async Task WrongSecret_IsNamedAndNotShown()
    {
        using var wrong = Tests.Connected.ToSalesforce(Company.Salesforce);

        var failure = await wrong.FailureAsync("salesforce.cases.create", NewCase);

        Assert.Equal(("unauthenticated", false), (failure.Code, failure.IsRetryable));
        Assert.Contains("invalid_client_id", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SigningInFails_NothingWasDone()
    {
        Company.Inject(new SimFault { Kind = SimFaultKind.CutAfterCommit, System = SimSystem.Salesforce, Operation = "token" });
        var failure = await Connected.FailureAsync("salesforce.cases.create", NewCase);

        Assert.Equal(("unavailable", true), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task Errors_HaveTheirCodes()
    {
        Assert.Equal("not_found", (await Connected.FailureAsync("salesforce.cases.get", new { caseNumber = "99999999" })).Code);
        Assert.Equal("accountName", (await Connected.FailureAsync("salesforce.cases.create", new { subject = "s", description = "d", priority = "Low", accountName = "Nobody Ltd" })).Field);
        Assert.Equal("priority", (await Connected.FailureAsync("salesforce.cases.create", new { subject = "s", description = "d", priority = "Urgent" })).Field);
        Assert.Equal(0, EffectsOf("upsert"));
    }

    [Fact]
    public async Task Create_WithoutTheExternalIdField_SaysHowToMakeIt()
    {
        using var other = new Connected(tenant => tenant.Salesforce = new SalesforceOptions
        {
            BaseUrl = Company.Salesforce,
            ClientId = Company.Credentials.SalesforceClientId,
            ClientSecret = new Security.SecretText(Company.Credentials.SalesforceClientSecret),
            ExternalIdField = "Other_Id__c",
        });

        var failure = await other.FailureAsync("salesforce.cases.create", NewCase);

        Assert.Equal("not_configured", failure.Code);
        Assert.Contains("Create it as a unique external id", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://acme.my.salesforce.com.evil.example")]
    public async Task SignIn_PointsToAnotherHost_TheTokenIsNotSentThere(string instance)
    {
        await using var vendor = await FakeVendor.StartAsync();
        vendor.Answer = (request, http) => FakeVendor.Json(http, $$"""{"access_token":"t0ken","instance_url":"{{instance}}"}""");
        using var salesforce = Tests.Connected.ToSalesforce(vendor.Url);

        var failure = await salesforce.FailureAsync("salesforce.cases.get", new { caseNumber = "1" });

        Assert.Equal("bad_response", failure.Code);
        Assert.Single(vendor.Requests);
    }

    [Theory]
    [InlineData("https://evil.example/services/data/v62.0/query/01g-2000")]
    [InlineData("//evil.example/services/data/v62.0/query/01g-2000")]
    [InlineData("/services/data/v62.0/query/../sobjects/User")]
    public async Task Query_NextPageElsewhere_IsNotFollowed(string next)
    {
        await using var vendor = await FakeVendor.StartAsync();
        vendor.Answer = (request, http) => FakeVendor.Json(http, request.Path.EndsWith("/token", StringComparison.Ordinal)
            ? """{"access_token":"t0ken"}"""
            : $$"""{"done":false,"nextRecordsUrl":"{{next}}","records":[{"Id":"1"}]}""");
        using var salesforce = Tests.Connected.ToSalesforce(vendor.Url);

        Assert.Equal("bad_response", (await salesforce.FailureAsync("salesforce.cases.find", new { })).Code);
        Assert.Equal(2, vendor.Requests.Count);
    }
}
