using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Okta;

/// <summary>Okta's Core API (https://developer.okta.com/docs/api/), signed in with an API token.</summary>
internal sealed class OktaConnector : VendorConnector
{
    private const int MaxItems = 1000;
    private const string UserFields =
        "id, login, email, firstName, lastName, displayName, status, title, department, city, managerId, manager";

    // The most exact first.
    private static readonly string[] SearchArguments = ["email", "login", "name"];

    private readonly AuthenticationHeaderValue _authorization;
    private readonly SecretText _token;
    private volatile string? _actorId;

    public OktaConnector(OktaOptions options, IHttpClientFactory clients, TimeProvider time)
        : base("okta", "Okta", options.BaseUrl!, clients, time)
    {
        _token = options.Token!;
        _authorization = new AuthenticationHeaderValue("SSWS", _token.Reveal());
        var userId = ArgumentField.Text("userId", "The user's Okta id, or login.", 254).Required();
        var appId = ArgumentField.Text("appId", "The application's Okta id.", 40).Required();
        var groupId = ArgumentField.Text("groupId", "The group's Okta id.", 40).Required();
        Operations =
        [
            new("okta.users.find", OperationEffect.Read,
                $"Finds people in Okta by mail address, login or name; of several that are given the first of these counts. Result: items, each with {UserFields}.",
                new ArgumentSchema(
                    ArgumentField.Email("email", "The person's mail address."),
                    ArgumentField.Text("login", "The person's login, with or without the domain.", 254),
                    ArgumentField.Text("name", "First name, last name or both, or the beginning of one.")),
                FindUsersAsync),
            new("okta.users.get", OperationEffect.Read, $"Reads one person in Okta. Result: {UserFields}.", new ArgumentSchema(userId), GetUserAsync),
            new("okta.users.groups", OperationEffect.Read, "Lists the groups of a person. Result: items, each with id, name, description, type.",
                new ArgumentSchema(userId), ListGroupsAsync),
            new("okta.users.manager", OperationEffect.Read,
                $"Says who a person's manager is. Result: found; if true, the manager's {UserFields} (only displayName when the directory knows no more).",
                new ArgumentSchema(userId), GetManagerAsync),
            new("okta.users.reset_password", OperationEffect.Destructive,
                "Resets a person's password: the old one stops working and Okta mails the person a link to set a new one. Result: userId, emailSent.",
                new ArgumentSchema(userId, ArgumentField.Flag("sendEmail", "Whether Okta mails the link to the person; must be true.", true)),
                ResetPasswordAsync) { Reconcile = ReconcileResetAsync },
            new("okta.users.unlock", OperationEffect.Write,
                "Unlocks a person's account after too many failed sign-ins; the password stays. Result: userId, status.",
                new ArgumentSchema(userId), UnlockAsync) { Reconcile = ReconcileUnlockAsync, IsIdempotent = true },
            new("okta.groups.find", OperationEffect.Read,
                "Finds groups by the beginning of their name. Result: items, each with id, name, description, type.",
                new ArgumentSchema(ArgumentField.Text("text", "The beginning of the group's name.").Required()), FindGroupsAsync),
            new("okta.groups.members", OperationEffect.Read,
                "Lists the people of a group. Result: items, each with id, login, email, displayName, status; truncated.",
                new ArgumentSchema(groupId), ListMembersAsync),
            new("okta.apps.find", OperationEffect.Read,
                "Finds applications by the beginning of their name. Result: items, each with id, name, label, status, description, requiresApproval (null if unknown).",
                new ArgumentSchema(ArgumentField.Text("text", "The beginning of the application's name.").Required()), FindAppsAsync),
            new("okta.apps.user", OperationEffect.Read,
                "Says whether a person is assigned to an application. Result: assigned; if true, status, scope.",
                new ArgumentSchema(appId, userId), GetAppUserAsync),
            new("okta.apps.assign", OperationEffect.Write,
                "Assigns an application to a person; nothing changes when it is assigned already. Result: appId, userId, status, scope.",
                new ArgumentSchema(appId, userId), AssignAppAsync) { Reconcile = ReconcileAssignAsync, IsIdempotent = true },
        ];
    }

