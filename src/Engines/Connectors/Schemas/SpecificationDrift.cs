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

/// <summary>How two versions of a description of an interface differ.</summary>
public sealed record SpecificationDrift
{
    private const int MaxNamed = 50;

    private static readonly HashSet<string> Methods = new(StringComparer.OrdinalIgnoreCase) { "get", "put", "post", "delete", "patch", "head" };

    /// <summary>The operations that came, as method and path.</summary>
    public required IReadOnlyList<string> OperationsAdded { get; init; }

    /// <summary>The operations that went.</summary>
    public required IReadOnlyList<string> OperationsRemoved { get; init; }

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

    /// <summary>Compares two versions.</summary>
    /// <exception cref="DefinitionException">One of them cannot be read.</exception>
    public static SpecificationDrift Compare(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after, ImportLimits? limits = null)
    {
        var started = Stopwatch.GetTimestamp();
        limits ??= new ImportLimits();
        var (old, now) = (Read(before, "before", limits), Read(after, "after", limits));
        var (oldOperations, newOperations) = (Operations(old), Operations(now));
        var (oldSchemas, newSchemas) = (Schemas(old), Schemas(now));
        var users = Users(newOperations, newSchemas);
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
            OperationsAdded = Missing(newOperations, oldOperations),
            OperationsRemoved = Missing(oldOperations, newOperations),
            SchemasAdded = Missing(newSchemas, oldSchemas),
            SchemasRemoved = Missing(oldSchemas, newSchemas),
            SchemasEdited = edited,
            SchemasChanged = [.. changed.OrderBy(schema => schema.Name, StringComparer.Ordinal)],
            Elapsed = Stopwatch.GetElapsedTime(started),
        };
    }

    private static List<string> Missing(Dictionary<string, JsonElement> from, Dictionary<string, JsonElement> inOther) =>
        [.. from.Keys.Where(key => !inOther.ContainsKey(key)).Order(StringComparer.Ordinal)];

    private static JsonElement Read(ReadOnlyMemory<byte> document, string name, ImportLimits limits)
    {
        var (root, _) = DocumentText.Read(document.Span, name, limits);
        return root is JsonObject ? JsonSerializer.SerializeToElement(root) : throw new DefinitionException(name, 1, "not a description of an interface.");
    }

    private static Dictionary<string, JsonElement> Operations(JsonElement document)
    {
        var operations = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var path in Members(document, "paths"))
        {
            foreach (var operation in path.Value.ValueKind == JsonValueKind.Object ? path.Value.EnumerateObject().ToList() : [])
            {
                if (Methods.Contains(operation.Name))
                {
                    operations[$"{operation.Name.ToUpperInvariant()} {path.Name}"] = operation.Value;
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
    private static Dictionary<string, HashSet<string>> Users(Dictionary<string, JsonElement> operations, Dictionary<string, JsonElement> schemas)
    {
        var references = schemas.ToDictionary(schema => schema.Key, schema => References(schema.Value), StringComparer.Ordinal);
        var users = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var (operation, value) in operations)
        {
            var reached = new HashSet<string>(StringComparer.Ordinal);
            var open = new Stack<string>(References(value));
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

                set.Add(operation);
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
