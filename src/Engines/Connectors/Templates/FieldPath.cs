using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Jira;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// Where a result's member stands in an answer, and of what kind it becomes: a <see cref="ValuePath"/>, alternatives with <c> ?? </c> between them, then
/// functions, for example <c>profile.displayName ?? profile.login</c> or <c>state.value|integer</c>. With <c>*</c> in its path a member is a list.
/// </summary>
public static class FieldPath
{
    private static readonly FrozenDictionary<string, Func<JsonElement, JsonNode?>> Functions = new Dictionary<string, Func<JsonElement, JsonNode?>>(StringComparer.Ordinal)
    {
        ["integer"] = value => long.TryParse(TextOf(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null,
        ["number"] = value => decimal.TryParse(TextOf(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null,
        ["boolean"] = value => TextOf(value) switch { "true" or "1" => JsonValue.Create(true), "false" or "0" => JsonValue.Create(false), _ => null },
        ["text"] = value => JsonValue.Create(TextOf(value)),
        // Empty texts mean that there is no value, for systems that write them instead of null.
        ["some"] = value => TextOf(value).Length == 0 ? null : JsonNode.Parse(value.GetRawText()),
        ["adf"] = value => DocumentFormat.ToText(value) is { } text ? JsonValue.Create(text) : null,
        // UTC, without fractions; texts without an offset are taken for UTC.
        ["time"] = value => DateTimeOffset.TryParse(TextOf(value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? Iso(time) : null,
        ["epoch"] = value => Epoch(value, DateTimeOffset.FromUnixTimeSeconds, 253402300799),
        ["epoch_ms"] = value => Epoch(value, DateTimeOffset.FromUnixTimeMilliseconds, 253402300799999),
        // OData version 2: /Date(1492041600000)/ or with an offset, which does not change the moment.
        ["odata_date"] = value => TextOf(value) is ['/', 'D', 'a', 't', 'e', '(', .., ')', '/'] text && long.TryParse(text[6..^2].Split('+')[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ms) && ms is >= -62135596800000 and <= 253402300799999
            ? Iso(DateTimeOffset.FromUnixTimeMilliseconds(ms))
            : null,
        ["count"] = value => value.ValueKind == JsonValueKind.Array ? JsonValue.Create(value.GetArrayLength()) : null,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The functions' names, ordered.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Functions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads a member; null when it is not there.</summary>
    /// <param name="value">The value in which it stands.</param>
    /// <param name="field">The path with functions.</param>
    public static JsonNode? Read(JsonElement value, string field)
    {
        var (paths, functions) = Split(field);
        foreach (var path in paths)
        {
            var isList = ValuePath.Split(path).Contains("*");
            List<JsonNode> found = [.. (isList ? ValuePath.FindAll(value, path) : ValuePath.FindAll(value, path).Take(1)).Select(item => Convert(item, functions)).OfType<JsonNode>()];
            if (isList)
            {
                return new JsonArray([.. found]);
            }

            if (found.Count > 0)
            {
                return found[0];
            }
        }

        return null;
    }

    /// <summary>What is wrong with a member's path; null when nothing is.</summary>
    public static string? Fault(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        var (paths, functions) = Split(field);
        return paths.Any(path => path.Length == 0 || path.Any(char.IsWhiteSpace) || ValuePath.Split(path).Any(part => part.Length == 0))
            ? "must be a path such as data.items.0.id, or several with ' ?? ' between them."
            : functions.FirstOrDefault(function => !Functions.ContainsKey(function)) is { } unknown
                ? $"'{unknown}' is no function; allowed are {string.Join(", ", Names)}."
                : null;
    }

    private static (string[] Paths, string[] Functions) Split(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        var parts = field.Split('|');
        return (parts[0].Split(" ?? "), parts[1..]);
    }

    private static JsonNode? Convert(JsonElement value, string[] functions)
    {
        var result = JsonNode.Parse(value.GetRawText());
        foreach (var function in functions)
        {
            if (result is null)
            {
                return null;
            }

            using var document = JsonDocument.Parse(result.ToJsonString());
            result = Functions.TryGetValue(function, out var convert) ? convert(document.RootElement) : null;
        }

        return result;
    }

    private static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static JsonValue Iso(DateTimeOffset time) => JsonValue.Create(time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));

    private static JsonValue? Epoch(JsonElement value, Func<long, DateTimeOffset> read, long last) =>
        decimal.TryParse(TextOf(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 0 && number <= last ? Iso(read((long)number)) : null;
}
