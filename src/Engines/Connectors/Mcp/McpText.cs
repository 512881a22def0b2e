using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// Texts of servers, made harmless to show: no control characters, none that are invisible or turn the direction of writing, and no more than so many characters. What they say stays
/// untrusted.
/// </summary>
internal static class McpText
{
    public const int MaxDescription = 2000;
    private const int MaxInSchema = 500;
    private const int MaxDepth = 32;

    /// <summary>The text, cleaned and cut.</summary>
    public static string Clean(string? text, int max)
    {
        var clean = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > max)
            {
                break;
            }

            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    clean.Append(rune.Value is '\n' or '\t' ? (char)rune.Value : ' ');
                    break;
                case UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate:
                    break;
                default:
                    clean.Append(rune.ToString());
                    break;
            }
        }

        return clean.ToString().Trim();
    }

    /// <summary>A schema whose texts for people are cleaned, too.</summary>
    /// <exception cref="JsonException">It is nested too deeply.</exception>
    public static JsonElement CleanSchema(JsonElement schema)
    {
        var node = JsonNode.Parse(schema.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth })!;
        Clean(node, isMap: false);
        return JsonSerializer.SerializeToElement(node);
    }

    private static void Clean(JsonNode? node, bool isMap)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    // Below properties and definitions names are the server's own.
                    if (!isMap && name is "description" or "title" or "$comment" && value is JsonValue text && text.GetValueKind() == JsonValueKind.String)
                    {
                        members[name] = Clean(text.GetValue<string>(), MaxInSchema);
                    }
                    else if (!isMap && name is "examples")
                    {
                        members.Remove(name);
                    }
                    else
                    {
                        Clean(value, !isMap && name is "properties" or "$defs" or "definitions" or "patternProperties");
                    }
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Clean(item, isMap: false);
                }

                break;
        }
    }
}