    public override IReadOnlyList<OperationSpec> Operations { get; }

    public override IReadOnlyList<string> Redact { get; } = ["email"];

    protected override IEnumerable<SecretText?> Secrets => [_token];

    /// <summary>A string literal of Okta's search and filter expressions.</summary>
    internal static string Quote(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    protected override ValueTask<AuthenticationHeaderValue> AuthorizeAsync(OperationCall call) => ValueTask.FromResult(_authorization);

    protected override TimeSpan? ReadRetryAfter(VendorReply reply) =>
        reply.RetryAfter(Time.GetUtcNow()) ?? (reply.Status == 429 ? reply.UntilEpochSeconds("X-Rate-Limit-Reset", Time.GetUtcNow()) : null);

    protected override VendorError? ReadError(VendorReply reply)
    {
        if (reply.Json.Text("errorSummary") is not { } summary)
        {
            return null;
        }

        var causes = reply.Json.Member("errorCauses").Items().Select(cause => cause.Text("errorSummary")).OfType<string>().ToList();
        var message = causes.Count == 0 ? summary : $"{summary} ({string.Join("; ", causes)})";
        return reply.Json.Text("errorCode") switch
        {
            "E0000047" => new VendorError(message, FailureCodes.RateLimited),
            // Not in the state that the operation asks for: not locked, not active.
            "E0000032" or "E0000038" or "E0000016" => new VendorError(message, FailureCodes.Conflict),
            "E0000011" or "E0000004" => new VendorError($"{message} Check the token that is configured for Okta.", FailureCodes.Unauthenticated),
            _ => new VendorError(message),
        };
    }

    private static JsonObject Flat(JsonElement user)
    {
        var profile = user.Member("profile");
        return new JsonObject
        {
            ["id"] = user.Text("id"),
            ["login"] = profile.Text("login"),
            ["email"] = profile.Text("email"),
            ["firstName"] = profile.Text("firstName"),
            ["lastName"] = profile.Text("lastName"),
            ["displayName"] = profile.Text("displayName") ?? string.Join(' ', new[] { profile.Text("firstName"), profile.Text("lastName") }.Where(part => part is not null)),
            ["status"] = user.Text("status"),
            ["title"] = profile.Text("title"),
            ["department"] = profile.Text("department"),
            ["city"] = profile.Text("city"),
            ["managerId"] = profile.Text("managerId"),
            ["manager"] = profile.Text("manager"),
        };
    }

    private static RequestPath UserPath(string userId, params ReadOnlySpan<string> rest)
    {
        // "me" would be the owner of our token.
        if (userId.Equals("me", StringComparison.OrdinalIgnoreCase) || userId.AsSpan().ContainsAny("/\\?#%"))
        {
            throw OutcomeException.Invalid("userId", "must be an Okta user id or a login.");
        }

        var path = new RequestPath("api", "v1", "users").Segment(userId);
        foreach (var segment in rest)
        {
            path.Segment(segment);
        }

        return path;
    }

    private static string SearchFor(Arguments arguments)
    {
        var given = SearchArguments.FirstOrDefault(name => arguments.OptionalText(name) is not null)
            ?? throw OutcomeException.Invalid("email", "give one of email, login and name.");
        var value = arguments.Text(given);
        switch (given)
        {
            case "email":
                return $"profile.email eq {Quote(value)}";
            case "login":
                return value.Contains('@', StringComparison.Ordinal)
                    ? $"profile.login eq {Quote(value)}"
                    : $"profile.login eq {Quote(value)} or profile.login sw {Quote(value + "@")}";
        }

        var words = value.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var choices = new List<string> { $"profile.displayName sw {Quote(string.Join(' ', words))}" };
        if (words.Length == 1)
        {
            choices.Add($"profile.firstName sw {Quote(words[0])}");
            choices.Add($"profile.lastName sw {Quote(words[0])}");
        }

        // Where the first name ends is unknown when there are more than two words.
        for (var split = 1; split < Math.Min(words.Length, 4); split++)
        {
            choices.Add($"(profile.firstName sw {Quote(string.Join(' ', words[..split]))} and profile.lastName sw {Quote(string.Join(' ', words[split..]))})");
        }

        return string.Join(" or ", choices);
    }

    private async Task<JsonObject> FindUsersAsync(OperationCall call)
    {
        var path = new RequestPath("api", "v1", "users").Query("search", SearchFor(call.Arguments)).Query("limit", "25");
        var reply = await GetAsync(call, path);
        return reply.Json.ValueKind == JsonValueKind.Array
            ? new JsonObject { ["items"] = new JsonArray([.. reply.Json.EnumerateArray().Select(Flat)]) }
            : throw Incomprehensible(isWrite: false);
    }

    private async Task<JsonElement> ReadUserAsync(OperationCall call, string userId)
    {
        var reply = await GetAsync(call, UserPath(userId));
        return reply.Json.Text("id") is null ? throw Incomprehensible(isWrite: false) : reply.Json;
    }

    private async Task<JsonObject> GetUserAsync(OperationCall call) => Flat(await ReadUserAsync(call, call.Arguments.Text("userId")));

    private async Task<JsonObject> ListGroupsAsync(OperationCall call)
    {
        var groups = await ListAsync(call, UserPath(call.Arguments.Text("userId"), "groups").Query("limit", "200"));
        return new JsonObject
        {
            ["items"] = new JsonArray([.. groups.Items.Select(FlatGroup)]),
            ["truncated"] = groups.IsTruncated,
        };
    }

    private static JsonObject FlatGroup(JsonElement group) => new()
    {
        ["id"] = group.Text("id"),
        ["name"] = group.Member("profile").Text("name"),
        ["description"] = group.Member("profile").Text("description"),
        ["type"] = group.Text("type"),
    };

    private async Task<JsonObject> FindGroupsAsync(OperationCall call)
    {
        var reply = await GetAsync(call, new RequestPath("api", "v1", "groups").Query("q", call.Arguments.Text("text")).Query("limit", "50"));
        return reply.Json.ValueKind == JsonValueKind.Array
            ? new JsonObject { ["items"] = new JsonArray([.. reply.Json.EnumerateArray().Select(FlatGroup)]) }
            : throw Incomprehensible(isWrite: false);
    }

    private async Task<JsonObject> ListMembersAsync(OperationCall call)
    {
        var groupId = call.Arguments.Text("groupId");
        if (!groupId.All(char.IsAsciiLetterOrDigit))
        {
            throw OutcomeException.Invalid("groupId", "must be an Okta group id: letters and digits.");
        }

        var members = await ListAsync(call, new RequestPath("api", "v1", "groups").Segment(groupId).Segment("users").Query("limit", "200"));
        return new JsonObject
        {
            ["items"] = new JsonArray([.. members.Items.Select(member => new JsonObject
            {
                ["id"] = member.Text("id"),
                ["login"] = member.Member("profile").Text("login"),
                ["email"] = member.Member("profile").Text("email"),
                ["displayName"] = member.Member("profile").Text("displayName"),
                ["status"] = member.Text("status"),
            })]),
            ["truncated"] = members.IsTruncated,
        };
    }

    private async Task<JsonObject> GetManagerAsync(OperationCall call)
    {
        var user = await ReadUserAsync(call, call.Arguments.Text("userId"));
        var profile = user.Member("profile");
        var result = new JsonObject { ["found"] = false };
        if (profile.Text("managerId") is { Length: > 0 } managerId)
        {
            try
            {
                result = Flat(await ReadUserAsync(call, managerId));
                result.Insert(0, "found", true);
                return result;
            }
            catch (OutcomeException exception) when (exception.Outcome is ActionFailed { Code: FailureCodes.NotFound or FailureCodes.InvalidArgument })
            {
                // managerId is free text in Okta; what other directories put there need not be a user of this one.
            }
        }

        if (profile.Text("manager") is { Length: > 0 } name)
        {
            result = new JsonObject { ["found"] = true, ["displayName"] = name };
        }

        return result;
    }

    private async Task<JsonObject> FindAppsAsync(OperationCall call)
    {
        var path = new RequestPath("api", "v1", "apps").Query("q", call.Arguments.Text("text")).Query("limit", "50");
        var reply = await GetAsync(call, path);
        return reply.Json.ValueKind == JsonValueKind.Array
            ? new JsonObject
            {
                ["items"] = new JsonArray([.. reply.Json.EnumerateArray().Select(app => new JsonObject
                {
                    ["id"] = app.Text("id"),
                    ["name"] = app.Text("name"),
                    ["label"] = app.Text("label"),
                    ["status"] = app.Text("status"),
                    ["description"] = app.Member("profile").Text("description"),
                    ["requiresApproval"] = app.Member("profile")?.Flag("requiresApproval"),
                })]),
            }
            : throw Incomprehensible(isWrite: false);
    }

    private static RequestPath AppPath(string appId, params ReadOnlySpan<string> rest)
    {
        if (appId.Length == 0 || !appId.All(char.IsAsciiLetterOrDigit))
        {
            throw OutcomeException.Invalid("appId", "must be an Okta application id: letters and digits.");
        }

        var path = new RequestPath("api", "v1", "apps").Segment(appId);
        foreach (var segment in rest)
        {
            path.Segment(segment);
        }

        return path;
    }

    /// <summary>The assignment of an application to a person; null when there is none.</summary>
    private async Task<JsonElement?> FindAssignmentAsync(OperationCall call)
    {
        // Under an application only ids lead to a person, not logins.
        var user = await ReadUserAsync(call, call.Arguments.Text("userId"));
        try
        {
            return (await GetAsync(call, AppPath(call.Arguments.Text("appId"), "users", user.Text("id")!))).Json;
        }
        catch (OutcomeException exception) when (exception.Outcome is ActionFailed { Code: FailureCodes.NotFound })
        {
            // Okta says the same of an application that does not exist.
            await GetAsync(call, AppPath(call.Arguments.Text("appId")));
            return null;
        }
    }

    private async Task<JsonObject> GetAppUserAsync(OperationCall call) => await FindAssignmentAsync(call) is { } found
        ? new JsonObject { ["assigned"] = true, ["status"] = found.Text("status"), ["scope"] = found.Text("scope") }
        : new JsonObject { ["assigned"] = false };

    private async Task<JsonObject> AssignAppAsync(OperationCall call)
    {
        var user = await ReadUserAsync(call, call.Arguments.Text("userId"));
        var body = new JsonObject { ["id"] = user.Text("id"), ["scope"] = "USER" };
        var reply = await WriteAsync(call, HttpMethod.Post, AppPath(call.Arguments.Text("appId"), "users"), body);
        return AssignResult(call, reply.Json);
    }

    private async Task<ReconcileOutcome> ReconcileAssignAsync(OperationCall call, DateTimeOffset sentAt) =>
        // Whether we or somebody else assigned it: what was asked for is so.
        await FindAssignmentAsync(call) is { } found
            ? new ReconciledDone(JsonSerializer.SerializeToElement(AssignResult(call, found)))
            : new ReconciledNotDone();

    private static JsonObject AssignResult(OperationCall call, JsonElement assignment) => new()
    {
        ["appId"] = call.Arguments.Text("appId"),
        ["userId"] = call.Arguments.Text("userId"),
        ["status"] = assignment.Text("status"),
        ["scope"] = assignment.Text("scope"),
    };

    private async Task<JsonObject> ResetPasswordAsync(OperationCall call)
    {
        if (!call.Arguments.Flag("sendEmail"))
        {
            throw OutcomeException.Invalid("sendEmail", "must be true: a reset link in an answer would let whoever reads it take over the account.");
        }

        var userId = call.Arguments.Text("userId");
        await WriteAsync(call, HttpMethod.Post, UserPath(userId, "lifecycle", "reset_password").Query("sendEmail", "true"), null);
        return ResetResult(userId);
    }

    private async Task<JsonObject> UnlockAsync(OperationCall call)
    {
        var userId = call.Arguments.Text("userId");
        await WriteAsync(call, HttpMethod.Post, UserPath(userId, "lifecycle", "unlock"), null);
        return UnlockResult(userId, "ACTIVE");
    }

    private static JsonObject ResetResult(string userId) => new() { ["userId"] = userId, ["emailSent"] = true };

    private static JsonObject UnlockResult(string userId, string? status) => new() { ["userId"] = userId, ["status"] = status };

    private async Task<ReconcileOutcome> ReconcileResetAsync(OperationCall call, DateTimeOffset sentAt)
    {
        var userId = call.Arguments.Text("userId");
        var user = await ReadUserAsync(call, userId);
        if (await WasLoggedAsync(call, "user.account.reset_password", user.Text("id")!, sentAt))
        {
            return new ReconciledDone(JsonSerializer.SerializeToElement(ResetResult(userId)));
        }

        // The log may lag a little, the user's status does not: a reset leaves RECOVERY with a fresh time.
        return user.Text("status") == "RECOVERY" && user.Text("statusChanged") is { } changed &&
               DateTimeOffset.TryParse(changed, System.Globalization.CultureInfo.InvariantCulture, out var at) && at >= sentAt - ClockSkew
            ? new ReconcileUnknown("The password was reset about then, but Okta's log does not say by whom.")
            : new ReconciledNotDone();
    }

    private async Task<ReconcileOutcome> ReconcileUnlockAsync(OperationCall call, DateTimeOffset sentAt)
    {
        var userId = call.Arguments.Text("userId");
        var user = await ReadUserAsync(call, userId);
        // Whether we or somebody else unlocked it: what was asked for is so.
        return user.Text("status") == "LOCKED_OUT"
            ? new ReconciledNotDone()
            : new ReconciledDone(JsonSerializer.SerializeToElement(UnlockResult(userId, user.Text("status"))));
    }

    private async Task<bool> WasLoggedAsync(OperationCall call, string eventType, string targetId, DateTimeOffset sentAt)
    {
        _actorId ??= (await GetAsync(call, new RequestPath("api", "v1", "users", "me"))).Json.Text("id") ?? throw Incomprehensible(isWrite: false);
        var path = new RequestPath("api", "v1", "logs")
            .Query("since", (sentAt - ClockSkew).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture))
            .Query("filter", $"eventType eq {Quote(eventType)} and target.id eq {Quote(targetId)} and actor.id eq {Quote(_actorId)}")
            .Query("sortOrder", "DESCENDING")
            .Query("limit", "10");
        var reply = await GetAsync(call, path);
        return reply.Json.ValueKind == JsonValueKind.Array
            ? reply.Json.EnumerateArray().Any(entry => entry.Member("outcome").Text("result") is null or "SUCCESS")
            : throw Incomprehensible(isWrite: false);
    }

    /// <summary>Follows the pages of a list; its links must stay on the path that was asked for.</summary>
    private async Task<(List<JsonElement> Items, bool IsTruncated)> ListAsync(OperationCall call, RequestPath path)
    {
        List<JsonElement> items = [];
        var first = path.Below(BaseUrl);
        for (Uri? url = first; url is not null;)
        {
            var reply = await ExchangeAsync(call, HttpMethod.Get, url, null, isWrite: false);
            if (reply.Json.ValueKind != JsonValueKind.Array)
            {
                throw Incomprehensible(isWrite: false);
            }

            items.AddRange(reply.Json.EnumerateArray());
            var next = LinkHeader.Next(reply.Headers("Link"));
            if (items.Count >= MaxItems)
            {
                return (items, next is not null);
            }

            if (next is not null && (next.AbsolutePath != first.AbsolutePath || next == url))
            {
                throw Incomprehensible(isWrite: false);
            }

            url = next;
        }

        return (items, false);
    }
}
