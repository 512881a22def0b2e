using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests;

/// <summary>A company's systems in memory: counts every effect by action id, and fails as it is told.</summary>
internal sealed class FakeConnectors : ITenantConnectors, IConnectorRegistry
{
    private readonly ConcurrentDictionary<string, Func<JsonElement, CancellationToken, Task<ActionOutcome>>> _handlers = new();
    private readonly ConcurrentDictionary<string, JsonElement> _done = new();
    private IReadOnlyList<ConnectorOperation> _operations = [];

    public IReadOnlyList<ConnectorOperation> Operations => _operations;

    /// <summary>Every call in order of arrival.</summary>
    public ConcurrentQueue<(string OperationId, string ActionId, JsonElement Arguments)> Calls { get; } = new();

    /// <summary>How often each action took effect.</summary>
    public ConcurrentDictionary<string, int> Effects { get; } = new();

    public ConcurrentQueue<string> Reconciled { get; } = new();

    /// <summary>Decides what a look-up says; null answers truthfully.</summary>
    public Func<ActionRequest, ReconcileOutcome?> OnReconcile { get; set; } = _ => null;

    /// <summary>What goes wrong with a call: before (not done) or after (done, but unknown).</summary>
    public Func<ActionRequest, Fault> OnFault { get; set; } = _ => Fault.None;

