using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Expressions;

/// <summary>How JSON values compare, add and read as text.</summary>
internal static class Values
{
    /// <summary>The longest text that an expression or template may make.</summary>
    public const int MaxTextLength = 64 * 1024;

    public static bool IsTrue(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => value.GetValue<string>().Length > 0,
        JsonValueKind.Number => Number(value) != 0,
        JsonValueKind.Array => ((JsonArray)value).Count > 0,
        _ => true,
    };

    public static bool AreEqual(JsonNode? left, JsonNode? right) => JsonNode.DeepEquals(left, right);

    public static int? Compare(JsonNode? left, JsonNode? right) => (left?.GetValueKind(), right?.GetValueKind()) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Number(left!).CompareTo(Number(right!)),
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(left!.GetValue<string>(), right!.GetValue<string>()),
        _ => null,
    };

    public static JsonNode? Add(JsonNode? left, JsonNode? right)
    {
        if (left?.GetValueKind() == JsonValueKind.Number && right?.GetValueKind() == JsonValueKind.Number)
        {
            try
            {
                return JsonValue.Create(Number(left) + Number(right));
            }
            catch (OverflowException)
            {
                throw new ExpressionException("the sum is too large.");
            }
        }

        if (left is JsonObject or JsonArray || right is JsonObject or JsonArray)
        {
            throw new ExpressionException("'+' cannot add objects or lists.");
        }

        return JsonValue.Create(Limit(Text(left) + Text(right)));
    }

    /// <summary>As it reads in a sentence: null is nothing, texts are themselves, lists are joined with commas.</summary>
    public static string Text(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "",
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Array => Limit(string.Join(", ", ((JsonArray)value).Select(Text))),
        _ => value.ToJsonString(),
    };

    public static decimal Number(JsonNode value)
    {
        var element = Element(value);
        return element.TryGetDecimal(out var number) ? number : element.GetDouble() > 0 ? decimal.MaxValue : decimal.MinValue;
    }

    public static string Limit(string text) =>
        text.Length <= MaxTextLength ? text : throw new ExpressionException($"the text is longer than {MaxTextLength} characters.");

    public static JsonElement Element(JsonNode? value) => JsonSerializer.SerializeToElement(value, Definitions.DefinitionJson.Default.JsonNode!);

    public static JsonNode? Node(JsonElement? element) => element?.ValueKind switch
    {
        null or JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.Object => JsonObject.Create(element.Value),
        JsonValueKind.Array => JsonArray.Create(element.Value),
        _ => JsonValue.Create(element.Value),
    };

    public static string Date(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at.ToString("d MMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture)
            : text;
}
