using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.ServiceNow;

/// <summary>ServiceNow's Table API, signed in with basic authentication or OAuth.</summary>
internal sealed partial class ServiceNowConnector : VendorConnector
{
    private const string IncidentFields =
        "sys_id,number,short_description,description,state,active,priority,impact,urgency,category,subcategory,caller_id,caller_id.email," +
        "assignment_group,assigned_to,opened_at,sys_updated_on,resolved_at,close_notes,correlation_id";

    private const string IncidentResult =
        "number, id, shortDescription, description, state, stateCode, active, priority, impact, urgency, category, subcategory, caller, callerEmail, " +
        "assignmentGroup, assignedTo, openedAt, updatedAt, resolvedAt, closeNotes, url";

    private readonly ServiceNowOptions _options;
    private readonly AuthenticationHeaderValue? _basic;
    private readonly OAuthTokens? _tokens;

    public ServiceNowConnector(ServiceNowOptions options, IHttpClientFactory clients, TimeProvider time)
        : base("servicenow", "ServiceNow", options.BaseUrl!, clients, time)
    {
        _options = options;
        if (string.IsNullOrWhiteSpace(options.ClientId))
        {
            _basic = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{options.Password!.Reveal()}")));
        }
        else
        {
            _tokens = new OAuthTokens(time, FetchTokenAsync);
        }

        var number = ArgumentField.Text("number", "The incident's number, such as INC0010001.", 40).Required();
        Operations =
        [
            new("servicenow.users.find", OperationEffect.Read,
                "Finds a person in ServiceNow by mail address. Result: items, each with id, userName, name, email, title, department, location, manager, active.",
                new ArgumentSchema(ArgumentField.Email("email", "The person's mail address.").Required()), FindUsersAsync),
            new("servicenow.incidents.get", OperationEffect.Read, $"Reads one incident. Result: {IncidentResult}.", new ArgumentSchema(number), GetIncidentAsync),
            new("servicenow.incidents.find", OperationEffect.Read,
                $"Finds incidents, the newest first. Result: items, each with {IncidentResult}; total.",
                new ArgumentSchema(
                    ArgumentField.Email("callerEmail", "Only those reported by the person with this mail address."),
                    ArgumentField.Text("text", "Only those whose short or long description contains this."),
                    ArgumentField.Flag("active", "Only open (true) or only closed (false) ones."),
                    ArgumentField.Number("limit", "How many at most.", 1, 100, 10)),
                FindIncidentsAsync),
            new("servicenow.incidents.create", OperationEffect.Write, $"Opens an incident. Result: {IncidentResult}.",
                new ArgumentSchema(
                    ArgumentField.Text("shortDescription", "One line that says what is wrong.", 160).Required(),
                    ArgumentField.Multiline("description", "What happened, where, since when, and who is affected.").Required(),
                    ArgumentField.Email("callerEmail", "The mail address of the person who reports it.").Required(),
                    ArgumentField.Text("category", "The category's value, such as inquiry, software, hardware, network or database.", 40).Required(),
                    ArgumentField.Text("subcategory", "The subcategory's value, such as vpn, email or password.", 40),
                    ArgumentField.Number("impact", "1 high (many people), 2 medium (a team), 3 low (one person).", 1, 3).Required(),
                    ArgumentField.Number("urgency", "1 high (work stands still), 2 medium, 3 low.", 1, 3).Required(),
                    ArgumentField.Text("assignmentGroup", "The exact name of the group that should handle it.", 80)),
                CreateIncidentAsync) { Reconcile = ReconcileCreateAsync },
            new("servicenow.incidents.comment", OperationEffect.Write, "Adds a comment that the caller of the incident sees. Result: number, id.",
                new ArgumentSchema(number, ArgumentField.Multiline("comment", "The comment.", 8000).Required()),
                CommentAsync) { Reconcile = ReconcileCommentAsync },
            new("servicenow.catalog.find", OperationEffect.Read,
                "Finds what can be requested in the service catalogue. Result: items, each with id, name, description, approvalRequired (null if unknown).",
                new ArgumentSchema(ArgumentField.Text("text", "A part of the item's name or description.").Required()), FindCatalogAsync),
        ];
    }

    public override IReadOnlyList<OperationSpec> Operations { get; }

    public override IReadOnlyList<string> Redact { get; } = ["description", "comment", "email", "callerEmail"];

    protected override IEnumerable<SecretText?> Secrets => [_options.Password, _options.ClientSecret, _tokens?.Current?.Token];

