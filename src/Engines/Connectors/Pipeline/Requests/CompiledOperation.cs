using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>What is worked out once for an operation: its schema, and its address, headers and body taken apart.</summary>
internal sealed class CompiledOperation
{
    private readonly JsonSchema? _schema;
    private readonly string? _fault;
    private readonly List<(string Name, JsonElement Value)> _defaults = [];
    private readonly HashSet<string> _patterned = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nullable = new(StringComparer.Ordinal);

    public CompiledOperation(CompiledTemplate owner, OperationTemplate template)
    {
        Owner = owner;
        Template = template;
        foreach (var (name, schema) in InputSchema.Arguments(template))
        {
            Learn(name, schema);
        }

        try
        {
            _schema = JsonSchema.Parse(InputSchema.Of(template));
        }
        catch (SchemaException exception)
        {
            _fault = $"The template's input schema of {template.Id} cannot be used: {exception.Message}";
        }

        Path = new ValueTemplate(template.Path);
        Query = Parse(template.Query);
        Headers = [.. Parse(owner.Template.Headers).Where(header => !template.Headers.Keys.Contains(header.Name, StringComparer.OrdinalIgnoreCase)), .. Parse(template.Headers)];
        if (template.BodyFormat == BodyFormat.Xml)
        {
            Xml = template.Body is { ValueKind: JsonValueKind.String } document ? new ValueTemplate(document.GetString()!) : null;
        }
        else if (template.BodyFormat is BodyFormat.Multipart or BodyFormat.MultipartRelated)
        {
            Multipart = new MultipartBody(template.Parts, template.BodyFormat == BodyFormat.Multipart);
        }
        else
        {
            Body = template.Body is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } body ? BodyTemplate.Parse(body) : null;
        }

