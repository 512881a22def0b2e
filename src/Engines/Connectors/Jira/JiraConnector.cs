using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Jira;

/// <summary>Jira Cloud's REST API v3, signed in with an account's API token.</summary>
internal sealed partial class JiraConnector : VendorConnector
{
    private const string Fields = "summary,description,status,issuetype,priority,assignee,reporter,project,labels,created,updated,resolution";
    private const string IssueResult =
        "key, id, summary, description, status, statusCategory, issueType, priority, assignee, assigneeEmail, reporter, reporterEmail, project, labels, " +
        "resolution, created, updated, url";

    private readonly SecretText _token;
    private readonly TimeSpan _searchDelay;
    private readonly AuthenticationHeaderValue _authorization;

    public JiraConnector(JiraOptions options, IHttpClientFactory clients, TimeProvider time)
        : base("jira", "Jira", options.BaseUrl!, clients, time)
    {
        _token = options.Token!;
        _searchDelay = options.SearchDelay;
        _authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{_token.Reveal()}")));
        var key = ArgumentField.Text("key", "The issue's key, such as WEB-12.", 80).Required();
        Operations =
        [
            new("jira.issues.get", OperationEffect.Read, $"Reads one issue. Result: {IssueResult}.", new ArgumentSchema(key), GetIssueAsync),
            new("jira.issues.search", OperationEffect.Read, $"Finds issues with a JQL query. Result: items, each with {IssueResult}; truncated.",
                new ArgumentSchema(
                    ArgumentField.Text("jql", "The query, such as: project = WEB AND status != Done ORDER BY created DESC.", 2000).Required(),
                    ArgumentField.Number("limit", "How many at most.", 1, 200, 20)),
                SearchAsync),
            new("jira.issues.create", OperationEffect.Write, "Creates an issue. Result: key, id, summary, url.",
                new ArgumentSchema(
                    ArgumentField.Text("project", "The project's key, such as WEB.", 20).Required(),
                    ArgumentField.Text("issueType", "The type's name, such as Task or Bug.", 60).Required(),
                    ArgumentField.Text("summary", "One line that says what it is about.", 255).Required(),
                    ArgumentField.Multiline("description", "The description.").Required(),
                    ArgumentField.Texts("labels", "Labels, without spaces.")),
                CreateIssueAsync) { Reconcile = ReconcileCreateAsync },
            new("jira.issues.comment", OperationEffect.Write, "Adds a comment to an issue. Result: key, id.",
                new ArgumentSchema(
                    key,
                    ArgumentField.Multiline("comment", "The comment.", 8000).Required(),
                    ArgumentField.Flag("internal", "Whether customers of a service project do not see it; without it they do.")),
                CommentAsync) { Reconcile = ReconcileCommentAsync },
        ];
    }

    public override IReadOnlyList<OperationSpec> Operations { get; }

    public override IReadOnlyList<string> Redact { get; } = ["description", "comment", "text"];

    protected override IEnumerable<SecretText?> Secrets => [_token];

    protected override ValueTask<AuthenticationHeaderValue> AuthorizeAsync(OperationCall call) => ValueTask.FromResult(_authorization);

    protected override TimeSpan? ReadRetryAfter(VendorReply reply) =>
        reply.RetryAfter(Time.GetUtcNow()) ?? (reply.Status == 429 ? reply.UntilTimestamp("X-RateLimit-Reset", Time.GetUtcNow()) : null);

    protected override VendorError? ReadError(VendorReply reply)
    {
        var messages = reply.Json.Member("errorMessages").Items().Select(message => ((JsonElement?)message).AsText()).OfType<string>();
        List<(string Name, string? Text)> fields = reply.Json.Member("errors") is { ValueKind: JsonValueKind.Object } errors
            ? [.. errors.EnumerateObject().Select(error => (error.Name, ((JsonElement?)error.Value).AsText()))]
            : [];
        var message = string.Join(" ", messages.Concat(fields.Select(field => $"{field.Name}: {field.Text}")));
        var argument = fields.Count == 0 ? null : fields[0].Name switch
        {
            "issuetype" => "issueType",
            "project" or "summary" or "description" or "labels" => fields[0].Name,
            "comment" => "comment",
            _ => null,
        };
        return message.Length == 0 ? null : new VendorError(message, argument is null ? null : FailureCodes.InvalidArgument, Field: argument);
    }

