using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>The simulated Microsoft Graph with Entra ID's login: dialect of answers, errors, limits and pages. The operations are in the other parts.</summary>
internal sealed partial class GraphSystem : SimulatedSystem, IHasHooks, IHasTokens, IHasClicks, IHasAbsences
{
    private const string Root = "/v1.0";
    private readonly RateWindow rate;

    public GraphSystem(SimWorld world)
        : base(SimSystem.Graph, world)
    {
        Directory = new GraphDirectory(world);

        // Entra gives a new refresh token each time and lets the old one live.
        Tokens = new TokenBook(world, "eyJ0eXAi.", "1.AXoA", TimeSpan.FromSeconds(3_599), singleUse: false);
        rate = new RateWindow(world.Time, world.Options.Limits.GraphPerTenSeconds, TimeSpan.FromSeconds(10));
        Routes =
        [
            new("POST", "/{directory}/oauth2/v2.0/token", "token", Token) { Open = true, SecretForm = true },
            new("GET", "/{directory}/oauth2/v2.0/authorize", "authorize", Authorize) { Open = true },
            new("GET", $"{Root}/organization", "listOrganization", ListOrganization),
            new("GET", $"{Root}/me", "getMe", GetMe),
            new("GET", $"{Root}/users", "listUsers", ListUsers),
            new("GET", $"{Root}/users/{{id}}", "getUser", GetUser),
            new("PATCH", $"{Root}/users/{{id}}", "updateUser", UpdateUser),
            new("GET", $"{Root}/users/{{id}}/manager", "getManager", GetManager),
            new("GET", $"{Root}/users/{{id}}/mailboxSettings", "getMailboxSettings", GetMailboxSettings),
            new("GET", $"{Root}/users/{{id}}/mailboxSettings/automaticRepliesSetting", "getMailboxSettings", GetAutomaticReplies),
            new("GET", $"{Root}/users/{{id}}/memberOf", "listMemberOf", ListMemberOf),
            new("GET", $"{Root}/users/{{id}}/memberOf/microsoft.graph.group", "listMemberOf", ListMemberOf),
            new("POST", $"{Root}/users/{{id}}/revokeSignInSessions", "revokeSignInSessions", RevokeSessions),
            new("GET", $"{Root}/users/{{id}}/authentication/methods", "listMethods", ListMethods),
            new("DELETE", $"{Root}/users/{{id}}/authentication/microsoftAuthenticatorMethods/{{method}}", "deleteAuthenticatorMethod", DeleteMethod),
            new("GET", $"{Root}/users/{{id}}/licenseDetails", "listLicenseDetails", ListLicenses),
            new("POST", $"{Root}/users/{{id}}/assignLicense", "assignLicense", AssignLicense),
            new("GET", $"{Root}/users/{{id}}/managedDevices", "listManagedDevices", ListDevices),
            new("GET", $"{Root}/users/{{id}}/presence", "getPresence", GetPresence),
            new("GET", $"{Root}/subscribedSkus", "listSubscribedSkus", ListSkus),
            new("GET", $"{Root}/groups", "listGroups", ListGroups),
            new("GET", $"{Root}/groups/{{id}}", "getGroup", GetGroup),
            new("GET", $"{Root}/groups/{{id}}/members", "listMembers", ListMembers),
            new("GET", $"{Root}/groups/{{id}}/members/microsoft.graph.user", "listMembers", ListMembers),
            new("POST", $"{Root}/groups/{{id}}/members/$ref", "addMember", AddMember),
            new("DELETE", $"{Root}/groups/{{id}}/members/{{userId}}/$ref", "removeMember", RemoveMember),
            new("GET", $"{Root}/auditLogs/signIns", "listSignIns", ListSignIns),
            new("GET", $"{Root}/teams", "listTeams", ListTeams),
            new("GET", $"{Root}/teams/{{teamId}}/channels", "listChannels", ListChannels),
            new("POST", $"{Root}/teams/{{teamId}}/channels", "createChannel", CreateChannel),
            new("GET", $"{Root}/teams/{{teamId}}/channels/{{channelId}}/messages", "listChannelMessages", ListChannelMessages),
            new("POST", $"{Root}/teams/{{teamId}}/channels/{{channelId}}/messages", "sendChannelMessage", SendChannelMessage),
            new("POST", $"{Root}/teams/{{teamId}}/channels/{{channelId}}/messages/{{messageId}}/replies", "replyToMessage", ReplyToMessage),
            new("GET", $"{Root}/teams/{{teamId}}/members", "listTeamMembers", ListTeamMembers),
            new("POST", $"{Root}/teams/{{teamId}}/members", "addTeamMember", AddTeamMember),
            new("DELETE", $"{Root}/teams/{{teamId}}/members/{{membershipId}}", "removeTeamMember", RemoveTeamMember),
            new("POST", $"{Root}/chats", "createChat", CreateChat),
            new("GET", $"{Root}/chats/{{chatId}}/messages", "listChatMessages", ListChatMessages),
            new("POST", $"{Root}/chats/{{chatId}}/messages", "sendChatMessage", SendChatMessage),
            new("POST", $"{Root}/me/onlineMeetings/createOrGet", "createOrGetOnlineMeeting", CreateOrGetMeeting),
            new("DELETE", $"{Root}/me/onlineMeetings/{{meetingId}}", "deleteOnlineMeeting", DeleteMeeting),
            new("GET", $"{Root}/subscriptions", "listSubscriptions", ListSubscriptions),
            new("POST", $"{Root}/subscriptions", "createSubscription", CreateSubscription) { Before = ShakeHandsAsync },
            new("GET", $"{Root}/subscriptions/{{id}}", "getSubscription", GetSubscription),
            new("PATCH", $"{Root}/subscriptions/{{id}}", "updateSubscription", RenewSubscription),
            new("DELETE", $"{Root}/subscriptions/{{id}}", "deleteSubscription", DeleteSubscription),
            .. BotRoutes,
        ];
    }