        DryRunQuery = Parse(template.DryRun?.Query);
        DryRunHeaders = Parse(template.DryRun?.Headers);
        Pagination = template.Output.List ? template.Pagination ?? owner.Template.Pagination : null;
        Values = [.. template.Output.Values.Select(value => (value.Key, BodyTemplate.Parse(value.Value)))];
        Lookup = template.Reconcile?.With is { } with ? BodyTemplate.Parse(with) : null;
        Undo = template.Undo?.With is { } back ? BodyTemplate.Parse(back) : null;
        Expected = [.. (template.Reconcile?.Expect ?? new Dictionary<string, JsonElement>()).Select(expected => (expected.Key, BodyTemplate.Parse(expected.Value)))];
        var resource = owner.Template.Limits.FirstOrDefault(limit =>
            limit is { Scope: LimitScope.Resource, Resource: not null } && (limit.Operations.Count == 0 || limit.Operations.Contains(template.Id)));
        Resource = resource is null ? null : new ValueTemplate(resource.Resource!);
        var told = owner.Template.Limits.Select((limit, at) => (At: at, Spec: limit)).Where(limit => limit.Spec.Headers is not null && (limit.Spec.Operations.Count == 0 || limit.Spec.Operations.Contains(template.Id))).ToList();
        LimitHeaders = told.Count == 0 ? null : told[0].Spec.Headers;
        FurtherLimits = [.. told.Skip(1).Where(limit => limit.Spec.Headers != LimitHeaders).Select(limit => (limit.At, limit.Spec.Headers!))];
    }

    public CompiledTemplate Owner { get; }

    public OperationTemplate Template { get; }

    public ValueTemplate Path { get; }

    public (string Name, ValueTemplate Value)[] Query { get; }

    public (string Name, ValueTemplate Value)[] Headers { get; }

    /// <summary>The body of JSON and of forms.</summary>
    public BodyTemplate? Body { get; }

    public ValueTemplate? Xml { get; }

    public MultipartBody? Multipart { get; }

    public (string Name, ValueTemplate Value)[] DryRunQuery { get; }

    public (string Name, ValueTemplate Value)[] DryRunHeaders { get; }

    /// <summary>How this list is paged; null for what is no list.</summary>
    public PaginationSpec? Pagination { get; }

    /// <summary>Members of the result that the answer does not hold.</summary>
    public (string Name, BodyTemplate Value)[] Values { get; }

    public BodyTemplate? Lookup { get; }

    /// <summary>The arguments of the call that undoes it.</summary>
    public BodyTemplate? Undo { get; }

    public (string Path, BodyTemplate Value)[] Expected { get; }

    /// <summary>What identifies the resource for limits of that scope.</summary>
    public ValueTemplate? Resource { get; }

    public LimitHeaders? LimitHeaders { get; }

    /// <summary>Further limits of the template that answers tell of with headers of their own, by their place in it.</summary>
    public (int Limit, LimitHeaders Headers)[] FurtherLimits { get; }

    /// <summary>The arguments whose pattern says which characters they may have.</summary>
    public IReadOnlySet<string> Patterned => _patterned;

    /// <summary>Whether the input has a whole number called <c>limit</c>, the most items that are wanted.</summary>
    public bool HasLimit { get; private set; }

    /// <summary>Checks arguments and fills in defaults. A member that is null counts as absent, unless the schema allows null.</summary>
    /// <exception cref="Execution.OutcomeException">They do not fit; names the field.</exception>
    public JsonElement Check(JsonElement arguments)
    {
        if (_schema is null)
        {
            throw Execution.OutcomeException.Failed(Execution.FailureCodes.NotConfigured, _fault!);
        }

        if (arguments.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
        {
            throw Execution.OutcomeException.Invalid("arguments", "must be a JSON object.");
        }

        IReadOnlyList<SchemaError> errors;
        try
        {
            arguments = Complete(arguments);
            errors = _schema.Validate(arguments);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair in a name or a value: it has no UTF-8 form that could be sent.
            throw Execution.OutcomeException.Invalid("arguments", "must be valid Unicode.");
        }

        return errors.Count == 0 ? arguments : throw Refused(errors[0]);
    }

    private static Execution.OutcomeException Refused(SchemaError error)
    {
        var field = error.Path.Length > 1 ? error.Path.Split('/')[1].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal) : "arguments";
        field = field.Length <= 64 && !field.Any(char.IsControl) ? field : "arguments";
        var message = error.Path.Length > 1 && error.Path.IndexOf('/', 1) is var rest and > 0 ? $"{error.Path[rest..]}: {error.Message}" : error.Message;
        return Execution.OutcomeException.Invalid(field, message.Length <= 300 ? message : message[..300] + "…");
    }

    private JsonElement Complete(JsonElement arguments)
    {
        var isPlain = arguments.ValueKind == JsonValueKind.Object && _defaults.TrueForAll(item => arguments.TryGetProperty(item.Name, out var value) && value.ValueKind != JsonValueKind.Null) &&
            !arguments.EnumerateObject().Any(member => member.Value.ValueKind == JsonValueKind.Null && !_nullable.Contains(member.Name));
        if (isPlain)
        {
            return arguments;
        }

        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            var seen = new HashSet<string>(StringComparer.Ordinal);
            if (arguments.ValueKind == JsonValueKind.Object)
            {
                // A name that appears twice is kept twice: the check refuses it.
                foreach (var member in arguments.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null || _nullable.Contains(member.Name)))
                {
                    seen.Add(member.Name);
                    member.WriteTo(writer);
                }
            }

            foreach (var (name, value) in _defaults.Where(item => !seen.Contains(item.Name)))
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private void Learn(string name, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (schema.TryGetProperty("default", out var value) && value.ValueKind != JsonValueKind.Null)
        {
            _defaults.Add((name, value.Clone()));
        }

        var types = schema.TryGetProperty("type", out var type) ? TemplateScope.TextOf(type).Split(',') : [];
        if (types.Contains("null"))
        {
            _nullable.Add(name);
        }

        if (schema.TryGetProperty("pattern", out _))
        {
            _patterned.Add(name);
        }

        HasLimit |= name == "limit" && types.Contains("integer");
    }

    private static (string Name, ValueTemplate Value)[] Parse(IReadOnlyDictionary<string, string>? templates) =>
        templates is null ? [] : [.. templates.Select(item => (item.Key, new ValueTemplate(item.Value)))];
}
