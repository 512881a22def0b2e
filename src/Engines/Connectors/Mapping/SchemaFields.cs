using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>One field that a schema has.</summary>
/// <param name="Path">The path, with <c>*</c> for the items of lists.</param>
/// <param name="Types">The types that it may have.</param>
public sealed record SchemaField(string Path, ValueTypes Types)
{
    /// <summary>The format, for example <c>date-time</c>.</summary>
    public string? Format { get; init; }

    /// <summary>How forms name it.</summary>
    public string? Title { get; init; }

    /// <summary>What it is.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it must be given.</summary>
    public bool Required { get; init; }
}

/// <summary>The fields of a JSON Schema, and the schemas of an operation's arguments and result as mappings see them.</summary>
public static class SchemaFields
{
    private const int MaxFields = 2_000;
    private const int MaxDepth = 8;

    private static readonly string[] FormKeywords = ["anyOf", "oneOf", "allOf"];

    /// <summary>All fields, in the schema's order, at most 2,000.</summary>
    public static IReadOnlyList<SchemaField> Of(JsonElement schema)
    {
        var fields = new List<SchemaField>();
        Walk(schema, "", false, 0, fields);
        return fields;
    }

    /// <summary>
    /// The schema of an operation's result as mappings see it: with <see cref="OutputSpec.Fields"/> their names, with <see cref="OutputSpec.List"/> one item. Null
    /// when the template says nothing about it.
    /// </summary>
    public static JsonElement? ResultOf(OutputSpec output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var one = output.Schema is { } schema ? output.List && Member(schema, "items") is { } items ? items : schema : (JsonElement?)null;
        if (output.Fields.Count > 0 || output.Values.Count > 0)
        {
            var members = new JsonObject();
            foreach (var (name, field) in output.Fields)
            {
                // Functions and alternatives change the type; a plain path does not.
                var isPath = !field.Contains('|', StringComparison.Ordinal) && !field.Contains("??", StringComparison.Ordinal) && !ValuePath.Split(field).Contains("*");
                members[name] = (one is { } whole && isPath ? At(whole, field) : null) is { ValueKind: JsonValueKind.Object } at ? JsonNode.Parse(at.GetRawText()) : new JsonObject();
            }

            foreach (var name in output.Values.Keys)
            {
                members[name] = new JsonObject();
            }

            one = JsonSerializer.SerializeToElement(new JsonObject { ["type"] = "object", ["properties"] = members });
        }

        return one;
    }

    /// <summary>The schema at a path; an empty one where anything is allowed; null when there is no such field.</summary>
    public static JsonElement? At(JsonElement schema, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var current = schema;
        foreach (var part in ValuePath.Split(path))
        {
            if (current.ValueKind != JsonValueKind.Object)
            {
                return current.ValueKind == JsonValueKind.True ? Anything : null;
            }

            if (Member(current, "properties") is { ValueKind: JsonValueKind.Object } properties && properties.TryGetProperty(part, out var property))
            {
                current = property;
            }
            else if (Member(current, "items") is { } items && (part == "*" || part.All(char.IsAsciiDigit)))
            {
                current = items;
            }
            else if (Forms(current) is { Count: > 0 } forms)
            {
                return forms.Select(form => At(form, part)).FirstOrDefault(found => found is not null);
            }
            else
            {
                var open = Member(current, "additionalProperties") is { ValueKind: JsonValueKind.Object or JsonValueKind.True } others ? others
                    : Member(current, "properties") is null && Member(current, "items") is null && (TypesOf(current) & (ValueTypes.Structure | ValueTypes.List)) != 0 ? Anything
                    : (JsonElement?)null;
                if (open is null)
                {
                    return null;
                }

                current = open.Value;
            }
        }

        return current;
    }

    /// <summary>The types that a schema allows.</summary>
    public static ValueTypes TypesOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return ValueTypes.Any;
        }

        if (Member(schema, "type") is { } type)
        {
            return type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Aggregate(ValueTypes.None, (types, item) => types | Named(item.GetString())) : Named(type.GetString());
        }

        if (Member(schema, "enum") is { ValueKind: JsonValueKind.Array } values)
        {
            return values.EnumerateArray().Aggregate(ValueTypes.None, (types, item) => types | MappingFunction.TypeOf(JsonNode.Parse(item.GetRawText())));
        }

        return Forms(schema) is { Count: > 0 } forms ? forms.Aggregate(ValueTypes.None, (types, form) => types | TypesOf(form)) : ValueTypes.Any;
    }

    private static JsonElement Anything { get; } = JsonSerializer.SerializeToElement(new JsonObject());

    private static void Walk(JsonElement schema, string path, bool required, int depth, List<SchemaField> fields)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth || fields.Count >= MaxFields)
        {
            return;
        }

        if (path.Length > 0 && !path.EndsWith('*'))
        {
            fields.Add(new SchemaField(path, TypesOf(schema))
            {
                Format = Text(schema, "format"),
                Title = Text(schema, "title"),
                Description = Text(schema, "description"),
                Required = required,
            });
        }

        if (Member(schema, "properties") is { ValueKind: JsonValueKind.Object } properties)
        {
            var needed = Member(schema, "required") is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet(StringComparer.Ordinal) : [];
            foreach (var property in properties.EnumerateObject())
            {
                var name = property.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
                Walk(property.Value, path.Length == 0 ? name : path + "." + name, needed.Contains(property.Name), depth + 1, fields);
            }
        }

        if (Member(schema, "items") is { ValueKind: JsonValueKind.Object } items)
        {
            Walk(items, path.Length == 0 ? "*" : path + ".*", false, depth + 1, fields);
        }
    }

    private static List<JsonElement> Forms(JsonElement schema) =>
        [.. FormKeywords.SelectMany(keyword => Member(schema, keyword) is { ValueKind: JsonValueKind.Array } forms ? forms.EnumerateArray().ToList() : [])];

    private static JsonElement? Member(JsonElement schema, string name) => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement schema, string name) => Member(schema, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static ValueTypes Named(string? type) => type switch
    {
        "string" => ValueTypes.Text,
        "integer" or "number" => ValueTypes.Number,
        "boolean" => ValueTypes.Boolean,
        "array" => ValueTypes.List,
        "object" => ValueTypes.Structure,
        _ => ValueTypes.None,
    };
}
