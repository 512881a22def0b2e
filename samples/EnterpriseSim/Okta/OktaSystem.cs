using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>The simulated Okta: dialect of answers, errors, limits and pages. The operations are in the other parts.</summary>
internal sealed partial class OktaSystem : SimulatedSystem, IHasMail, IHasHooks, IHasTokens
{
    private const int UsersPerPage = 200;
    private readonly OktaDirectory directory;
    private readonly RateWindow rate;

    public OktaSystem(SimWorld world)
        : base(SimSystem.Okta, world)
    {
        directory = new OktaDirectory(world);
        directory.Logged = entry => Emit(entry.Text("eventType")!, entry, world.Time.GetUtcNow());
        Tokens = new TokenBook(world, "eyJraWQi.", "", TimeSpan.FromHours(1));
        rate = new RateWindow(world.Time, world.Options.Limits.OktaPerMinute, TimeSpan.FromMinutes(1));
        Routes =
        [
            new("POST", "/oauth2/v1/token", "token", Token) { Open = true, SecretForm = true },
            new("GET", "/api/v1/users", "listUsers", ListUsers),
            new("POST", "/api/v1/users", "createUser", CreateUser),
            new("POST", "/api/v1/users/{id}", "updateUser", UpdateUser),
            new("POST", "/api/v1/users/{id}/lifecycle/deactivate", "deactivateUser", Deactivate),
            new("DELETE", "/api/v1/users/{id}/sessions", "revokeUserSessions", ClearSessions),
            new("GET", "/api/v1/users/{id}/factors", "listFactors", ListFactors),
            new("POST", "/api/v1/users/{id}/lifecycle/reset_factors", "resetFactors", ResetFactors),
            new("GET", "/api/v1/users/{id}", "getUser", GetUser),
            new("GET", "/api/v1/users/{id}/groups", "listUserGroups", ListUserGroups),
            new("GET", "/api/v1/users/{id}/appLinks", "listAppLinks", ListAppLinks),
            new("POST", "/api/v1/users/{id}/lifecycle/reset_password", "resetPassword", ResetPassword),
            new("POST", "/api/v1/users/{id}/lifecycle/unlock", "unlockUser", Unlock),
            new("POST", "/api/v1/users/{id}/lifecycle/expire_password", "expirePassword", ExpirePassword),
            new("POST", "/api/v1/users/{id}/lifecycle/activate", "activateUser", Activate),
            new("POST", "/api/v1/users/{id}/lifecycle/suspend", "suspendUser", Suspend),
            new("POST", "/api/v1/users/{id}/lifecycle/unsuspend", "unsuspendUser", Unsuspend),
            new("GET", "/api/v1/groups", "listGroups", ListGroups),
            new("GET", "/api/v1/groups/{groupId}", "getGroup", GetGroup),
            new("GET", "/api/v1/groups/{groupId}/users", "listGroupUsers", ListGroupUsers),
            new("PUT", "/api/v1/groups/{groupId}/users/{userId}", "assignUserToGroup", AssignUserToGroup),
            new("DELETE", "/api/v1/groups/{groupId}/users/{userId}", "unassignUserFromGroup", UnassignUserFromGroup),
            new("GET", "/api/v1/apps", "listApplications", ListApps),
            new("GET", "/api/v1/apps/{appId}", "getApplication", GetApp),
            new("POST", "/api/v1/apps/{appId}/users", "assignUserToApplication", AssignUserToApp),
            new("GET", "/api/v1/apps/{appId}/users/{userId}", "getApplicationUser", GetAppUser),
            new("DELETE", "/api/v1/apps/{appId}/users/{userId}", "unassignUserFromApplication", UnassignUserFromApp),
            new("GET", "/api/v1/logs", "listLogEvents", ListLogs),
        ];
    }

    public override IReadOnlyList<SimRoute> Routes { get; }

    public OktaDirectory Directory => directory;

    public TokenBook Tokens { get; }

    public override void ExpireTokens() => Tokens.Expire();

    public IReadOnlyList<SentMail> Mail()
    {
        lock (Gate)
        {
            return [.. directory.Mail];
        }
    }

    public override Reply? Authenticate(Call call)
    {
        var credentials = World.Options.Credentials;
        var valid = Secrets.After(call.Authorization, "SSWS") is { } token
            ? Secrets.Same(token, credentials.OktaApiToken)
            : Secrets.After(call.Authorization, "Bearer") is { } bearer && (Secrets.Same(bearer, credentials.OktaBearerToken) || Tokens.SubjectOf(bearer, call.Now) is not null);
        return valid ? null : Unauthorized(call);
    }

    public override RateReading CountRate(Call call) => rate.Count(call.Path.Split('/') is [_, _, _, var group, ..] ? group : "other");

