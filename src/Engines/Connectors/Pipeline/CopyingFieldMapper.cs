using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>Moves fields; knows no functions.</summary>
internal sealed class CopyingFieldMapper : IFieldMapper
{
    public JsonElement Map(JsonElement value, IReadOnlyList<FieldMapping> mappings, MappingDirection direction)
    {
        var own = mappings.Where(mapping => mapping.Direction == direction).ToList();
        if (own.Count == 0 || value.ValueKind != JsonValueKind.Object)
        {
            return value;
        }

        if (own.Find(mapping => mapping.Function is not null) is { } unknown)
        {
            throw new FormatException($"The mapping to '{unknown.To}' uses the function '{unknown.Function}', which is not known here.");
        }

        if (direction == MappingDirection.In && value.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array)
        {
            var list = JsonObject.Create(value)!;
            list["items"] = new JsonArray([.. items.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Object ? (JsonNode)Move(item, own) : JsonNode.Parse(item.GetRawText())!)]);
            return JsonSerializer.SerializeToElement(list);
        }

        return JsonSerializer.SerializeToElement(Move(value, own));
    }

    private static JsonObject Move(JsonElement value, List<FieldMapping> mappings)
    {
        var result = JsonObject.Create(value)!;
        var moved = mappings.Select(mapping => (mapping.To, Value: (mapping.From is null ? null : ValuePath.Find(value, mapping.From)) ?? mapping.Default)).ToList();
        foreach (var mapping in mappings)
        {
            Remove(result, mapping.From is null ? [] : ValuePath.Split(mapping.From));
        }

        foreach (var (to, found) in moved)
        {
            if (found is { } there)
            {
                Set(result, ValuePath.Split(to), JsonNode.Parse(there.GetRawText()));
            }
        }

        return result;
    }

    private static void Remove(JsonObject root, IReadOnlyList<string> path)
    {
        var at = root;
        for (var i = 0; i < path.Count - 1 && at is not null; i++)
        {
            at = at[path[i]] as JsonObject;
        }

        if (path.Count > 0)
        {
            at?.Remove(path[^1]);
        }
    }

    private static void Set(JsonObject root, IReadOnlyList<string> path, JsonNode? value)
    {
        var at = root;
        foreach (var name in path.SkipLast(1))
        {
            if (at[name] is not JsonObject inner)
            {
                at[name] = inner = [];
            }

            at = inner;
        }

        at[path[^1]] = value;
    }
}
