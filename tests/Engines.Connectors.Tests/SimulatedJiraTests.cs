using Steward.EnterpriseSim;
using Steward.Engines.Connectors.Jira;

namespace Steward.Engines.Connectors.Tests;

public sealed class SimulatedJiraTests : CompanyTests
{
    private static readonly object NewTask = new { project = "IT", issueType = "Task", summary = "Renew the certificate", description = "Line one\nline two\n\nSecond \"block\"", labels = new[] { "vpn" } };

    [Fact]
    public async Task Create_ReadsBackWithItsTextAndLabels()
    {
        var created = await Connected.ResultAsync("jira.issues.create", NewTask);
        var issue = await Connected.ResultAsync("jira.issues.get", new { key = created.GetProperty("key").GetString() });

        Assert.Equal(
            ("Renew the certificate", "Line one\nline two\n\nSecond \"block\"", "Task", "To Do", "IT"),
            (issue.GetProperty("summary").GetString(), issue.GetProperty("description").GetString(), issue.GetProperty("issueType").GetString(), issue.GetProperty("status").GetString(), issue.GetProperty("project").GetString()));
        Assert.Contains("vpn", issue.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.EndsWith("Z", issue.GetProperty("created").GetString(), StringComparison.Ordinal);
        Assert.Equal($"{Company.Jira.ToString().TrimEnd('/')}/browse/{created.GetProperty("key").GetString()}", created.GetProperty("url").GetString());
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public Task Create_OutcomeLost_IsLookedUpByItsLabel(SimFaultKind kind, bool wasDone) =>
        AssertLossIsLookedUpAsync(new SimFault { Kind = kind, System = SimSystem.Jira, Operation = "createIssue" }, wasDone, "jira.issues.create", NewTask);

    [Theory]
    [MemberData(nameof(Losses))]
    public Task Comment_OutcomeLost_IsLookedUpByItsText(SimFaultKind kind, bool wasDone) =>
        AssertLossIsLookedUpAsync(
            new SimFault { Kind = kind, System = SimSystem.Jira, Operation = "addComment" }, wasDone, "jira.issues.comment", new { key = "IT-1", comment = "Any news?\n\nThanks" });

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(null, true)]
    public async Task Comment_Internal_IsNotSeenByCustomers(bool? isInternal, bool isPublic)
    {
        var text = $"For {isInternal?.ToString() ?? "everyone"}";

        await Connected.ResultAsync("jira.issues.comment", isInternal is { } flag ? new { key = "IT-1", comment = text, @internal = flag } : (object)new { key = "IT-1", comment = text });

        var issue = Company.State.JiraIssues().Single(one => one["key"]!.GetValue<string>() == "IT-1");
        var comment = issue["fields"]!["comment"]!["comments"]!.AsArray().Single(one => one!["body"]!.ToJsonString().Contains(text, StringComparison.Ordinal))!;
        Assert.Equal(isPublic, comment["jsdPublic"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Search_ManyPages_StopsAtTheLimit()
    {
        for (var i = 0; i < 105; i++)
        {
            await Connected.ResultAsync("jira.issues.create", NewTask, $"a-{i}");
        }

        Company.ClearCalls();
        var all = await Connected.ResultAsync("jira.issues.search", new { jql = "labels = vpn AND summary ~ certificate ORDER BY key ASC", limit = 200 });
        var some = await Connected.ResultAsync("jira.issues.search", new { jql = "labels = vpn ORDER BY key ASC", limit = 102 });

        Assert.True(all.GetProperty("items").GetArrayLength() >= 105);
        Assert.Equal(all.GetProperty("items").GetArrayLength(), all.GetProperty("items").EnumerateArray().Select(issue => issue.GetProperty("key").GetString()).Distinct().Count());
        Assert.False(all.GetProperty("truncated").GetBoolean());
        Assert.Equal(102, some.GetProperty("items").GetArrayLength());
        Assert.True(some.GetProperty("truncated").GetBoolean());
        Assert.Equal(4, Company.Calls.Count);
    }

    [Theory]
    [InlineData("x\" OR project = WEB OR summary ~ \"x")]
    [InlineData("x\\")]
    public async Task Search_QuotedText_IsOneValue(string hostile)
    {
        var found = await Connected.ResultAsync("jira.issues.search", new { jql = $"project = IT AND summary ~ {JqlText.Quote(hostile)}" });

        Assert.Equal(0, found.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("project", "XX", "project")]
    [InlineData("issueType", "Epos", "issueType")]
    public async Task Create_RefusedField_IsNamed(string argument, string value, string field)
    {
        var arguments = System.Text.Json.JsonSerializer.SerializeToNode(NewTask)!.AsObject();
        arguments[argument] = value;

        var failure = await Connected.FailureAsync("jira.issues.create", System.Text.Json.JsonSerializer.SerializeToElement(arguments));

        Assert.Equal(("invalid_argument", field, false), (failure.Code, failure.Field, failure.IsRetryable));
    }

    [Fact]
    public async Task Errors_HaveTheirCodes()
    {
        Assert.Equal("not_found", (await Connected.FailureAsync("jira.issues.get", new { key = "IT-99999" })).Code);
        Assert.Equal("key", (await Connected.FailureAsync("jira.issues.get", new { key = "../../3/myself" })).Field);
        Assert.Equal("rejected", (await Connected.FailureAsync("jira.issues.search", new { jql = "project = = IT" })).Code);
        Assert.Equal("labels", (await Connected.FailureAsync("jira.issues.create", new { project = "IT", issueType = "Task", summary = "s", description = "d", labels = new[] { "a b" } })).Field);
    }

    [Fact]
    public async Task Reconcile_SearchLagsBehind_WaitsBeforeItSaysNotDone()
    {
        using var patient = new Connected(tenant => tenant.Jira = new JiraOptions
        {
            BaseUrl = Company.Jira, User = Company.Credentials.JiraEmail, Token = new Security.SecretText(Company.Credentials.JiraApiToken), SearchDelay = TimeSpan.FromSeconds(1.5),
        });

        var sentAt = Now;
        Assert.IsType<ReconciledNotDone>(await patient.ReconcileAsync("jira.issues.create", NewTask, sentAt));

        Assert.True(Now - sentAt >= TimeSpan.FromSeconds(1.5));
        Assert.True(Company.Calls.Count >= 2);
    }
}