    public override Reply Unauthorized(Call call) => Error(401, "E0000011", "Invalid token provided");

    public override Reply UnknownPath(Call call) => Error(404, "E0000008", "The requested path was not found");

    public override Reply MalformedJson(Call call, string detail) => Error(400, "E0000003", "The request body was not well-formed.");

    public override Reply TooLarge(Call call) => Error(413, "E0000003", "The request body was not well-formed.", "The request body is too large.");

    public override Reply RateLimited(Call call, int retryAfterSeconds)
    {
        call.Rate = new RateReading(rate.Limit, 0, call.Now.AddSeconds(retryAfterSeconds), false, rate.Limit);
        return Error(429, "E0000047", "API call exceeded rate limit due to too many requests.");
    }

    public override Reply ServerError(Call call, int status) => Error(status, "E0000009", "Internal Server Error");

    public override void Finish(Call call, Reply reply)
    {
        reply.With("X-Okta-Request-Id", World.Ids.Text(World.Ids.Fresh("request"), 27)).With("Cache-Control", "no-cache, no-store");
        if (call.Rate is { } reading)
        {
            reply.With("X-Rate-Limit-Limit", reading.Limit.Plain())
                .With("X-Rate-Limit-Remaining", reading.Remaining.Plain())
                .With("X-Rate-Limit-Reset", ((long)Math.Ceiling(reading.Reset.ToUnixTimeMilliseconds() / 1000.0)).Plain());
        }
    }

    private Reply Error(int status, string code, string summary, params string[] causes) => new(status, new JsonObject
    {
        ["errorCode"] = code,
        ["errorSummary"] = summary,
        ["errorLink"] = code,
        ["errorId"] = $"oae{World.Ids.Text(World.Ids.Fresh("error"), 22)}",
        ["errorCauses"] = new JsonArray([.. causes.Select(c => new JsonObject { ["errorSummary"] = c })]),
    });

    private ReplyException Fail(int status, string code, string summary, params string[] causes) => new(Error(status, code, summary, causes));

    private ReplyException Missing(string id, string type) => Fail(404, "E0000007", $"Not found: Resource not found: {id} ({type})");

    private OktaUser UserOf(Call call, string route = "id")
    {
        var key = call.Route(route);
        return key == "me" ? directory.Administrator : directory.Find(key) ?? throw Missing(key, "User");
    }

    private OktaGroup GroupOf(Call call) => directory.Group(call.Route("groupId")) ?? throw Missing(call.Route("groupId"), "UserGroup");

    private OktaApp AppOf(Call call) => directory.App(call.Route("appId")) ?? throw Missing(call.Route("appId"), "AppInstance");

    private Func<JsonObject, bool> Compile(string text, bool search, Func<string, string, bool> allowed)
    {
        try
        {
            return OktaFilter.Compile(text, allowed, ignoreCase: search);
        }
        catch (FormatException e)
        {
            throw Fail(400, "E0000031", "Invalid search criteria.", e.Message);
        }
    }

    /// <summary>One page with its links; the cursor is the id of the last item of the page before.</summary>
    private Reply Page(Call call, IReadOnlyList<JsonObject> items, int defaultLimit, int largest, bool pages = true)
    {
        var limit = call.QueryNumber("limit", defaultLimit);
        if (limit is null or < 0 || limit > largest)
        {
            throw Fail(400, "E0000001", "Api validation failed: limit", $"limit: must be between 0 and {largest.Plain()}.");
        }

        var start = 0;
        if (pages && call.Query("after") is { Length: > 0 } after)
        {
            var last = items.ToList().FindIndex(i => i.Text("id") == after);
            start = last >= 0 ? last + 1 : throw Fail(400, "E0000001", "Api validation failed: after", "after: The cursor is not valid.");
        }

        var size = limit.Value == 0 ? defaultLimit : limit.Value;
        var page = items.Skip(start).Take(size).ToList();
        var reply = Reply.Ok(new JsonArray([.. page]));
        reply.With("Link", $"<{call.UrlWith()}>; rel=\"self\"");
        if (pages && start + page.Count < items.Count)
        {
            reply.With("Link", $"<{call.UrlWith(("after", page[^1].Text("id")), ("limit", size.Plain()))}>; rel=\"next\"");
        }

        return reply;
    }

    private static bool? Flag(Call call, string name) => call.Query(name) switch
    {
        { } text when bool.TryParse(text, out var value) => value,
        _ => null,
    };

    private DateTimeOffset TimeOf(Call call, string name, DateTimeOffset fallback)
    {
        var text = call.Query(name);
        if (string.IsNullOrEmpty(text))
        {
            return fallback;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Fail(400, "E0000001", $"Api validation failed: {name}", $"{name}: must be an ISO 8601 timestamp.");
    }
}
