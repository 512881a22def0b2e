using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Makes up arguments that an operation's schema takes.</summary>
internal static class SampleArguments
{
    private static readonly Dictionary<string, string> ByFormat = new(StringComparer.Ordinal)
    {
        ["date"] = "2026-01-31",
        ["date-time"] = "2026-01-31T12:00:00Z",
        ["email"] = "ada@example.com",
        ["uri"] = "https://example.com/",
        ["uuid"] = "00000000-0000-4000-8000-000000000000",
    };

    /// <summary>The required arguments; null when none are found that fit.</summary>
    public static JsonElement? Of(OperationTemplate operation)
    {
        var properties = InputSchema.Arguments(operation);
        var arguments = new JsonObject();
        foreach (var name in InputSchema.Required(operation).Order(StringComparer.Ordinal))
        {
            if (!properties.TryGetValue(name, out var schema) || Value(schema) is not { } value)
            {
                return null;
            }

            arguments[name] = value;
        }

        var element = JsonSerializer.SerializeToElement(arguments);
        return JsonSchema.Parse(InputSchema.Of(operation)).Validate(element).Count == 0 ? element : null;
    }

    private static JsonNode? Value(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return "1";
        }

        if (schema.TryGetProperty("enum", out var values) && values.GetArrayLength() > 0)
        {
            return values[0].ValueKind == JsonValueKind.Null ? null : JsonNode.Parse(values[0].GetRawText());
        }

        var type = schema.TryGetProperty("type", out var types) ? types.ValueKind == JsonValueKind.Array ? types[0].GetString() : types.GetString() : "string";
        var least = schema.TryGetProperty("minimum", out var minimum) && minimum.TryGetInt64(out var bound) ? bound : 1;
        return type switch
        {
            "integer" or "number" => least,
            "boolean" => false,
            "array" => new JsonArray(schema.TryGetProperty("items", out var items) ? Value(items) : "1"),
            "object" => new JsonObject(),
            _ => schema.TryGetProperty("format", out var format) && ByFormat.TryGetValue(format.GetString() ?? "", out var text) ? text
                : schema.TryGetProperty("minLength", out var length) && length.TryGetInt32(out var count) && count is > 1 and <= 100 ? new string('1', count) : "1",
        };
    }
}
