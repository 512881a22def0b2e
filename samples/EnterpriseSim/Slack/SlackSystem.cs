using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>The simulated Slack: dialect of answers, errors, limits and pages of the Web API. The methods are in the other parts.</summary>
internal sealed partial class SlackSystem : SimulatedSystem, IHasHooks, IHasTokens, IHasClicks
{
    private readonly RateWindow rate;
    private readonly RateWindow channelRate;

    public SlackSystem(SimWorld world)
        : base(SimSystem.Slack, world)
    {
        Workspace = new SlackWorkspace(world);
        Tokens = new TokenBook(world, "xoxe.xoxb-1-", "xoxe-1-", TimeSpan.FromHours(12));
        rate = new RateWindow(world.Time, world.Options.Limits.SlackPerMinute, TimeSpan.FromMinutes(1));
        channelRate = new RateWindow(world.Time, world.Options.Limits.SlackPerChannelSecond, TimeSpan.FromSeconds(1));
        var methods = new Dictionary<string, Func<Call, Reply>>
        {
            ["auth.test"] = AuthTest,
            ["auth.revoke"] = AuthRevoke,
            ["users.lookupByEmail"] = LookupByEmail,
            ["users.list"] = ListUsers,
            ["users.info"] = GetUser,
            ["usergroups.list"] = ListUserGroups,
            ["usergroups.users.update"] = UpdateUserGroup,
            ["conversations.list"] = ListChannels,
            ["conversations.info"] = GetChannel,
            ["conversations.members"] = ListMembers,
            ["conversations.create"] = CreateChannel,
            ["conversations.archive"] = ArchiveChannel,
            ["conversations.invite"] = Invite,
            ["conversations.open"] = OpenDirect,
            ["conversations.history"] = History,
            ["conversations.replies"] = Replies,
            ["chat.postMessage"] = PostMessage,
            ["chat.update"] = UpdateMessage,
            ["chat.delete"] = DeleteMessage,
            ["files.getUploadURLExternal"] = GetUploadUrl,
            ["files.completeUploadExternal"] = CompleteUpload,
            ["files.list"] = ListFiles,
            ["files.info"] = GetFile,
            ["files.delete"] = DeleteFile,
        };

        // Every method takes GET and POST, arguments in the query, as a form or as JSON.
        var routes = new List<SimRoute>
        {
            new("GET", "/oauth/v2/authorize", "authorize", Authorize) { Open = true },
            new("POST", "/api/oauth.v2.access", "oauth.v2.access", Access) { Open = true, SecretForm = true },
            new("POST", "/actions/{team}/{key}", "response_url", AnswerClick) { Open = true },
            new("POST", "/upload/v1/{ticket}", "upload", Upload) { Open = true },
        };
        foreach (var (name, method) in methods)
        {
            routes.Add(new("GET", $"/api/{name}", name, method));
            routes.Add(new("POST", $"/api/{name}", name, method));
        }

        Routes = routes;
    }

    public override IReadOnlyList<SimRoute> Routes { get; }

    public override bool ReadsForms => true;

    public SlackWorkspace Workspace { get; }

    public TokenBook Tokens { get; }

    public override void ExpireTokens() => Tokens.Expire();

    public override Reply? Authenticate(Call call)
    {
        var token = Secrets.After(call.Authorization, "Bearer");
        if (token is null)
        {
            return Error("not_authed");
        }

        call.Caller = Secrets.Same(token, World.Options.Credentials.SlackBotToken) ? "bot" : Tokens.SubjectOf(token, call.Now) ?? "";
        return call.Caller.Length > 0 ? null : Error(Tokens.IsExpired(token, call.Now) ? "token_expired" : "invalid_auth");
    }

    public override RateReading CountRate(Call call) => rate.Count(call.Operation);

    public override Reply Unauthorized(Call call) => Error("token_expired");

    public override Reply UnknownPath(Call call) => new(200, new JsonObject { ["ok"] = false, ["error"] = "unknown_method", ["req_method"] = call.Path.Split('/')[^1] });

    public override Reply MalformedJson(Call call, string detail) => Error("json_not_object");

    public override Reply TooLarge(Call call) => new(413, new JsonObject { ["ok"] = false, ["error"] = "request_too_large" });