    protected override async ValueTask<AuthenticationHeaderValue> AuthorizeAsync(OperationCall call) =>
        _basic ?? new AuthenticationHeaderValue("Bearer", (await _tokens!.GetAsync(call)).Token.Reveal());

    protected override bool TryRenewCredentials(AuthenticationHeaderValue refused, VendorReply reply)
    {
        _tokens?.Forget(refused.Parameter!);
        return _tokens is not null;
    }

    protected override TimeSpan? ReadRetryAfter(VendorReply reply) =>
        reply.RetryAfter(Time.GetUtcNow()) ?? (reply.Status == 429 ? reply.UntilEpochSeconds("X-RateLimit-Reset", Time.GetUtcNow()) : null);

    protected override VendorError? ReadError(VendorReply reply)
    {
        var error = reply.Json.Member("error");
        return error.Text("message") is { } message
            ? new VendorError(error.Text("detail") is { Length: > 0 } detail ? $"{message}: {detail}" : message)
            : null;
    }

    private static RequestPath Table(string table, string? sysId = null)
    {
        var path = new RequestPath("api", "now", "table", table);
        return sysId is null ? path : path.Segment(sysId);
    }

    private static RequestPath Shown(RequestPath path, string fields) =>
        path.Query("sysparm_display_value", "all").Query("sysparm_exclude_reference_link", "true").Query("sysparm_fields", fields);

    // With sysparm_display_value=all every field is an object with value and display_value.
    private static string? Value(JsonElement record, string field) => record.Member(field).Text("value") is { Length: > 0 } value ? value : null;

    private static string? Display(JsonElement record, string field) => record.Member(field).Text("display_value") is { Length: > 0 } text ? text : null;