    private static string KeyOf(Arguments arguments)
    {
        var key = arguments.Text("key").ToUpperInvariant();
        return IssueKey().IsMatch(key) ? key : throw OutcomeException.Invalid("key", "must be an issue's key, such as WEB-12.");
    }

    private string? UrlOf(string? key) => key is null ? null : $"{BaseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}/browse/{Uri.EscapeDataString(key)}";

    private JsonObject Flat(JsonElement issue)
    {
        var fields = issue.Member("fields");
        return new JsonObject
        {
            ["key"] = issue.Text("key"),
            ["id"] = issue.Text("id"),
            ["summary"] = fields.Text("summary"),
            ["description"] = DocumentFormat.ToText(fields.Member("description")),
            ["status"] = fields.Member("status").Text("name"),
            ["statusCategory"] = fields.Member("status").Member("statusCategory").Text("name"),
            ["issueType"] = fields.Member("issuetype").Text("name"),
            ["priority"] = fields.Member("priority").Text("name"),
            ["assignee"] = fields.Member("assignee").Text("displayName"),
            ["assigneeEmail"] = fields.Member("assignee").Text("emailAddress"),
            ["reporter"] = fields.Member("reporter").Text("displayName"),
            ["reporterEmail"] = fields.Member("reporter").Text("emailAddress"),
            ["project"] = fields.Member("project").Text("key"),
            ["labels"] = new JsonArray([.. fields.Member("labels").Items().Select(label => JsonValue.Create(((JsonElement?)label).AsText()))]),
            ["resolution"] = fields.Member("resolution").Text("name"),
            ["created"] = Timestamp(fields.Text("created")),
            ["updated"] = Timestamp(fields.Text("updated")),
            ["url"] = UrlOf(issue.Text("key")),
        };
    }

    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static string? Timestamp(string? text) => TimeOf(text)?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private async Task<JsonObject> GetIssueAsync(OperationCall call)
    {
        var reply = await GetAsync(call, new RequestPath("rest", "api", "3", "issue").Segment(KeyOf(call.Arguments)).Query("fields", Fields));
        return reply.Json.Text("key") is null ? throw Incomprehensible(isWrite: false) : Flat(reply.Json);
    }

    private async Task<(List<JsonElement> Issues, bool IsTruncated)> SearchAsync(OperationCall call, string jql, int limit)
    {
        List<JsonElement> issues = [];
        string? page = null;
        do
        {
            var path = new RequestPath("rest", "api", "3", "search", "jql")
                .Query("jql", jql)
                .Query("maxResults", Math.Min(limit - issues.Count, 100).ToString(CultureInfo.InvariantCulture))
                .Query("fields", Fields);
            if (page is not null)
            {
                path.Query("nextPageToken", page);
            }

            var reply = await GetAsync(call, path);
            if (reply.Json.Member("issues") is not { ValueKind: JsonValueKind.Array } found)
            {
                throw Incomprehensible(isWrite: false);
            }

            issues.AddRange(found.EnumerateArray());
            var next = reply.Json.Flag("isLast") == true ? null : reply.Json.Text("nextPageToken");
            if (next is not null && (next == page || found.GetArrayLength() == 0))
            {
                // A page that leads to itself or holds nothing would be followed without end.
                return (issues, true);
            }

            page = next;
        }
        while (page is not null && issues.Count < limit);
        return (issues, page is not null);
    }

    private async Task<JsonObject> SearchAsync(OperationCall call)
    {
        var (issues, isTruncated) = await SearchAsync(call, call.Arguments.Text("jql"), call.Arguments.Number("limit"));
        return new JsonObject { ["items"] = new JsonArray([.. issues.Select(Flat)]), ["truncated"] = isTruncated };
    }

    private async Task<JsonObject> CreateIssueAsync(OperationCall call)
    {
        var arguments = call.Arguments;
        var labels = arguments.Texts("labels");
        if (labels.Any(label => label.Any(char.IsWhiteSpace)))
        {
            throw OutcomeException.Invalid("labels", "a label must not contain spaces.");
        }

        var body = new JsonObject
        {
            ["fields"] = new JsonObject
            {
                ["project"] = new JsonObject { ["key"] = arguments.Text("project") },
                ["issuetype"] = new JsonObject { ["name"] = arguments.Text("issueType") },
                ["summary"] = arguments.Text("summary"),
                ["description"] = DocumentFormat.FromText(arguments.Text("description")),
                // Jira has no idempotency key; by this label an earlier attempt is found.
                ["labels"] = new JsonArray([.. labels.Append(call.Marker).Distinct(StringComparer.Ordinal).Select(label => JsonValue.Create(label))]),
            },
        };
        var reply = await WriteAsync(call, HttpMethod.Post, new RequestPath("rest", "api", "3", "issue"), body);
        return reply.Json.Text("key") is { } key
            ? CreateResult(key, reply.Json.Text("id"), arguments.Text("summary"))
            : throw Incomprehensible(isWrite: true);
    }