    public override Reply RateLimited(Call call, int retryAfterSeconds) =>
        new Reply(429, new JsonObject { ["ok"] = false, ["error"] = "ratelimited" }).With("Retry-After", retryAfterSeconds.Plain());

    public override Reply ServerError(Call call, int status) => new(status, new JsonObject { ["ok"] = false, ["error"] = status == 503 ? "service_unavailable" : "internal_error" });

    public override Reply ErrorInSuccess(Call call, string? code) => Error(code ?? "fatal_error");

    public override void Finish(Call call, Reply reply) => reply
        .With("X-Slack-Req-Id", World.Ids.ServiceNow(World.Ids.Fresh("slack-request")))
        .With("X-OAuth-Scopes", "chat:write,channels:read,channels:manage,channels:history,users:read,users:read.email,usergroups:read,usergroups:write")
        .With("Cache-Control", "private, no-cache, no-store, must-revalidate");

    private static Reply Error(string error) => new(200, new JsonObject { ["ok"] = false, ["error"] = error });

    private static ReplyException Fail(string error) => new(Error(error));

    private static Reply Ok(params (string Name, JsonNode? Value)[] members)
    {
        var body = new JsonObject { ["ok"] = true };
        foreach (var (name, value) in members)
        {
            body[name] = value;
        }

        return Reply.Ok(body);
    }

    /// <summary>An argument, wherever it was put; null if it was not given.</summary>
    private static string? Arg(Call call, string name) => call.Json.Text(name) ?? (call.Form.TryGetValue(name, out var value) ? value.ToString() : call.Query(name));

    private static string Need(Call call, string name) => Arg(call, name) is { Length: > 0 } value ? value : throw new ReplyException(new Reply(200, new JsonObject
    {
        ["ok"] = false, ["error"] = "invalid_arguments",
        ["response_metadata"] = new JsonObject { ["messages"] = new JsonArray($"[ERROR] missing required field: {name}") },
    }));

    private static bool Flag(Call call, string name) => Arg(call, name) is "true" or "1" or "True";

    /// <summary>An argument that is an object or array: JSON in JSON, or JSON as a text in a form.</summary>
    private static JsonNode? Structure(Call call, string name)
    {
        if (call.Json[name] is JsonObject or JsonArray)
        {
            return call.Json[name]!.DeepClone();
        }

        try
        {
            return Arg(call, name) is { Length: > 0 } text ? JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false }) : null;
        }
        catch (JsonException)
        {
            throw Fail(name == "metadata" ? "metadata_must_be_sent_from_app" : "invalid_blocks_format");
        }
    }

    /// <summary>One page; the cursor is opaque to callers and names the position.</summary>
    private static (IReadOnlyList<T> Page, string Cursor) Page<T>(Call call, IReadOnlyList<T> items, int size, int largest)
    {
        if (Arg(call, "limit") is { Length: > 0 } text)
        {
            size = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given > 0 && given <= largest ? given : throw Fail("invalid_limit");
        }

        var start = 0;
        if (Arg(call, "cursor") is { Length: > 0 } cursor)
        {
            var bytes = new byte[cursor.Length];
            if (!Convert.TryFromBase64String(cursor, bytes, out var length)
                || !Encoding.ASCII.GetString(bytes, 0, length).StartsWith("next:", StringComparison.Ordinal)
                || !int.TryParse(Encoding.ASCII.GetString(bytes, 5, length - 5), NumberStyles.None, CultureInfo.InvariantCulture, out start))
            {
                throw Fail("invalid_cursor");
            }
        }

        var page = items.Skip(start).Take(size).ToList();
        var next = start + page.Count < items.Count ? Convert.ToBase64String(Encoding.ASCII.GetBytes($"next:{(start + page.Count).Plain()}")) : "";
        return (page, next);
    }

    private static JsonObject Metadata(string cursor) => new() { ["next_cursor"] = cursor };

    /// <summary>The channel that an id names, as the app may see it.</summary>
    private SlackChannel ChannelOf(Call call)
    {
        var id = Need(call, "channel");
        var channel = Workspace.Channels.Find(c => c.Id == id) ?? throw Fail("channel_not_found");
        return channel.IsPrivate && !channel.Members.Contains(ActorOf(call).Id) ? throw Fail("channel_not_found") : channel;
    }

    private SlackUser ActorOf(Call call) => call.Caller == "bot" ? Workspace.Bot : Workspace.User(call.Caller);
}
