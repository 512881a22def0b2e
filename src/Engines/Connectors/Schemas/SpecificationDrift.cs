using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Import;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>How one schema of a document changed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Changes">What changed, read as the schema of results.</param>
/// <param name="Operations">The operations that use it, directly or through others, at most 50.</param>
public sealed record ChangedSchema(string Name, IReadOnlyList<SchemaChange> Changes, IReadOnlyList<string> Operations);

/// <summary>How one operation of a document changed.</summary>
/// <param name="Operation">Method and path, as the earlier version writes them.</param>
/// <param name="Arguments">What changed in what is sent; paths begin with <c>query</c>, <c>path</c>, <c>header</c>, <c>cookie</c>, <c>formData</c>, <c>body</c> or <c>contentType</c>.</param>
/// <param name="Results">What changed in what a call that succeeds is answered with.</param>
/// <param name="IsPartial">Whether the operation's schemas are too deep or too many to be compared as a whole.</param>
public sealed record ChangedOperation(string Operation, IReadOnlyList<SchemaChange> Arguments, IReadOnlyList<SchemaChange> Results, bool IsPartial)
{
    /// <summary>Whether a caller that was right may be wrong now.</summary>
    public bool IsBreaking => Arguments.Any(change => change.IsBreaking) || Results.Any(change => change.IsBreaking);
}

/// <summary>How two versions of a description of an interface differ.</summary>
public sealed record SpecificationDrift
{
    private const int MaxNamed = 50;

    private static readonly HashSet<string> Methods = new(StringComparer.OrdinalIgnoreCase) { "get", "put", "post", "delete", "patch", "head" };

    /// <summary>The operations that came, as method and path.</summary>
    public required IReadOnlyList<string> OperationsAdded { get; init; }

    /// <summary>The operations that went.</summary>
    public required IReadOnlyList<string> OperationsRemoved { get; init; }

    /// <summary>The operations of both versions whose arguments or results changed, with what they refer to; those with breaking changes first, then by name.</summary>
    public required IReadOnlyList<ChangedOperation> OperationsChanged { get; init; }

    /// <summary>Whether a caller that was right may be wrong now: an operation went, or has a breaking change. Addresses, sign-in and failures are not looked at.</summary>
    public bool IsBreaking => OperationsRemoved.Count > 0 || OperationsChanged.Any(operation => operation.IsBreaking);

    /// <summary>The named schemas that came.</summary>
    public required IReadOnlyList<string> SchemasAdded { get; init; }

    /// <summary>The named schemas that went.</summary>
    public required IReadOnlyList<string> SchemasRemoved { get; init; }

    /// <summary>The named schemas whose text changed, those with a change of words for people included.</summary>
    public required int SchemasEdited { get; init; }

    /// <summary>The named schemas that changed in more than words.</summary>
    public required IReadOnlyList<ChangedSchema> SchemasChanged { get; init; }

    /// <summary>The named schemas with a breaking change.</summary>
    public int SchemasBroken => SchemasChanged.Count(schema => schema.Changes.Any(change => change.IsBreaking));

    /// <summary>The time it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The operations of the earlier version by their keys, without and with the path of its address.</summary>
    internal IReadOnlyDictionary<string, string> Known { get; init; } = new Dictionary<string, string>();

    /// <summary>Compares two versions.</summary>
    /// <exception cref="DefinitionException">One of them cannot be read.</exception>
    public static SpecificationDrift Compare(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after, ImportLimits? limits = null)
    {
        var started = Stopwatch.GetTimestamp();
        limits ??= new ImportLimits();
        var (old, now) = (Read(before, "before", limits), Read(after, "after", limits));
        var (oldOperations, newOperations) = (Operations(old), Operations(now));
        var (oldSchemas, newSchemas) = (Schemas(old), Schemas(now));
        var users = Users(newOperations.Values, newSchemas);
        var edited = 0;
        var changed = new List<ChangedSchema>();
        foreach (var (name, schema) in oldSchemas)
        {
            if (newSchemas.TryGetValue(name, out var successor) && !JsonElement.DeepEquals(schema, successor))
            {
                edited++;
                var changes = SchemaDiff.Compare(schema, successor, SchemaUse.Output);
                if (changes.Count > 0)
                {
                    changed.Add(new ChangedSchema(name, changes, [.. (users.GetValueOrDefault(name) ?? []).Order(StringComparer.Ordinal).Take(MaxNamed)]));
                }
            }
        }

        return new SpecificationDrift
        {
            OperationsAdded = Missing(newOperations, oldOperations, operation => operation.Name),
            OperationsRemoved = Missing(oldOperations, newOperations, operation => operation.Name),
            OperationsChanged = Changed(oldOperations, newOperations, new SchemaReferences(old, now, Touched(oldSchemas, newSchemas))),
            Known = Keys(old, oldOperations.Values),
            SchemasAdded = Missing(newSchemas, oldSchemas),
            SchemasRemoved = Missing(oldSchemas, newSchemas),
            SchemasEdited = edited,
            SchemasChanged = [.. changed.OrderBy(schema => schema.Name, StringComparer.Ordinal)],
            Elapsed = Stopwatch.GetElapsedTime(started),
        };
    }

