using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <content>Operations and lists.</content>
public static partial class TemplateRules
{
    /// <summary>Names that arguments and fields must not take: they mean something else in templates.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal) { "actionId", "marker", "sentAt", "result", "access_token", "baseUrl", "region" };

    private static void CheckOperations(ConnectorTemplate template, Faults faults)
    {
        faults.When(template.Operations.Count == 0 && template.Kind == TemplateKind.Http, "/operations", "must hold at least one operation.");
        faults.When(template.Operations.Count > MaxOperations, "/operations", $"must hold at most {MaxOperations} operations.");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (operation, at) in template.Operations.Select((operation, at) => (operation, at)))
        {
            var path = $"/operations/{at}";
            faults.When(
                !OperationId().IsMatch(operation.Id), $"{path}/id",
                "must be names of lower-case letters, digits and underscores with dots between them, such as users.get.");
            faults.When(!ids.Add(operation.Id), $"{path}/id", $"the operation '{operation.Id}' appears twice.");
            faults.Text(operation.Summary, $"{path}/summary", 1000);
            CheckInput(template, operation, path, faults);
            CheckOutput(operation, path, faults);
            CheckEffect(template, operation, path, faults);
            faults.When(operation.Cost is < 1 or > 1000, $"{path}/cost", "must be between 1 and 1000.");
            faults.When(operation.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > TimeSpan.FromMinutes(30)), $"{path}/timeout", "must be longer than zero and at most 30m.");
            faults.When(operation.Code && template.Implementation is null, $"{path}/code", "needs the template's implementation.");
            faults.When(operation.Code && operation.DryRun is not null, $"{path}/dryRun", "is not possible with code: true.");
            if (!operation.Code)
            {
                CheckRequest(template, operation, path, faults);
            }