    /// <summary>Runs before each call is carried out, such as to wait.</summary>
    public Func<ActionRequest, CancellationToken, Task> OnCall { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Sees every request as it came.</summary>
    public Action<ActionRequest> OnRequest { get; set; } = _ => { };

    /// <summary>Where all connectors lead.</summary>
    public Uri? BaseUrl { get; set; }

    public enum Fault
    {
        None,
        Busy,
        UnknownNotDone,
        UnknownDone,
        Throws,
    }

    public ITenantConnectors ForTenant(string tenantId) => this;

    public Uri? FindBaseUrl(string connector) => BaseUrl;

    public FakeConnectors Add(string id, OperationEffect effect, Func<JsonElement, JsonNode> handle, string? properties = null, params string[] required) =>
        AddOutcome(id, effect, (arguments, _) => Task.FromResult<ActionOutcome>(new ActionSucceeded(JsonSerializer.SerializeToElement(handle(arguments)))), properties, required);

    public FakeConnectors AddOutcome(
        string id, OperationEffect effect, Func<JsonElement, CancellationToken, Task<ActionOutcome>> handle, string? properties = null, params string[] required)
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = JsonNode.Parse(properties ?? "{}"),
            ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
            ["additionalProperties"] = properties is null,
        };
        _handlers[id] = handle;
        _operations =
        [
            .. _operations,
            new ConnectorOperation
            {
                Id = id,
                Connector = id.Split('.')[0],
                Description = $"Does {id}. Result: things.",
                Effect = effect,
                InputSchema = JsonSerializer.SerializeToElement(schema),
            },
        ];
        return this;
    }

    /// <summary>Lets an operation show its effect without doing it.</summary>
    public void LetDryRun(string id) => _operations = [.. _operations.Select(operation => operation.Id == id ? operation with { CanDryRun = true } : operation)];

    /// <summary>Lets an operation be undone by another one with the same arguments.</summary>
    public void LetUndo(string id, string by) => _operations = [.. _operations.Select(operation => operation.Id == id ? operation with { UndoneBy = by } : operation)];

    public async Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        Calls.Enqueue((request.OperationId, request.ActionId, request.Arguments));
        OnRequest(request);
        await OnCall(request, cancellationToken);
        var isRead = _operations.First(operation => operation.Id == request.OperationId).Effect == OperationEffect.Read;
        var fault = OnFault(request);
        switch (fault)
        {
            case Fault.Busy:
                return new ActionFailed("rate_limited", "Too many requests.", true, TimeSpan.Zero);
            case Fault.UnknownNotDone when !isRead:
                return new ActionUnknown("the connection broke.");
            case Fault.Throws:
                throw new InvalidOperationException("defect");
            default:
                break;
        }

        var outcome = await _handlers[request.OperationId](request.Arguments, cancellationToken);
        if (outcome is ActionSucceeded done && UndoOf(request) is { } undo)
        {
            outcome = done with { Undo = undo };
        }

        if (!isRead && !request.DryRun && outcome is ActionSucceeded succeeded)
        {
            Effects.AddOrUpdate(request.ActionId, 1, (_, count) => count + 1);
            _done[request.ActionId] = succeeded.Result;
            if (fault == Fault.UnknownDone)
            {
                return new ActionUnknown("the connection broke.");
            }
        }

        return outcome;
    }

    public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        Reconciled.Enqueue(request.ActionId);
        return Task.FromResult(OnReconcile(request) ?? (_done.TryGetValue(request.ActionId, out var result) ? new ReconciledDone(result) { Undo = UndoOf(request) } : new ReconciledNotDone()));
    }

    private UndoCall? UndoOf(ActionRequest request) => _operations.First(operation => operation.Id == request.OperationId).UndoneBy is { } by ? new UndoCall(by, request.Arguments) : null;

    /// <summary>Two people, Ada and her manager Grace, and the operations that the shipped playbooks use.</summary>
    public static FakeConnectors Company()
    {
        var people = new[]
        {
            Person("00u1", "ada.lovelace@acme.example", "Ada Lovelace", "ACTIVE", "00u2"),
            Person("00u2", "grace.hopper@acme.example", "Grace Hopper", "LOCKED_OUT", null),
            Person("00u3", "grace.kelly@acme.example", "Grace Kelly", "ACTIVE", "00u2"),
        };
        JsonObject? Find(string id) => Array.Find(people, person => (string)person["id"]! == id || (string)person["email"]! == id);
        var incidents = new ConcurrentDictionary<string, JsonObject>();
        var assigned = new ConcurrentDictionary<string, bool>();
        return new FakeConnectors()
            .Add("okta.users.find", OperationEffect.Read, arguments => new JsonObject
            {
                ["items"] = new JsonArray([.. people.Where(person =>
                    (arguments.TryGetProperty("email", out var email) && (string)person["email"]! == email.GetString())
                    || (arguments.TryGetProperty("login", out var login) && ((string)person["email"]!).StartsWith(login.GetString() + "@", StringComparison.Ordinal))
                    || (arguments.TryGetProperty("name", out var name) && ((string)person["displayName"]!).Contains(name.GetString()!, StringComparison.OrdinalIgnoreCase)))
                    .Select(person => person.DeepClone())]),
            }, """{"email":{"type":"string","minLength":1},"login":{"type":"string","minLength":1},"name":{"type":"string","minLength":1}}""")
            .AddOutcome("okta.users.get", OperationEffect.Read, (arguments, _) => Task.FromResult<ActionOutcome>(Find(arguments.GetProperty("userId").GetString()!) is { } person
                ? new ActionSucceeded(JsonSerializer.SerializeToElement(person))
                : new ActionFailed("not_found", "There is no such person.", false)), """{"userId":{"type":"string","minLength":1}}""", "userId")
            .Add("okta.users.manager", OperationEffect.Read, arguments =>
            {
                var manager = Find(arguments.GetProperty("userId").GetString()!)?["managerId"] is { } id ? Find((string)id!) : null;
                var result = manager?.DeepClone().AsObject() ?? [];
                result["found"] = manager is not null;
                return result;
            }, """{"userId":{"type":"string","minLength":1}}""", "userId")
            .Add("okta.users.reset_password", OperationEffect.Destructive, arguments => new JsonObject { ["userId"] = arguments.GetProperty("userId").GetString(), ["emailSent"] = true },
                """{"userId":{"type":"string","minLength":1},"sendEmail":{"type":"boolean"}}""", "userId")
            .Add("okta.users.unlock", OperationEffect.Write, arguments => new JsonObject { ["userId"] = arguments.GetProperty("userId").GetString(), ["status"] = "ACTIVE" },
                """{"userId":{"type":"string","minLength":1}}""", "userId")
            .Add("okta.apps.find", OperationEffect.Read, arguments => new JsonObject
            {
                ["items"] = new JsonArray([.. new[] { "Salesforce", "Tableau Desktop", "Tableau Server" }
                    .Where(name => name.StartsWith(arguments.GetProperty("text").GetString()!, StringComparison.OrdinalIgnoreCase))
                    .Select(name => new JsonObject { ["id"] = "0oa" + name.Replace(" ", "", StringComparison.Ordinal), ["name"] = name, ["label"] = name, ["description"] = "Used at work" })]),
            }, """{"text":{"type":"string","minLength":1}}""", "text")
            .Add("okta.apps.user", OperationEffect.Read, arguments => new JsonObject { ["assigned"] = assigned.ContainsKey(arguments.GetRawText()) },
                """{"appId":{"type":"string","minLength":1},"userId":{"type":"string","minLength":1}}""", "appId", "userId")
            .Add("okta.apps.assign", OperationEffect.Write, arguments =>
            {
                assigned[arguments.GetRawText()] = true;
                return new JsonObject { ["appId"] = arguments.GetProperty("appId").GetString(), ["userId"] = arguments.GetProperty("userId").GetString(), ["status"] = "ACTIVE" };
            }, """{"appId":{"type":"string","minLength":1},"userId":{"type":"string","minLength":1}}""", "appId", "userId")
            .AddOutcome("servicenow.incidents.get", OperationEffect.Read, (arguments, _) => Task.FromResult<ActionOutcome>(
                arguments.GetProperty("number").GetString() == "INC0010002"
                    ? new ActionSucceeded(JsonSerializer.SerializeToElement(new JsonObject
                    {
                        ["number"] = "INC0010002", ["shortDescription"] = "Printer jams", ["state"] = "In Progress", ["priority"] = 3, ["assignedTo"] = "Beth Anglin",
                        ["assignmentGroup"] = "Hardware", ["callerEmail"] = "ada.lovelace@acme.example", ["updatedAt"] = "2026-11-20T10:00:00Z",
                    }))
                    : new ActionFailed("not_found", "There is no such incident.", false)), """{"number":{"type":"string","minLength":1}}""", "number")
            .Add("servicenow.incidents.find", OperationEffect.Read, _ => new JsonObject { ["items"] = new JsonArray(), ["total"] = 0 },
                """{"callerEmail":{"type":"string","minLength":1},"text":{"type":"string"},"active":{"type":"boolean"},"limit":{"type":"integer","minimum":1,"maximum":100}}""")
            .Add("servicenow.incidents.create", OperationEffect.Write, arguments =>
            {
                var incident = JsonObject.Create(arguments)!.DeepClone().AsObject();
                incident["number"] = $"INC{10_100 + incidents.Count:0000000}";
                incidents[(string)incident["number"]!] = incident;
                return incident;
            }, """
            {"shortDescription":{"type":"string","minLength":1,"maxLength":160},"description":{"type":"string","minLength":1,"maxLength":32000},"callerEmail":{"type":"string","minLength":1},
             "category":{"type":"string","minLength":1},"subcategory":{"type":"string","minLength":1},"impact":{"type":"integer","minimum":1,"maximum":3},"urgency":{"type":"integer","minimum":1,"maximum":3},
             "assignmentGroup":{"type":"string","minLength":1}}
            """, "shortDescription", "description", "callerEmail", "category", "impact", "urgency")
            .Add("servicenow.catalog.find", OperationEffect.Read, _ => new JsonObject { ["items"] = new JsonArray() }, """{"text":{"type":"string","minLength":1}}""", "text")
            .AddOutcome("jira.issues.get", OperationEffect.Read, (arguments, _) => Task.FromResult<ActionOutcome>(
                arguments.GetProperty("key").GetString() == "WEB-12"
                    ? new ActionSucceeded(JsonSerializer.SerializeToElement(new JsonObject { ["key"] = "WEB-12", ["summary"] = "Login page", ["status"] = "In Review", ["assignee"] = "Ada Lovelace" }))
                    : new ActionFailed("not_found", "There is no such issue.", false)), """{"key":{"type":"string","minLength":1}}""", "key")
            .Add("jira.issues.search", OperationEffect.Read, _ => new JsonObject { ["items"] = new JsonArray() }, """{"jql":{"type":"string","minLength":1},"limit":{"type":"integer","minimum":1}}""", "jql");
    }

    private static JsonObject Person(string id, string email, string name, string status, string? manager) => new()
    {
        ["id"] = id, ["login"] = email, ["email"] = email, ["displayName"] = name, ["status"] = status, ["managerId"] = manager, ["title"] = "Engineer",
    };
}
