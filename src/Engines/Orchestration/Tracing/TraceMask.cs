using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration.Tracing;

/// <summary>
/// Masks what must not be shown although it stands in the journal: the arguments that an action is sent with, and what people and models wrote. Names decide for JSON,
/// known shapes of secrets for text.
/// </summary>
public static class TraceMask
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mask = "***";

    private const int MaxDepth = 24;
    private const int MaxTextLength = 8_000;
    private const int MaxItems = 200;

    /// <summary>A copy with secrets masked, and what is very long or deep cut. Null for nothing.</summary>
    public static JsonNode? Of(JsonElement? element) => element is { ValueKind: not JsonValueKind.Undefined } value ? Copy(value, 0, isSecret: false) : null;

    /// <summary>The same for JSON as text; text that is no JSON may hold anything, so that only its length is told.</summary>
    public static JsonNode? OfJson(string? json)
    {
        if (string.IsNullOrEmpty(json))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return Copy(document.RootElement, 0, isSecret: false);
        }
        catch (JsonException)
        {
            return new JsonObject { ["notJson"] = true, ["length"] = json.Length };
        }
    }

    /// <summary>Text with what looks like a secret masked.</summary>
    public static string Text(string text) => Text(text, MaxTextLength);

    /// <summary>Text with what looks like a secret masked, cut to a length.</summary>
    public static string Text(string text, int maxLength)
    {
        // Cut afterwards, so that no secret is halved into something that is not known as one.
        var masked = SecretText.Hide(text);
        return masked.Length <= maxLength ? masked : masked[..maxLength] + "…";
    }

    private static JsonNode? Copy(JsonElement element, int depth, bool isSecret)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when depth >= MaxDepth:
            case JsonValueKind.Array when depth >= MaxDepth:
                return "…";
            case JsonValueKind.Object:
                var fields = new JsonObject();
                foreach (var member in element.EnumerateObject())
                {
                    if (fields.Count >= MaxItems)
                    {
                        fields["…"] = true;
                        break;
                    }

                    // The last one of repeated members counts, as everywhere.
                    fields[NameOf(member)] = Copy(member.Value, depth + 1, isSecret || IsSecret(NameOf(member)));
                }

                return fields;
            case JsonValueKind.Array:
                var items = new JsonArray();
                foreach (var item in element.EnumerateArray())
                {
                    if (items.Count >= MaxItems)
                    {
                        items.Add("…");
                        break;
                    }

                    items.Add(Copy(item, depth + 1, isSecret));
                }

                return items;
            case JsonValueKind.String or JsonValueKind.Number when isSecret:
                return Mask;
            case JsonValueKind.String:
                return JsonValue.Create(Text(TextOf(element)));
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            default:
                return JsonNode.Parse(element.GetRawText());
        }
    }

    // A time such as passwordChanged and a count such as inputTokens are no secrets.
    private static bool IsSecret(string name) =>
        ResultShaper.IsSecret(name)
        && !name.EndsWith("Changed", StringComparison.Ordinal)
        && !name.EndsWith("At", StringComparison.Ordinal)
        && !name.EndsWith("tokens", StringComparison.OrdinalIgnoreCase);

    // Half of a surrogate pair is valid JSON, but no text.
    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }

    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }
}