            CheckReferences(template, operation, path, faults);
            if (operation.Pagination is { } pagination)
            {
                CheckPagination(pagination, $"{path}/pagination", faults);
                faults.When(!operation.Output.List && pagination.Kind != PaginationKind.None, $"{path}/pagination", "is only for lists: output.list must be true.");
            }
        }

        if (template.Pagination is { } paging)
        {
            CheckPagination(paging, "/pagination", faults);
        }
    }

    private static void CheckInput(ConnectorTemplate template, OperationTemplate operation, string path, Faults faults)
    {
        if (operation.Input is { ValueKind: not JsonValueKind.Object })
        {
            faults.Add($"{path}/input", "must be a JSON Schema, an object.");
            return;
        }

        try
        {
            JsonSchema.Parse(InputSchema.Of(operation));
        }
        catch (SchemaException exception)
        {
            faults.Add($"{path}/input{exception.Path}", exception.Message);
            return;
        }

        var schema = InputSchema.Of(operation);
        faults.When(schema.GetProperty("type").ValueKind != JsonValueKind.String || schema.GetProperty("type").GetString() != "object", $"{path}/input/type", "must be object.");
        faults.When(schema.GetProperty("additionalProperties").ValueKind != JsonValueKind.False, $"{path}/input/additionalProperties", "must be false: only arguments that are named are sent.");
        var arguments = InputSchema.Arguments(operation);
        foreach (var (name, argument) in arguments)
        {
            var here = $"{path}/input/properties/{LocatedDocument.Escape(name)}";
            faults.When(
                !NameOfValue().IsMatch(name) || Reserved.Contains(name), here, $"must be a name of letters, digits and underscores other than {string.Join(", ", Reserved)}.");
            faults.When(template.Connection.Fields.Any(field => field.Name == name), here, $"the connection has a field '{name}', too; arguments need other names.");
            CheckDefault(argument, here, faults);
        }

        foreach (var name in InputSchema.Required(operation).Where(name => !arguments.ContainsKey(name)))
        {
            faults.Add($"{path}/input/required", $"there is no argument '{name}'.");
        }
    }

    private static void CheckDefault(JsonElement argument, string path, Faults faults)
    {
        if (argument.ValueKind == JsonValueKind.Object && argument.TryGetProperty("default", out var value) && !argument.GetRawText().Contains("\"$ref\"", StringComparison.Ordinal))
        {
            foreach (var error in JsonSchema.Parse(argument).Validate(value))
            {
                faults.Add($"{path}/default", error.Message);
            }
        }
    }

    private static void CheckOutput(OperationTemplate operation, string path, Faults faults)
    {
        var output = operation.Output;
        faults.When(output.Path is { Length: 0 }, $"{path}/output/path", "must be a path such as data.items; leave it out for the whole body.");
        foreach (var (name, field) in output.Fields)
        {
            var here = $"{path}/output/fields/{LocatedDocument.Escape(name)}";
            faults.When(!NameOfValue().IsMatch(name), here, "the member's name must be letters, digits and underscores.");
            if (FieldPath.Fault(field) is { } fault)
            {
                faults.Add(here, fault);
            }
        }

        foreach (var name in output.Values.Keys.Where(name => output.Fields.ContainsKey(name) || !NameOfValue().IsMatch(name)))
        {
            faults.Add($"{path}/output/values/{LocatedDocument.Escape(name)}", "the member's name must be letters, digits and underscores, and not one of output.fields.");
        }

        faults.When(output.List && (output.Fields.ContainsKey("items") || output.Values.ContainsKey("items")), $"{path}/output", "items is the list itself; its members need other names.");
        if (output.Schema is { } schema)
        {
            try
            {
                JsonSchema.Parse(schema);
            }
            catch (SchemaException exception)
            {
                faults.Add($"{path}/output/schema{exception.Path}", exception.Message);
            }
        }
    }

    /// <summary>Arguments, the connection's fields, the fields of ways to sign in that are no secrets, and what every call has.</summary>
    private static HashSet<string> CallValues(ConnectorTemplate template, OperationTemplate operation) =>
    [
        .. InputSchema.Arguments(operation).Keys, .. template.Connection.Fields.Select(field => field.Name),
        .. template.Auth.SelectMany(auth => auth.Fields).Where(field => !field.Secret).Select(field => field.Name),
        "actionId", "marker", "baseUrl", "region",
    ];

    private static void CheckRequest(ConnectorTemplate template, OperationTemplate operation, string path, Faults faults)
    {
        var known = CallValues(template, operation);
        faults.When(operation.Method is not ("GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE"), $"{path}/method", "must be GET, HEAD, POST, PUT, PATCH or DELETE.");
        if (operation.BaseUrl is { } baseUrl)
        {
            CheckBaseUrl(template, baseUrl, $"{path}/baseUrl", faults);
        }

        faults.When(
            !operation.Path.StartsWith('/') || operation.Path.AsSpan().ContainsAny("?#\\ ") || operation.Path.StartsWith("//", StringComparison.Ordinal) || operation.Path.Split('/').Any(part => part is "." or ".."),
            $"{path}/path", "must begin with one slash and hold no ?, #, backslash, space, '.' or '..' segment; query parameters belong to query.");
        faults.Placeholders(operation.Path, $"{path}/path", known);
        var arguments = InputSchema.Arguments(operation);
        var required = InputSchema.Required(operation);
        foreach (var name in TemplateText.Parse(operation.Path).Needed.Where(arguments.ContainsKey))
        {
            faults.When(
                !required.Contains(name) && !(arguments[name].ValueKind == JsonValueKind.Object && arguments[name].TryGetProperty("default", out _)), $"{path}/path",
                $"the argument '{name}' stands in the path and so must be required or have a default.");
        }

        foreach (var (name, value) in operation.Query)
        {
            faults.Placeholders(value, $"{path}/query/{LocatedDocument.Escape(name)}", known);
        }

        CheckHeaders(operation.Headers, $"{path}/headers", faults);
        foreach (var (name, value) in operation.Headers)
        {
            faults.Placeholders(value, $"{path}/headers/{LocatedDocument.Escape(name)}", known);
        }

        foreach (var (name, value) in template.Headers.Where(_ => operation == template.Operations[0]))
        {
            // Headers of every request know no arguments.
            faults.Placeholders(value, $"/headers/{LocatedDocument.Escape(name)}", known.Except(arguments.Keys).ToHashSet(StringComparer.Ordinal));
        }

        CheckBody(operation, path, known, faults);

        foreach (var (name, value) in operation.Output.Values)
        {
            faults.Placeholders(value, $"{path}/output/values/{LocatedDocument.Escape(name)}", [.. known, "result.*"]);
        }

        foreach (var (name, value) in (operation.DryRun?.Query ?? new Dictionary<string, string>()).Concat(operation.DryRun?.Headers ?? new Dictionary<string, string>()))
        {
            faults.Placeholders(value, $"{path}/dryRun/{LocatedDocument.Escape(name)}", known);
        }
    }

    private static void CheckEffect(ConnectorTemplate template, OperationTemplate operation, string path, Faults faults)
    {
        var reads = operation.Effect == OperationEffect.Read;
        faults.When(!operation.Code && operation.Method == "HEAD" && !reads, $"{path}/effect", "HEAD only reads.");
        faults.When(!operation.Code && operation.Method is "DELETE" or "PUT" or "PATCH" && reads, $"{path}/effect", $"{operation.Method} is write or destructive.");
        faults.When(
            reads && (operation.Idempotency is not null || operation.Reconcile is not null || operation.Undo is not null || operation.DryRun is not null), path,
            "idempotency, reconcile, undo and dryRun are not for operations that read.");
        faults.When(
            template.Depth == TemplateDepth.Deep && !reads && !operation.Code && operation.Idempotency is null && operation.Reconcile is null, path,
            "must say how a repetition is kept from acting twice: idempotency, reconcile or both. 'idempotency: {}' says that the system has no way.");
        if (operation.Idempotency is not { } idempotency)
        {
            return;
        }

        faults.When(idempotency.Header is { } header && !HeaderName().IsMatch(header), $"{path}/idempotency/header", "must be a header's name.");
        faults.When(
            idempotency.NaturalKey is not null && !operation.Code && !SendsActionId(operation), $"{path}/idempotency/naturalKey",
            "nothing of the request holds {actionId} or {marker}, which the system could recognise a repetition by.");
    }

    private static bool SendsActionId(OperationTemplate operation) =>
        operation.Query.Values.Concat(operation.Headers.Values).Append(operation.Path).Append(operation.Body?.GetRawText() ?? "")
            .Concat(operation.Parts.SelectMany(part => new[] { part.Json?.GetRawText(), part.Text, part.FileName }).OfType<string>())
            .Any(text => text.Contains("{actionId", StringComparison.Ordinal) || text.Contains("{marker", StringComparison.Ordinal));

    private static void CheckReferences(ConnectorTemplate template, OperationTemplate operation, string path, Faults faults)
    {
        var known = CallValues(template, operation);
        foreach (var (argument, choice) in operation.Choices)
        {
            var here = $"{path}/choices/{LocatedDocument.Escape(argument)}";
            faults.When(!InputSchema.Arguments(operation).ContainsKey(argument), here, $"there is no argument '{argument}'.");
            Find(template, choice.Operation, $"{here}/operation", faults, mustRead: true);
        }

        if (operation.Reconcile is { } reconcile && Find(template, reconcile.Operation, $"{path}/reconcile/operation", faults, mustRead: true) is { } lookUp)
        {
            CheckWith(lookUp, reconcile.With, $"{path}/reconcile/with", [.. known, "sentAt"], faults);
            foreach (var (member, expected) in reconcile.Expect)
            {
                faults.When(
                    !lookUp.Code && Members(lookUp) is { Count: > 0 } members && !members.Contains(ValuePath.Split(member + ".")[0]), $"{path}/reconcile/expect/{LocatedDocument.Escape(member)}",
                    $"must be a member of the result of {lookUp.Id}: {string.Join(", ", Members(lookUp))}.");
                faults.Placeholders(expected, $"{path}/reconcile/expect/{LocatedDocument.Escape(member)}", [.. known, "sentAt"]);
            }
        }

        if (operation.Undo is { } undo && Find(template, undo.Operation, $"{path}/undo/operation", faults) is { } back)
        {
            faults.When(back.Effect == OperationEffect.Read, $"{path}/undo/operation", $"'{back.Id}' only reads and so undoes nothing.");
            CheckWith(back, undo.With, $"{path}/undo/with", [.. known, "result.*"], faults);
            foreach (var name in Results(undo.With).Where(name => !operation.Code && Members(operation) is { Count: > 0 } members && !members.Contains(name)))
            {
                faults.Add($"{path}/undo/with", $"the result has no member '{name}'; it has {string.Join(", ", Members(operation))}.");
            }
        }
    }

    private static IEnumerable<string> Results(JsonElement? with) =>
        TemplateText.Parse(with?.GetRawText() ?? "").Placeholders.Where(placeholder => placeholder.Name.StartsWith("result.", StringComparison.Ordinal)).Select(placeholder => placeholder.Name.Split('.')[1]);

    private static void CheckWith(OperationTemplate target, JsonElement? with, string path, HashSet<string> known, Faults faults)
    {
        if (with is { ValueKind: not JsonValueKind.Object })
        {
            faults.Add(path, "must be an object with the operation's arguments.");
            return;
        }

        var arguments = InputSchema.Arguments(target);
        var given = with is { } members ? members.EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.Ordinal) : [];
        foreach (var name in given.Where(name => !arguments.ContainsKey(name)))
        {
            faults.Add($"{path}/{LocatedDocument.Escape(name)}", $"{target.Id} has no argument '{name}'; it has {string.Join(", ", arguments.Keys)}.");
        }

        foreach (var name in InputSchema.Required(target).Where(name => !given.Contains(name)))
        {
            faults.Add(path, $"the argument '{name}' of {target.Id} is missing.");
        }

        faults.Placeholders(with ?? Empty, path, known);
    }

    private static void CheckPagination(PaginationSpec paging, string path, Faults faults)
    {
        faults.When(paging.PageSize is < 1 or > 10_000, $"{path}/pageSize", "must be between 1 and 10000.");
        faults.When(paging.MaxPages is < 1 or > 1000, $"{path}/maxPages", "must be between 1 and 1000.");
        faults.When(paging.FirstPage is < 0 or > 1, $"{path}/firstPage", "must be 0 or 1.");
        faults.When(
            paging.Kind is PaginationKind.Cursor or PaginationKind.Offset or PaginationKind.Page && string.IsNullOrEmpty(paging.Parameter), $"{path}/parameter",
            "is needed for cursor, offset and page.");
        faults.When(paging.Kind is PaginationKind.Cursor or PaginationKind.NextUrl && string.IsNullOrEmpty(paging.NextPath), $"{path}/nextPath", "is needed for cursor and next_url.");
        foreach (var (name, value) in new[] { ("items", paging.Items), ("nextPath", paging.NextPath), ("morePath", paging.MorePath) })
        {
            faults.When(value is not null && ValuePath.Split(value) is var parts && (parts.Count == 0 || parts.Any(part => part.Length == 0)), $"{path}/{name}", "must be a path such as meta.next.");
        }
    }
}