    private static int? Number(JsonElement record, string field) =>
        int.TryParse(Value(record, field), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Table values of date and time are in UTC.</summary>
    private static string? Timestamp(JsonElement record, string field) => TimeOf(record, field)?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static DateTimeOffset? TimeOf(JsonElement record, string field) =>
        DateTimeOffset.TryParseExact(Value(record, field), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private JsonObject FlatIncident(JsonElement record)
    {
        var number = Value(record, "number");
        return new JsonObject
        {
            ["number"] = number,
            ["id"] = Value(record, "sys_id"),
            ["shortDescription"] = Value(record, "short_description"),
            ["description"] = Value(record, "description"),
            ["state"] = Display(record, "state"),
            ["stateCode"] = Number(record, "state"),
            ["active"] = Value(record, "active") == "true",
            ["priority"] = Number(record, "priority"),
            ["impact"] = Number(record, "impact"),
            ["urgency"] = Number(record, "urgency"),
            ["category"] = Value(record, "category"),
            ["subcategory"] = Value(record, "subcategory"),
            ["caller"] = Display(record, "caller_id"),
            ["callerEmail"] = Value(record, "caller_id.email"),
            ["assignmentGroup"] = Display(record, "assignment_group"),
            ["assignedTo"] = Display(record, "assigned_to"),
            ["openedAt"] = Timestamp(record, "opened_at"),
            ["updatedAt"] = Timestamp(record, "sys_updated_on"),
            ["resolvedAt"] = Timestamp(record, "resolved_at"),
            ["closeNotes"] = Value(record, "close_notes"),
            ["url"] = number is null ? null : $"{BaseUrl.GetLeftPart(UriPartial.Authority)}/nav_to.do?uri=incident.do?sysparm_query=number={Uri.EscapeDataString(number)}",
        };
    }

    private static string NumberOf(Arguments arguments)
    {
        var number = arguments.Text("number").ToUpperInvariant();
        return IncidentNumber().IsMatch(number) ? number : throw OutcomeException.Invalid("number", "must be an incident's number, such as INC0010001.");
    }

    private async Task<(List<JsonElement> Records, int? Total)> QueryAsync(OperationCall call, string table, EncodedQuery query, string fields, int limit)
    {
        var path = Shown(Table(table).Query("sysparm_query", query.ToString()).Query("sysparm_limit", limit.ToString(CultureInfo.InvariantCulture)), fields);
        var reply = await GetAsync(call, path);
        if (reply.Json.Member("result") is not { ValueKind: JsonValueKind.Array } result)
        {
            throw Incomprehensible(isWrite: false);
        }

        var total = int.TryParse(reply.Header("X-Total-Count"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : (int?)null;
        return ([.. result.EnumerateArray()], total);
    }

    private async Task<JsonElement> ReadIncidentAsync(OperationCall call, string number, string fields)
    {
        var (records, _) = await QueryAsync(call, "incident", new EncodedQuery().Is("number", number, "number"), fields, 1);
        // A column that the caller's rights hide makes the instance ignore the condition: compare once more.
        return records.Count == 1 && Value(records[0], "number") == number
            ? records[0]
            : throw OutcomeException.Failed(FailureCodes.NotFound, $"ServiceNow has no incident {number}.");
    }

    private async Task<JsonObject> FindUsersAsync(OperationCall call)
    {
        var (records, _) = await QueryAsync(
            call, "sys_user", new EncodedQuery().Is("email", call.Arguments.Text("email"), "email").And("ORDERBYuser_name"),
            "sys_id,user_name,name,email,title,department,location,manager,active", 25);
        return new JsonObject
        {
            ["items"] = new JsonArray([.. records.Select(record => new JsonObject
            {
                ["id"] = Value(record, "sys_id"),
                ["userName"] = Value(record, "user_name"),
                ["name"] = Value(record, "name"),
                ["email"] = Value(record, "email"),
                ["title"] = Value(record, "title"),
                ["department"] = Display(record, "department"),
                ["location"] = Display(record, "location"),
                ["manager"] = Display(record, "manager"),
                ["active"] = Value(record, "active") == "true",
            })]),
        };
    }

    private async Task<JsonObject> GetIncidentAsync(OperationCall call) => FlatIncident(await ReadIncidentAsync(call, NumberOf(call.Arguments), IncidentFields));

    private async Task<JsonObject> FindIncidentsAsync(OperationCall call)
    {
        var query = new EncodedQuery();
        if (call.Arguments.OptionalFlag("active") is { } active)
        {
            query.And(active ? "active=true" : "active=false");
        }

        if (call.Arguments.OptionalText("callerEmail") is { } email)
        {
            query.Is("caller_id.email", email, "callerEmail");
        }

        if (call.Arguments.OptionalText("text") is { } text)
        {
            query.AnyContains(text, "text", "short_description", "description");
        }

        var (records, total) = await QueryAsync(call, "incident", query.And("ORDERBYDESCopened_at"), IncidentFields, call.Arguments.Number("limit"));
        return new JsonObject { ["items"] = new JsonArray([.. records.Select(FlatIncident)]), ["total"] = total ?? records.Count };
    }

    private async Task<JsonObject> CreateIncidentAsync(OperationCall call)
    {
        var arguments = call.Arguments;
        var callerEmail = arguments.Text("callerEmail");
        var (callers, _) = await QueryAsync(call, "sys_user", new EncodedQuery().Is("email", callerEmail, "callerEmail").And("active=true"), "sys_id,email", 2);
        var callerId = callers.Count == 1 && string.Equals(Value(callers[0], "email"), callerEmail, StringComparison.OrdinalIgnoreCase)
            ? Value(callers[0], "sys_id")
            : throw OutcomeException.Invalid("callerEmail", callers.Count == 0 ? "no active person in ServiceNow has this mail address." : "more than one person in ServiceNow has this mail address.");
        var body = new JsonObject
        {
            ["short_description"] = arguments.Text("shortDescription"),
            ["description"] = arguments.Text("description"),
            ["caller_id"] = callerId,
            ["category"] = arguments.Text("category"),
            ["impact"] = arguments.Number("impact").ToString(CultureInfo.InvariantCulture),
            ["urgency"] = arguments.Number("urgency").ToString(CultureInfo.InvariantCulture),
            ["contact_type"] = "self-service",
            // There is no idempotency key in the Table API; this is how an earlier attempt is found.
            ["correlation_id"] = call.SafeActionId,
            ["correlation_display"] = "Steward",
        };
        if (arguments.OptionalText("subcategory") is { } subcategory)
        {
            body["subcategory"] = subcategory;
        }

        if (arguments.OptionalText("assignmentGroup") is { } group)
        {
            var (groups, _) = await QueryAsync(call, "sys_user_group", new EncodedQuery().Is("name", group, "assignmentGroup").And("active=true"), "sys_id,name", 2);
            body["assignment_group"] = groups.Count == 1
                ? Value(groups[0], "sys_id")
                : throw OutcomeException.Invalid("assignmentGroup", "there is no group of exactly this name in ServiceNow.");
        }

        var reply = await WriteAsync(call, HttpMethod.Post, Shown(Table("incident"), IncidentFields), body);
        return reply.Json.Member("result") is { ValueKind: JsonValueKind.Object } created && Value(created, "number") is not null
            ? FlatIncident(created)
            : throw Incomprehensible(isWrite: true);
    }

    private async Task<ReconcileOutcome> ReconcileCreateAsync(OperationCall call, DateTimeOffset sentAt)
    {
        var query = new EncodedQuery().Is("correlation_id", call.SafeActionId, "actionId").And("ORDERBYsys_created_on");
        var (records, _) = await QueryAsync(call, "incident", query, IncidentFields, 2);
        return records.Find(record => Value(record, "correlation_id") == call.SafeActionId) is { ValueKind: JsonValueKind.Object } found
            ? new ReconciledDone(JsonSerializer.SerializeToElement(FlatIncident(found)))
            : records.Count == 0
                ? new ReconciledNotDone()
                : new ReconcileUnknown("ServiceNow does not let us search incidents by correlation_id; the integration user needs read access to it.");
    }

    private async Task<JsonObject> CommentAsync(OperationCall call)
    {
        var number = NumberOf(call.Arguments);
        var incident = await ReadIncidentAsync(call, number, "sys_id,number");
        var sysId = Value(incident, "sys_id") ?? throw Incomprehensible(isWrite: false);
        await WriteAsync(call, HttpMethod.Patch, Shown(Table("incident", sysId), "sys_id,number"), new JsonObject { ["comments"] = call.Arguments.Text("comment") });
        return CommentResult(number, sysId);
    }

    private static JsonObject CommentResult(string number, string? sysId) => new() { ["number"] = number, ["id"] = sysId };

    private async Task<ReconcileOutcome> ReconcileCommentAsync(OperationCall call, DateTimeOffset sentAt)
    {
        var number = NumberOf(call.Arguments);
        var incident = await ReadIncidentAsync(call, number, "sys_id,number,sys_updated_on,comments");
        if (TimeOf(incident, "sys_updated_on") is { } updated && updated < sentAt - ClockSkew)
        {
            return new ReconciledNotDone();
        }

        // The display value of a journal field is the whole journal, the newest entry first.
        var journal = Normal(Display(incident, "comments") ?? Value(incident, "comments") ?? "");
        return journal.Length == 0
            ? new ReconcileUnknown($"Incident {number} was changed about then, and its comments cannot be read.")
            : journal.Contains(Normal(call.Arguments.Text("comment")), StringComparison.Ordinal)
                ? new ReconciledDone(JsonSerializer.SerializeToElement(CommentResult(number, Value(incident, "sys_id"))))
                : new ReconciledNotDone();
    }

    private static string Normal(string text) => text.ReplaceLineEndings("\n").Trim();

    private async Task<JsonObject> FindCatalogAsync(OperationCall call)
    {
        var query = new EncodedQuery().And("active=true").AnyContains(call.Arguments.Text("text"), "text", "name", "short_description").And("ORDERBYname");
        var (records, _) = await QueryAsync(call, "sc_cat_item", query, "sys_id,name,short_description,u_approval_required", 25);
        return new JsonObject
        {
            ["items"] = new JsonArray([.. records.Select(record => new JsonObject
            {
                ["id"] = Value(record, "sys_id"),
                ["name"] = Value(record, "name"),
                ["description"] = Value(record, "short_description"),
                ["approvalRequired"] = Value(record, "u_approval_required") is { } required ? required == "true" : null,
            })]),
        };
    }

    private async Task<AccessToken> FetchTokenAsync(OperationCall call)
    {
        var form = new Dictionary<string, string> { ["client_id"] = _options.ClientId!, ["client_secret"] = _options.ClientSecret!.Reveal() };
        if (string.IsNullOrWhiteSpace(_options.User))
        {
            form["grant_type"] = "client_credentials";
        }
        else
        {
            form["grant_type"] = "password";
            form["username"] = _options.User;
            form["password"] = _options.Password!.Reveal();
        }

        return await OAuthExchange.SendAsync(form, async body =>
            await SendAsync(call, HttpMethod.Post, new RequestPath("oauth_token.do").Below(BaseUrl), body, "application/x-www-form-urlencoded", null, isWrite: false),
            ReadError, Product, Time);
    }

    [GeneratedRegex(@"\A[A-Z]{2,10}[0-9]{1,20}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IncidentNumber();
}
