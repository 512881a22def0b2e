using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

public sealed class JiraTests : IAsyncLifetime
{
    private const string Api = "/rest/api/3";
    private EnterpriseSimulation sim = null!;
    private SimClient jira = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        jira = SimClient.Jira(sim);
    }

    public async Task DisposeAsync()
    {
        jira.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task CreateIssue_WithFields_IsReadBack()
    {
        var ada = (await jira.GetAsync($"{Api}/user/search?query=ada")).Array.Single()!;
        var created = await jira.PostAsync($"{Api}/issue", new JsonObject
        {
            ["fields"] = new JsonObject
            {
                ["project"] = new JsonObject { ["key"] = "IT" },
                ["issuetype"] = new JsonObject { ["name"] = "Bug" },
                ["summary"] = "VPN is down in Berlin",
                ["description"] = Document("Nobody can connect."),
                ["priority"] = new JsonObject { ["name"] = "Highest" },
                ["assignee"] = new JsonObject { ["accountId"] = (string?)ada["accountId"] },
                ["labels"] = new JsonArray("vpn", "op-1"),
            },
        });
        var read = await jira.GetAsync($"{Api}/issue/{created.Body!["key"]}");

        Assert.Equal(201, created.Status);
        Assert.Equal("IT-13", (string?)created.Body["key"]);
        Assert.Equal($"{sim.Jira}rest/api/3/issue/{created.Body["id"]}", (string?)created.Body["self"]);
        var fields = read.Body!["fields"]!;
        Assert.Equal("To Do", (string?)fields["status"]!["name"]);
        Assert.Equal("Ada Lovelace", (string?)fields["assignee"]!["displayName"]);
        Assert.Equal("doc", (string?)fields["description"]!["type"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$", (string)fields["created"]!);
    }

    [Fact]
    public async Task CreateIssue_WithWrongFields_NamesEachAndCreatesNothing()
    {
        var answer = await jira.PostAsync($"{Api}/issue", new JsonObject
        {
            ["fields"] = new JsonObject
            {
                ["project"] = new JsonObject { ["key"] = "NOPE" },
                ["summary"] = " ",
                ["description"] = "plain text",
                ["priority"] = new JsonObject { ["name"] = "Urgent" },
                ["labels"] = new JsonArray("a b"),
                ["no_such_field"] = 1,
            },
        });

        Assert.Equal(400, answer.Status);
        Assert.Empty(answer.Body!["errorMessages"]!.AsArray());
        Assert.Equal(
            ["description", "issuetype", "labels", "no_such_field", "priority", "project", "summary"],
            answer.Body["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
        Assert.Equal(25, sim.State.JiraIssues().Count);
    }

    [Theory]
    [InlineData("project = IT", 12)]
    [InlineData("project = WEB AND status != Done", 11)]
    [InlineData("project in (IT, WEB) and statusCategory = Done", 5)]
    [InlineData("assignee = \"pierre.lefevre@acme.example\"", 3)]
    [InlineData("assignee is EMPTY", 3)]
    [InlineData("assignee = currentUser()", 0)]
    [InlineData("labels = vpn AND (priority = Highest OR priority = High)", 2)]
    [InlineData("text ~ \"vpn berlin\"", 1)]
    [InlineData("summary ~ \"certif*\"", 1)]
    [InlineData("not project = IT and type in (Story)", 4)]
    [InlineData("created >= -1d AND project = IT", 2)]
    [InlineData("updated < 2000-01-01", 0)]
    [InlineData("key = web-1 or issuekey in (IT-1, IT-2)", 3)]
    public async Task Search_WithJql_GivesTheMatches(string jql, int count)
    {
        var answer = await jira.PostAsync($"{Api}/search/jql", new JsonObject { ["jql"] = jql, ["fields"] = new JsonArray("summary") });

        Assert.Equal(200, answer.Status);
        Assert.Equal(count, answer.Body!["issues"]!.AsArray().Count);
        Assert.True((bool)answer.Body["isLast"]!);
        Assert.Null(answer.Body["total"]);
    }

    [Theory]
    [InlineData("", "Unbounded")]
    [InlineData("order by created", "Unbounded")]
    [InlineData("colour = red", "Field 'colour' does not exist")]
    [InlineData("project = NOPE", "The value 'NOPE' does not exist for the field 'project'.")]
    [InlineData("key = IT-9999", "An issue with key 'IT-9999' does not exist")]
    [InlineData("project = IT AND", "Error in the JQL Query")]
    [InlineData("project IT", "Error in the JQL Query")]
    [InlineData("summary = x", "not supported by the 'summary' field")]
    [InlineData("created > tomorrow", "Date value 'tomorrow'")]
    [InlineData("summary ~ \"open", "not allowed here")]
    public async Task Search_WithBadJql_IsBadRequestThatSaysWhy(string jql, string reason)
    {
        var answer = await jira.GetAsync($"{Api}/search/jql?jql={Uri.EscapeDataString(jql)}");

        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, (string?)answer.Body!["errorMessages"]![0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_FollowingTokens_GivesEveryIssueOnceInOrder()
    {
        var keys = new List<string>();
        string? token = null;
        var pages = 0;
        do
        {
            var page = await jira.PostAsync($"{Api}/search/jql", new JsonObject
            {
                ["jql"] = "project in (IT, WEB) ORDER BY created ASC", ["maxResults"] = 10, ["fields"] = new JsonArray("created"), ["nextPageToken"] = token,
            });
            keys.AddRange(page.Body!["issues"]!.AsArray().Select(i => (string)i!["key"]!));
            token = (string?)page.Body["nextPageToken"];
            Assert.Equal(token is null, (bool)page.Body["isLast"]!);
            pages++;
        }
        while (token is not null);

        Assert.Equal((3, 25), (pages, keys.Distinct().Count()));
        Assert.Equal(sim.State.JiraIssues().Select(i => (string)i["key"]!), keys);
    }

    [Fact]
    public async Task Search_WithoutFields_GivesOnlyIds_AndForeignTokenIsRefused()
    {
        var answer = await jira.GetAsync($"{Api}/search/jql?jql=project%3DIT&maxResults=1");
        var foreign = await jira.GetAsync($"{Api}/search/jql?jql=project%3DWEB&nextPageToken={Uri.EscapeDataString((string)answer.Body!["nextPageToken"]!)}");

        Assert.Equal(["id"], answer.Body["issues"]![0]!.AsObject().Select(p => p.Key));
        Assert.Equal(400, foreign.Status);
    }

    [Fact]
    public async Task OldSearch_IsGone() => Assert.Equal(410, (await jira.GetAsync($"{Api}/search?jql=project%3DIT")).Status);

    [Fact]
    public async Task Transition_ToDone_ResolvesOnce()
    {
        var key = (string)(await jira.GetAsync($"{Api}/search/jql?jql=status%3D%22To%20Do%22&maxResults=1&fields=key")).Body!["issues"]![0]!["key"]!;
        var transitions = (await jira.GetAsync($"{Api}/issue/{key}/transitions")).Body!["transitions"]!.AsArray();
        var done = new JsonObject { ["transition"] = new JsonObject { ["id"] = (string?)transitions.Single(t => (string?)t!["name"] == "Done")!["id"] } };

        var first = await jira.PostAsync($"{Api}/issue/{key}/transitions", done);
        var second = await jira.PostAsync($"{Api}/issue/{key}/transitions", done);
        var issue = await jira.GetAsync($"{Api}/issue/{key}?fields=status,resolution");

        Assert.Equal((204, 400), (first.Status, second.Status));
        Assert.Equal("done", (string?)issue.Body!["fields"]!["status"]!["statusCategory"]!["key"]);
        Assert.NotNull(issue.Body["fields"]!["resolution"]);
        Assert.Equal(2, issue.Body["fields"]!.AsObject().Count);
    }

    [Fact]
    public async Task Comment_AsDocument_IsAdded_PlainTextIsRefused()
    {
        var added = await jira.PostAsync($"{Api}/issue/WEB-1/comment", new JsonObject { ["body"] = Document("On it.") });
        var refused = await jira.PostAsync($"{Api}/issue/WEB-1/comment", new JsonObject { ["body"] = "On it." });
        var comments = await jira.GetAsync($"{Api}/issue/WEB-1/comment");

        Assert.Equal((201, 400), (added.Status, refused.Status));
        Assert.Equal("Comment body is not valid!", (string?)refused.Body!["errors"]!["comment"]);
        Assert.Equal(1, (int)comments.Body!["total"]!);
        Assert.Equal("Steward Integration", (string?)comments.Body["comments"]![0]!["author"]!["displayName"]);
    }

    [Fact]
    public async Task Edit_AndAssign_ChangeTheIssue()
    {
        var sam = (string)(await jira.GetAsync($"{Api}/user/search?query=patel")).Array.Single()!["accountId"]!;

        Assert.Equal(204, (await jira.SendAsync(HttpMethod.Put, $"{Api}/issue/IT-1/assignee", SimClient.Json(new JsonObject { ["accountId"] = sam }))).Status);
        Assert.Equal(204, (await jira.SendAsync(HttpMethod.Put, $"{Api}/issue/IT-1", SimClient.Json(new JsonObject { ["fields"] = new JsonObject { ["summary"] = "New" } }))).Status);
        var issue = await jira.GetAsync($"{Api}/issue/IT-1");

        Assert.Equal(("New", "Sam Patel"), ((string?)issue.Body!["fields"]!["summary"], (string?)issue.Body["fields"]!["assignee"]!["displayName"]));
    }

    [Fact]
    public async Task CreateMeta_LeadsFromProjectToRequiredFields()
    {
        var project = (await jira.GetAsync($"{Api}/project/search?query=web")).Body!["values"]!.AsArray().Single()!;
        var types = await jira.GetAsync($"{Api}/issue/createmeta/{project["key"]}/issuetypes");
        var fields = await jira.GetAsync($"{Api}/issue/createmeta/{project["key"]}/issuetypes/{types.Body!["issueTypes"]![0]!["id"]}");

        Assert.Equal(["Bug", "Story", "Task"], types.Body["issueTypes"]!.AsArray().Select(t => (string?)t!["name"]).Order());
        Assert.Contains(fields.Body!["fields"]!.AsArray(), f => (string?)f!["fieldId"] == "summary" && (bool)f["required"]!);
    }

    [Fact]
    public async Task AnyCall_WithWrongToken_IsUnauthorized()
    {
        using var client = new SimClient(sim.Jira, SimClient.Basic(sim.Credentials.JiraEmail, "wrong"));
        using var bearer = new SimClient(sim.Jira, new("Bearer", sim.Credentials.JiraBearerToken));

        var refused = await client.GetAsync($"{Api}/myself");
        var accepted = await bearer.GetAsync($"{Api}/myself");

        Assert.Equal((401, 200), (refused.Status, accepted.Status));
        Assert.Equal("AUTHENTICATED_FAILED", refused.Header("X-Seraph-LoginReason"));
        Assert.Equal(sim.Credentials.JiraEmail, (string?)accepted.Body!["emailAddress"]);
    }

    [Fact]
    public async Task UnknownIssueAndPath_AreNotFoundInTheProductsForms()
    {
        var issue = await jira.GetAsync($"{Api}/issue/IT-9999");
        var path = await jira.GetAsync($"{Api}/nothing");

        Assert.Equal((404, 404), (issue.Status, path.Status));
        Assert.Equal("Issue does not exist or you do not have permission to see it.", (string?)issue.Body!["errorMessages"]![0]);
        Assert.Equal(404, (int)path.Body!["status-code"]!);
    }

    [Fact]
    public async Task RateLimited_SaysWhenAndWhy()
    {
        sim.Inject(new SimFault { Kind = SimFaultKind.RateLimited, System = SimSystem.Jira, RetryAfterSeconds = 5 });

        var answer = await jira.GetAsync($"{Api}/myself");

        Assert.Equal((429, "5", "jira-burst-based"), (answer.Status, answer.Header("Retry-After"), answer.Header("RateLimit-Reason")));
        Assert.True(DateTimeOffset.Parse(answer.Header("X-RateLimit-Reset"), System.Globalization.CultureInfo.InvariantCulture) > DateTimeOffset.UtcNow);
    }

    private static JsonObject Document(string text) => new()
    {
        ["type"] = "doc",
        ["version"] = 1,
        ["content"] = new JsonArray(new JsonObject { ["type"] = "paragraph", ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }) }),
    };
}
