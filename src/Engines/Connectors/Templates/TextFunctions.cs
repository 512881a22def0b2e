using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Jira;
using Steward.Engines.Connectors.Salesforce;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// What placeholders may do with values. Functions for a query language or markup keep a value from becoming part of the language itself.
/// </summary>
public static class TextFunctions
{
    private static readonly FrozenDictionary<string, Func<JsonNode, JsonNode>> Functions = new Dictionary<string, Func<JsonNode, JsonNode>>(StringComparer.Ordinal)
    {
        // Inside "…": JQL, CQL, SCIM and Okta filters, SuiteQL-like languages.
        ["quoted"] = OfText(text => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)),
        // Inside '…' of languages that double the quote: OData, SQL.
        ["odata"] = OfText(text => text.Replace("'", "''", StringComparison.Ordinal)),
        // Inside '…' of languages that take a backslash: Google's query parameters.
        ["apostrophes"] = OfText(text => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)),
        ["soql"] = OfText(text => Soql.Quote(text)[1..^1]),
        ["soql_like"] = OfText(text => Soql.Contains(text)[2..^2]),
        ["servicenow"] = OfText(EncodedQueryValue),
        ["wql"] = OfText(WorkdayQueryValue),
        ["line"] = OfText(text => text.Any(char.IsControl) ? throw new FormatException("must not contain control characters or line breaks.") : text),
        ["html"] = OfText(WebUtility.HtmlEncode!),
        ["html_lines"] = OfText(text => WebUtility.HtmlEncode(text).ReplaceLineEndings("<br/>")),
        // Slack's own escape: these three and no others.
        ["slack"] = OfText(text => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)),
        ["adf"] = value => DocumentFormat.FromText(TextOf(value)),
        ["csv"] = value => JsonValue.Create(TextOf(value)),
        ["lower"] = OfText(text => text.ToLowerInvariant()),
        ["upper"] = OfText(text => text.ToUpperInvariant()),
        ["uri"] = OfText(Uri.EscapeDataString),
        ["base64"] = OfText(text => Convert.ToBase64String(Encoding.UTF8.GetBytes(text))),
        ["text"] = value => JsonValue.Create(TextOf(value)),
        ["not"] = value => value.GetValueKind() switch
        {
            JsonValueKind.True => JsonValue.Create(false),
            JsonValueKind.False => JsonValue.Create(true),
            _ => throw new FormatException("must be true or false."),
        },
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The functions' names, ordered.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Functions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether there is a function.</summary>
    public static bool Exists(string name) => Functions.ContainsKey(name);

    /// <summary>Applies a function; those of texts are applied to each item of a list.</summary>
    /// <exception cref="FormatException">It refuses the value; the message says what is allowed.</exception>
    public static JsonNode Apply(string name, JsonNode value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Functions.TryGetValue(name, out var function) ? function(value) : throw new FormatException($"needs the function '{name}', which does not exist.");
    }

    /// <summary>A value as text: texts as they are, lists with commas between their items, everything else as JSON.</summary>
    public static string TextOf(JsonNode value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value switch
        {
            JsonArray items => string.Join(',', items.Select(item => item is null ? "" : TextOf(item))),
            _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            _ when value.GetValueKind() == JsonValueKind.Number && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) =>
                number.ToString(CultureInfo.InvariantCulture),
            _ => value.ToJsonString(),
        };
    }

    private static Func<JsonNode, JsonNode> OfText(Func<string, string> function) => value => value is JsonArray items
        ? new JsonArray([.. items.Select(item => item is null ? null : (JsonNode)JsonValue.Create(function(TextOf(item))))])
        : JsonValue.Create(function(TextOf(value)));

    // The caret separates conditions, and what starts with javascript: is run by the instance as a script.
    private static string EncodedQueryValue(string text) =>
        text.Contains('^', StringComparison.Ordinal) || text.Any(char.IsControl) || text.Contains("javascript:", StringComparison.OrdinalIgnoreCase)
            ? throw new FormatException("must not contain '^', 'javascript:' or control characters.")
            : text;

    // Inside "…" of Workday's query language, which does not say how it writes a quotation mark or a backslash there.
    private static string WorkdayQueryValue(string text) =>
        text.Any(character => character is '"' or '\\' || char.IsControl(character))
            ? throw new FormatException("must not contain quotation marks, backslashes or control characters.")
            : text;
}
