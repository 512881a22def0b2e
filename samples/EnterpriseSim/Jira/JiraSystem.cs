using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>The simulated Jira Cloud: dialect of answers, errors and limits. The operations are in the other parts.</summary>
internal sealed partial class JiraSystem : SimulatedSystem, IHasHooks, IHasTokens, IHasDecisions, IHasTickets
{
    private readonly RateWindow rate;

    public JiraSystem(SimWorld world)
        : base(SimSystem.Jira, world)
    {
        Site = new JiraSite(world);
        rate = new RateWindow(world.Time, world.Options.Limits.JiraPerMinute, TimeSpan.FromMinutes(1));
        Tokens = new TokenBook(world, "eyJraWQi.", "eyJhbGci.", TimeSpan.FromHours(1));

        // The same API is behind the gateway for OAuth.
        Routes =
        [
            new("GET", "/authorize", "authorize", Authorize) { Open = true },
            new("POST", "/oauth/token", "token", Token) { Open = true, SecretForm = true },
            new("GET", "/oauth/token/accessible-resources", "accessibleResources", AccessibleResources),
            .. ApiUnder("/rest/api/3"),
            .. ApiUnder($"/ex/jira/{CloudId}/rest/api/3"),
        ];
    }

    private SimRoute[] ApiUnder(string root) =>
        [
            new("POST", $"{root}/issue", "createIssue", CreateIssue),
            new("GET", $"{root}/issue/createmeta", "getCreateIssueMeta", GetCreateMeta),
            new("GET", $"{root}/issue/createmeta/{{project}}/issuetypes", "getCreateIssueMetaIssueTypes", GetCreateTypes),
            new("GET", $"{root}/issue/createmeta/{{project}}/issuetypes/{{type}}", "getCreateIssueMetaIssueTypeId", GetCreateFields),
            new("GET", $"{root}/issue/{{key}}", "getIssue", GetIssue),
            new("PUT", $"{root}/issue/{{key}}", "editIssue", EditIssue),
            new("PUT", $"{root}/issue/{{key}}/assignee", "assignIssue", AssignIssue),
            new("GET", $"{root}/issue/{{key}}/transitions", "getTransitions", GetTransitions),
            new("POST", $"{root}/issue/{{key}}/transitions", "doTransition", DoTransition),
            new("GET", $"{root}/issue/{{key}}/changelog", "getChangeLogs", GetChangelog),
            new("GET", $"{root}/issue/{{key}}/comment", "getComments", GetComments),
            new("POST", $"{root}/issue/{{key}}/comment", "addComment", AddComment),
            new("POST", $"{root}/issue/{{key}}/attachments", "addAttachment", AddAttachment),
            new("GET", $"{root}/search/jql", "searchAndReconsileIssuesUsingJql", SearchGet),
            new("POST", $"{root}/search/jql", "searchAndReconsileIssuesUsingJqlPost", SearchPost),
            new("GET", $"{root}/search", "searchForIssuesUsingJql", Removed),
            new("POST", $"{root}/search", "searchForIssuesUsingJqlPost", Removed),
            new("GET", $"{root}/myself", "getCurrentUser", GetMyself),
            new("GET", $"{root}/user", "getUser", GetUser),
            new("GET", $"{root}/user/search", "findUsers", FindUsers),
            new("GET", $"{root}/project/search", "searchProjects", SearchProjects),
            new("GET", $"{root}/project/{{project}}", "getProject", GetProject),
            new("GET", $"{root}/project/{{project}}/components", "getProjectComponents", GetComponents),
            new("GET", $"{root}/priority", "getPriorities", GetPriorities),
        ];

    public override IReadOnlyList<SimRoute> Routes { get; }

    public JiraSite Site { get; }

    public TokenBook Tokens { get; }

    public override void ExpireTokens() => Tokens.Expire();

    public override Reply? Authenticate(Call call)
    {
        var credentials = World.Options.Credentials;
        var valid = Secrets.Basic(call.Authorization) is var (user, token)
            ? user.Equals(credentials.JiraEmail, StringComparison.OrdinalIgnoreCase) && Secrets.Same(token, credentials.JiraApiToken)
            : Secrets.After(call.Authorization, "Bearer") is { } bearer && (Secrets.Same(bearer, credentials.JiraBearerToken) || Tokens.SubjectOf(bearer, call.Now) is not null);
        return valid ? null : Unauthorized(call);
    }

    public override RateReading CountRate(Call call) => rate.Count(call.Operation);

    public override Reply Unauthorized(Call call) => Error(401, "Client must be authenticated to access this resource.")
        .With("WWW-Authenticate", "OAuth realm=\"https%3A%2F%2Facme.atlassian.net\"")
        .With("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");

    public override Reply UnknownPath(Call call) => new(404, new JsonObject { ["message"] = $"null for uri: {call.BaseUrl}{call.PathAndQuery}", ["status-code"] = 404 });

    public override Reply MalformedJson(Call call, string detail) => Error(400, "There was an error parsing JSON. Check that your request body is valid.");

    public override Reply TooLarge(Call call) => Error(413, "The request body is too large.");

    public override Reply RateLimited(Call call, int retryAfterSeconds)
    {
        call.Rate = new RateReading(rate.Limit, 0, call.Now.AddSeconds(retryAfterSeconds), false, rate.Limit);
        return Error(429, "Rate limit exceeded.")
            .With("Retry-After", retryAfterSeconds.Plain())
            .With("RateLimit-Reason", "jira-burst-based");
    }

    public override Reply ServerError(Call call, int status) => Error(status, "Internal server error");

    public override void Finish(Call call, Reply reply)
    {
        if (call.Effect)
        {
            Tell(call, reply);
        }

        reply.With("X-AREQUESTID", World.Ids.ServiceNow(World.Ids.Fresh("request"))).With("X-AACCOUNTID", Site.Integration.Id);
        if (call.Rate is { } reading)
        {
            reply.With("X-RateLimit-Limit", reading.Limit.Plain())
                .With("X-RateLimit-Remaining", reading.Remaining.Plain())
                .With("X-RateLimit-Reset", reading.Reset.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            if (reading.Remaining < reading.Limit / 5)
            {
                reply.With("X-RateLimit-NearLimit", "true");
            }
        }
    }

    private static Reply Error(int status, string message) => new(status, new JsonObject
    {
        ["errorMessages"] = new JsonArray(message),
        ["errors"] = new JsonObject(),
    });

    private static Reply Error(int status, IReadOnlyDictionary<string, string> errors) => new(status, new JsonObject
    {
        ["errorMessages"] = new JsonArray(),
        ["errors"] = new JsonObject(errors.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value))),
    });

    private static ReplyException Fail(int status, string message) => new(Error(status, message));

    private static Reply Removed(Call call) => Error(410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046");

    private JiraIssue IssueOf(Call call) => Site.Find(call.Route("key"))
        ?? throw Fail(404, "Issue does not exist or you do not have permission to see it.");

    private static int Number(Call call, string name, int fallback, int largest) => call.QueryNumber(name, fallback) is { } value and >= 0
        ? Math.Min(value, largest)
        : throw Fail(400, $"Parameter '{name}' must be a non-negative whole number");
}