    private static List<string> Missing<T>(Dictionary<string, T> from, Dictionary<string, T> inOther, Func<T, string>? name = null) =>
        [.. from.Where(entry => !inOther.ContainsKey(entry.Key)).Select(entry => name?.Invoke(entry.Value) ?? entry.Key).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<ChangedOperation> Changed(Dictionary<string, SpecificationOperation> before, Dictionary<string, SpecificationOperation> after, SchemaReferences references)
    {
        var changed = new List<ChangedOperation>();
        foreach (var (key, operation) in before)
        {
            if (after.TryGetValue(key, out var successor))
            {
                references.Begin();
                var arguments = SchemaDiff.Compare(operation.Arguments(operation.PathNames), successor.Arguments(operation.PathNames), SchemaUse.Input, references)
                    .Where(change => change is not { Path: "contentType", Kind: SchemaChangeKind.OptionalAdded or SchemaChangeKind.Removed }).ToList();
                var results = SchemaDiff.Compare(operation.Result(), successor.Result(), SchemaUse.Output, references);
                if (arguments.Count > 0 || results.Count > 0 || references.IsCut)
                {
                    changed.Add(new ChangedOperation(operation.Name, arguments, results, references.IsCut));
                }
            }
        }

        return [.. changed.OrderByDescending(operation => operation.IsBreaking).ThenBy(operation => operation.Operation, StringComparer.Ordinal)];
    }

    // The named schemas that are not the same in both, or refer to such a one.
    private static HashSet<string> Touched(Dictionary<string, JsonElement> before, Dictionary<string, JsonElement> after)
    {
        var touched = new HashSet<string>(StringComparer.Ordinal);
        var referrers = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal))
        {
            var (hasOld, hasNew) = (before.TryGetValue(name, out var old), after.TryGetValue(name, out var now));
            if (!hasOld || !hasNew || !JsonElement.DeepEquals(old, now))
            {
                touched.Add(name);
                continue;
            }

            foreach (var target in References(old))
            {
                if (!referrers.TryGetValue(target, out var list))
                {
                    referrers[target] = list = [];
                }

                list.Add(name);
            }
        }

        var open = new Stack<string>(touched);
        while (open.TryPop(out var name))
        {
            foreach (var referrer in referrers.GetValueOrDefault(name) ?? [])
            {
                if (touched.Add(referrer))
                {
                    open.Push(referrer);
                }
            }
        }

        return touched;
    }

    private static Dictionary<string, string> Keys(JsonElement document, IReadOnlyCollection<SpecificationOperation> operations)
    {
        var keys = operations.ToDictionary(operation => operation.Key, operation => operation.Name, StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            var (method, path) = (operation.Name[..operation.Name.IndexOf(' ', StringComparison.Ordinal)], operation.Name[(operation.Name.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            keys.TryAdd(SpecificationOperation.KeyOf(method, SpecificationOperation.PathOf(Address(document)) + path), operation.Name);
        }

        return keys;
    }

    private static string Address(JsonElement document) =>
        document.TryGetProperty("basePath", out var basePath) && basePath.ValueKind == JsonValueKind.String ? basePath.GetString()!
        : document.TryGetProperty("servers", out var servers) && servers is { ValueKind: JsonValueKind.Array } && servers.GetArrayLength() > 0
            && servers[0].ValueKind == JsonValueKind.Object && servers[0].TryGetProperty("url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString()! : "";

    private static JsonElement Read(ReadOnlyMemory<byte> document, string name, ImportLimits limits)
    {
        var (root, _) = DocumentText.Read(document.Span, name, limits);
        return root is JsonObject ? JsonSerializer.SerializeToElement(root) : throw new DefinitionException(name, 1, "not a description of an interface.");
    }

    private static Dictionary<string, SpecificationOperation> Operations(JsonElement document)
    {
        var operations = new Dictionary<string, SpecificationOperation>(StringComparer.Ordinal);
        foreach (var path in Members(document, "paths"))
        {
            foreach (var member in path.Value.ValueKind == JsonValueKind.Object ? path.Value.EnumerateObject().ToList() : [])
            {
                if (Methods.Contains(member.Name))
                {
                    var operation = new SpecificationOperation(document, path.Value, member.Name, path.Name, member.Value);
                    operations.TryAdd(operation.Key, operation);
                }
            }
        }

        return operations;
    }

    private static Dictionary<string, JsonElement> Schemas(JsonElement document) =>
        (document.TryGetProperty("components", out var components) ? Members(components, "schemas") : Members(document, "definitions"))
        .ToDictionary(schema => schema.Name, schema => schema.Value, StringComparer.Ordinal);

    private static List<JsonProperty> Members(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var members) && members.ValueKind == JsonValueKind.Object ? [.. members.EnumerateObject()] : [];

    // Which operations reach a schema, through other schemas, too.
    private static Dictionary<string, HashSet<string>> Users(IEnumerable<SpecificationOperation> operations, Dictionary<string, JsonElement> schemas)
    {
        var references = schemas.ToDictionary(schema => schema.Key, schema => References(schema.Value), StringComparer.Ordinal);
        var users = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            var reached = new HashSet<string>(StringComparer.Ordinal);
            var open = new Stack<string>(References(operation.Value));
            while (open.TryPop(out var name))
            {
                if (reached.Add(name))
                {
                    foreach (var next in references.GetValueOrDefault(name) ?? [])
                    {
                        open.Push(next);
                    }
                }
            }

            foreach (var name in reached)
            {
                if (!users.TryGetValue(name, out var set))
                {
                    users[name] = set = new HashSet<string>(StringComparer.Ordinal);
                }

                set.Add(operation.Name);
            }
        }

        return users;
    }

    private static HashSet<string> References(JsonElement value)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        Collect(value, found);
        return found;
    }

    private static void Collect(JsonElement value, HashSet<string> found)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String)
                {
                    if (member.NameEquals("$ref") && member.Value.GetString() is { } target && target.StartsWith('#'))
                    {
                        found.Add(target[(target.LastIndexOf('/') + 1)..]);
                    }
                }
                else
                {
                    Collect(member.Value, found);
                }
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                Collect(item, found);
            }
        }
    }
}