    private JsonObject CreateResult(string key, string? id, string? summary) => new() { ["key"] = key, ["id"] = id, ["summary"] = summary, ["url"] = UrlOf(key) };

    private async Task<ReconcileOutcome> ReconcileCreateAsync(OperationCall call, DateTimeOffset sentAt)
    {
        // The search lags behind: before that has passed, not found does not mean not there.
        var settled = sentAt + _searchDelay;
        while (true)
        {
            var mayBeMissing = Time.GetUtcNow() >= settled;
            var (issues, _) = await SearchAsync(call, $"labels = {JqlText.Quote(call.Marker)} ORDER BY created ASC", 2);
            var found = issues.Find(issue => issue.Member("fields").Member("labels").Items().Any(label => ((JsonElement?)label).AsText() == call.Marker));
            if (found.ValueKind == JsonValueKind.Object && found.Text("key") is { } key)
            {
                return new ReconciledDone(JsonSerializer.SerializeToElement(CreateResult(key, found.Text("id"), found.Member("fields").Text("summary"))));
            }

            if (mayBeMissing)
            {
                return new ReconciledNotDone();
            }

            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1), Time, call.Token);
            }
            catch (OperationCanceledException) when (!call.Caller.IsCancellationRequested)
            {
                return new ReconcileUnknown("The issue is not found, but Jira's search may lag behind; look again later.");
            }
        }
    }

    private async Task<JsonObject> CommentAsync(OperationCall call)
    {
        var key = KeyOf(call.Arguments);
        var properties = new JsonArray(new JsonObject { ["key"] = "steward.action", ["value"] = new JsonObject { ["id"] = call.Marker } });
        if (call.Arguments.OptionalFlag("internal") == true)
        {
            // What Jira Service Management reads; other projects have no customers, and leave it alone.
            properties.Add(new JsonObject { ["key"] = "sd.public.comment", ["value"] = new JsonObject { ["internal"] = true } });
        }

        var body = new JsonObject { ["body"] = DocumentFormat.FromText(call.Arguments.Text("comment")), ["properties"] = properties };
        var reply = await WriteAsync(call, HttpMethod.Post, new RequestPath("rest", "api", "3", "issue").Segment(key).Segment("comment"), body);
        return reply.Json.Text("id") is { } id ? CommentResult(key, id) : throw Incomprehensible(isWrite: true);
    }

    private static JsonObject CommentResult(string key, string id) => new() { ["key"] = key, ["id"] = id };

    private async Task<ReconcileOutcome> ReconcileCommentAsync(OperationCall call, DateTimeOffset sentAt)
    {
        var key = KeyOf(call.Arguments);
        var path = new RequestPath("rest", "api", "3", "issue").Segment(key).Segment("comment").Query("orderBy", "-created").Query("maxResults", "50");
        var reply = await GetAsync(call, path);
        if (reply.Json.Member("comments") is not { ValueKind: JsonValueKind.Array } comments)
        {
            throw Incomprehensible(isWrite: false);
        }

        // What we would have written, in the form in which it is read back.
        var wanted = DocumentFormat.ToText(JsonSerializer.SerializeToElement(DocumentFormat.FromText(call.Arguments.Text("comment"))));
        foreach (var comment in comments.EnumerateArray())
        {
            if (TimeOf(comment.Text("created")) >= sentAt - ClockSkew && comment.Text("id") is { } id && DocumentFormat.ToText(comment.Member("body")) == wanted)
            {
                return new ReconciledDone(JsonSerializer.SerializeToElement(CommentResult(key, id)));
            }
        }

        return new ReconciledNotDone();
    }

    [GeneratedRegex(@"\A[A-Z][A-Z0-9_]{0,19}-[0-9]{1,12}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IssueKey();
}
