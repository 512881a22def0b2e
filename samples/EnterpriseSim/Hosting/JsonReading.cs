using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>Reads hostile JSON without throwing on a wrong type.</summary>
internal static class JsonReading
{
    /// <summary>A scalar as text (numbers and booleans in their JSON form); null for null, objects and arrays.</summary>
    public static string? AsText(this JsonNode? node) => node is JsonValue value
        ? value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.ToJsonString(),
            _ => null,
        }
        : null;

    public static string? Text(this JsonObject json, string name) => json.TryGetPropertyValue(name, out var node) ? node.AsText() : null;

    public static JsonObject? Object(this JsonObject json, string name) => json.TryGetPropertyValue(name, out var node) ? node as JsonObject : null;

    public static JsonArray? Array(this JsonObject json, string name) => json.TryGetPropertyValue(name, out var node) ? node as JsonArray : null;

    public static string Iso(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Plain(this int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Plain(this long value) => value.ToString(CultureInfo.InvariantCulture);
}
