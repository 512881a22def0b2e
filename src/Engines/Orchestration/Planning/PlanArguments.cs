using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>
/// Arguments of a planned call before anything has run: what is known of them is checked exactly against the operation's schema; of what refers to results that do not
/// exist yet, the name and, where it is certain, the type.
/// </summary>
internal sealed class PlanArguments
{
    // What can be said of an object or a list although some of its values are not known yet.
    private static readonly HashSet<string> Structural = new(StringComparer.Ordinal)
    {
        "type", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties", "dependentRequired", "maxItems", "properties",
    };

    private readonly Dictionary<string, ValueShape> _open = new(StringComparer.Ordinal);
    private readonly Func<string, string, (JsonNode? Value, ValueShape? Open)> _read;
    private readonly JsonNode? _value;

    /// <summary>Reads arguments.</summary>
    /// <param name="arguments">As they stand in the plan.</param>
    /// <param name="read">For a text and its place: its value, or what is known of it when it depends on results.</param>
    public PlanArguments(JsonElement arguments, Func<string, string, (JsonNode? Value, ValueShape? Open)> read)
    {
        _read = read;
        _value = Read(arguments, "");
    }

    /// <summary>The arguments; null when they are not all known yet.</summary>
    public JsonElement? Known => _open.Count == 0 ? Values.Element(_value) : null;

    /// <summary>How they do not fit an operation.</summary>
    public IEnumerable<(string Code, string Path, string Message)> Check(ConnectorOperation operation)
    {
        foreach (var error in OperationSchemas.Check(operation, Values.Element(_value)))
        {
            var open = _open.FirstOrDefault(entry => error.Path == entry.Key || error.Path.StartsWith(entry.Key + "/", StringComparison.Ordinal));
            if (open.Value is { } shape)
            {
                if (error.Path == open.Key && error.Keyword == "type" && shape.Kind != "any")
                {
                    yield return ("invalid_argument", error.Path, $"{error.Message} This expression gives a {shape.Kind}.");
                }

                continue;
            }

            if (_open.Keys.Any(path => path.StartsWith(error.Path + "/", StringComparison.Ordinal)) && !Structural.Contains(error.Keyword))
            {
                continue;
            }

            yield return (CodeOf(error), error.Path, error.Message);
        }
    }

    private static string CodeOf(SchemaError error) => error.Keyword switch
    {
        "additionalProperties" => "unknown_argument",
        "required" or "dependentRequired" => "missing_argument",
        _ => "invalid_argument",
    };

    // As the template's own evaluation: what comes out as null is left out.
    private JsonNode? Read(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var fields = new JsonObject();
                foreach (var field in value.EnumerateObject())
                {
                    if (Read(field.Value, $"{path}/{LocatedDocument.Escape(field.Name)}") is { } node)
                    {
                        fields[field.Name] = node;
                    }
                }

                return fields;
            case JsonValueKind.Array:
                var items = new JsonArray();
                foreach (var item in value.EnumerateArray())
                {
                    // The place in the list that is sent, which is where the schema's faults will say that they are.
                    if (Read(item, $"{path}/{items.Count}") is { } node)
                    {
                        items.Add(node);
                    }
                }

                return items;
            case JsonValueKind.String:
                var (known, open) = _read(value.GetString()!, path);
                if (open is null)
                {
                    return known?.DeepClone();
                }

                _open[path] = open;
                return open.Kind switch
                {
                    "number" => JsonValue.Create(1),
                    "boolean" => JsonValue.Create(true),
                    "list" => new JsonArray(),
                    "object" => new JsonObject(),
                    _ => JsonValue.Create("x"),
                };
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(value);
        }
    }
}
