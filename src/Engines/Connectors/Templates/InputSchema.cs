using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Templates;

/// <summary>The JSON Schema of an operation's arguments in full.</summary>
public static class InputSchema
{
    /// <summary>The schema with <c>type: object</c>, <c>properties</c> and <c>additionalProperties: false</c> in it; one without properties when the operation says none.</summary>
    public static JsonElement Of(OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var schema = operation.Input is { ValueKind: JsonValueKind.Object } given ? JsonNode.Parse(given.GetRawText())!.AsObject() : [];
        schema.TryAdd("type", "object");
        schema.TryAdd("properties", new JsonObject());
        schema.TryAdd("additionalProperties", false);
        return JsonSerializer.SerializeToElement(schema);
    }

    /// <summary>The arguments' names with their schemas.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Arguments(OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var arguments = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (operation.Input is { ValueKind: JsonValueKind.Object } input && input.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                arguments[property.Name] = property.Value;
            }
        }

        return arguments;
    }

    /// <summary>The arguments that must be given.</summary>
    public static IReadOnlySet<string> Required(OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Input is { ValueKind: JsonValueKind.Object } input && input.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array
            ? required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal)
            : new HashSet<string>(StringComparer.Ordinal);
    }
}