    public override IReadOnlyList<SimRoute> Routes { get; }

    public GraphDirectory Directory { get; }

    public TokenBook Tokens { get; }

    public override void ExpireTokens() => Tokens.Expire();

    public override Reply? Authenticate(Call call)
    {
        call.Caller = Tokens.SubjectOf(Secrets.After(call.Authorization, "Bearer"), call.Now) ?? "";
        return call.Caller.StartsWith(ForApp, StringComparison.Ordinal) ? Error(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
            : call.Caller.Length > 0 ? null
            : Unauthorized(call);
    }

    public override RateReading CountRate(Call call) => rate.Count("app");

    public override Reply Unauthorized(Call call) => call.Operation == "token"
        ? LoginError(400, "invalid_grant", 70008, "The refresh token has expired due to inactivity.")
        : Error(401, "InvalidAuthenticationToken", call.Authorization is null ? "Access token is empty." : "Lifetime validation failed, the token is expired.")
            .With("WWW-Authenticate", "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"");

    public override Reply UnknownPath(Call call) => Error(400, "BadRequest", $"Resource not found for the segment '{call.Path.Split('/')[^1]}'.");

    public override Reply MalformedJson(Call call, string detail) => Error(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.");

    public override Reply TooLarge(Call call) => Error(413, "RequestEntityTooLarge", "The request body is too large.");

    public override Reply RateLimited(Call call, int retryAfterSeconds) =>
        Error(429, "TooManyRequests", "Too many requests").With("Retry-After", retryAfterSeconds.Plain());

    public override Reply ServerError(Call call, int status) => Error(status, status == 503 ? "serviceNotAvailable" : "InternalServerError", "The service is temporarily unavailable. Please retry.");

    public override void Finish(Call call, Reply reply)
    {
        var id = World.Ids.Guid(World.Ids.Fresh("request"));
        reply.With("request-id", id).With("client-request-id", id).With("Cache-Control", "no-cache")
            .With("x-ms-ags-diagnostic", "{\"ServerInfo\":{\"DataCenter\":\"Germany West Central\",\"Slice\":\"E\",\"Ring\":\"3\"}}");
        if (call.Rate is { } reading && reading.Remaining < reading.Limit / 5)
        {
            // Only sent when more than four fifths of the allowance are gone.
            reply.With("RateLimit-Limit", reading.Limit.Plain()).With("RateLimit-Remaining", reading.Remaining.Plain())
                .With("RateLimit-Reset", reading.RetryAfterSeconds(call.Now).Plain());
        }
    }

    private Reply Error(int status, string code, string message) => new(status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = code, ["message"] = message,
            ["innerError"] = new JsonObject { ["date"] = World.Time.GetUtcNow().UtcDateTime.ToString("s", CultureInfo.InvariantCulture), ["request-id"] = World.Ids.Guid(World.Ids.Fresh("error")) },
        },
    });

    private ReplyException Fail(int status, string code, string message) => new(Error(status, code, message));

    private ReplyException Missing(string id) =>
        Fail(404, "Request_ResourceNotFound", $"Resource '{id}' does not exist or one of its queried reference-property objects are not present.");

    private GraphUser UserOf(Call call, string route = "id") => Directory.Find(call.Route(route)) ?? throw Missing(call.Route(route));

    private static string Context(Call call, string entity) => $"{call.BaseUrl}{Root}/$metadata#{entity}";

    /// <summary>One object with the members that were asked for.</summary>
    private static Reply One(Call call, JsonObject item, string entity, int status = 200)
    {
        var json = new JsonObject { ["@odata.context"] = Context(call, $"{entity}/$entity") };
        foreach (var (name, value) in Selected(call, item))
        {
            json[name] = value?.DeepClone();
        }

        return new Reply(status, json);
    }

    /// <summary>A page of a collection, filtered and with the members that were asked for.</summary>
    private Reply Many(Call call, IEnumerable<JsonObject> items, string entity, int size, int largest)
    {
        if (call.Query("$filter") is { Length: > 0 } filter)
        {
            try
            {
                items = items.Where(ODataFilter.Compile(filter));
            }
            catch (FormatException e)
            {
                throw Fail(400, "Request_UnsupportedQuery", e.Message);
            }
        }

        if (call.QueryNumber("$top", size) is not ({ } top and > 0) || top > largest)
        {
            throw Fail(400, "Request_BadRequest", $"Invalid page size specified: '{call.Query("$top")}'. Must be between 1 and {largest.Plain()} inclusive.");
        }

        var all = items.ToList();
        var start = 0;
        if (call.Query("$skiptoken") is { Length: > 0 } token && !(token.StartsWith("RFNwdAIAA", StringComparison.Ordinal) && int.TryParse(token.AsSpan(9), out start) && start >= 0))
        {
            throw Fail(400, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.");
        }

        var page = all.Skip(start).Take(top).ToList();
        var body = new JsonObject { ["@odata.context"] = Context(call, entity) };
        if (call.Query("$count") == "true" && call.Http.Request.Headers["ConsistencyLevel"] == "eventual")
        {
            body["@odata.count"] = all.Count;
        }

        if (start + page.Count < all.Count)
        {
            body["@odata.nextLink"] = call.UrlWith(("$skiptoken", $"RFNwdAIAA{(start + page.Count).Plain()}"));
        }

        body["value"] = new JsonArray([.. page.Select(item => Selected(call, item))]);
        return Reply.Ok(body);
    }

    private static JsonObject Selected(Call call, JsonObject item)
    {
        if (call.Query("$select") is not { Length: > 0 } list)
        {
            return (JsonObject)item.DeepClone();
        }

        var json = new JsonObject();
        foreach (var name in list.Split(',', StringSplitOptions.TrimEntries).Distinct().Where(item.ContainsKey))
        {
            json[name] = item[name]?.DeepClone();
        }

        return json;
    }

    /// <summary>The user that a binding names: <c>https://graph.microsoft.com/v1.0/users('id')</c>.</summary>
    private GraphUser Bound(JsonObject json)
    {
        var match = Binding().Match(json.Text("user@odata.bind") ?? "");
        return match.Success && Directory.Find(match.Groups["id"].Value) is { } user ? user : throw Fail(400, "BadRequest", "Bad request: the field 'user@odata.bind' must name a user of the tenant.");
    }

    [GeneratedRegex(@"/users(\('(?<id>[^']+)'\)|/(?<id>[^/]+))\z")]
    private static partial Regex Binding();
}
