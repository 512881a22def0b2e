using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Steward.Engines.Connectors.Templates;

/// <summary>Writes templates as YAML that <see cref="TemplateReader"/> reads back to the same template. Members that are as they are by default are left out.</summary>
public static class TemplateWriter
{
    private const int MaxFlow = 150;
    private const int MaxFlowValues = 14;

    private static readonly JsonSerializerOptions Brief = CreateOptions();

    /// <summary>The YAML text, with line feeds.</summary>
    public static string Write(ConnectorTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var text = new StringBuilder(16 * 1024);
        Block(text, ToElement(template), 0);
        return text.ToString();
    }

    /// <summary>The template as JSON, without what is as it is by default.</summary>
    public static JsonElement ToElement(ConnectorTemplate template) => JsonSerializer.SerializeToElement(template, Brief);

    private static JsonSerializerOptions CreateOptions()
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        resolver.Modifiers.Add(OmitDefaults);
        var options = new JsonSerializerOptions(TemplateJson.Options) { TypeInfoResolver = resolver };
        options.MakeReadOnly();
        return options;
    }

    private static void OmitDefaults(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Namespace != typeof(ConnectorTemplate).Namespace)
        {
            return;
        }

        var fresh = Activator.CreateInstance(type.Type)!;
        foreach (var property in type.Properties.Where(property => !property.IsRequired && property.Get is not null))
        {
            var usual = property.Get!(fresh);
            var usualText = usual is null or IEnumerable or JsonElement ? null : JsonSerializer.Serialize(usual, usual.GetType(), TemplateJson.Options);
            property.ShouldSerialize = (_, value) => value switch
            {
                null => usual is not null,
                string text => !Equals(text, usual),
                JsonElement => true,
                IEnumerable many when usual is IEnumerable few => !few.Cast<object>().SequenceEqual(many.Cast<object>()),
                _ => usual is null || (!Equals(value, usual) && JsonSerializer.Serialize(value, value.GetType(), TemplateJson.Options) != usualText),
            };
        }
    }

    private static void Block(StringBuilder text, JsonElement value, int indent)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                text.Append(' ', indent).Append(Scalar(member.Name)).Append(':');
                Nested(text, member.Value, indent + 2, indent);
            }
        }
        else
        {
            foreach (var item in value.EnumerateArray())
            {
                text.Append(' ', indent).Append('-');
                if (item.ValueKind == JsonValueKind.Object && Flow(item) is null)
                {
                    // The first member stands beside the dash.
                    var at = text.Length;
                    Block(text, item, indent + 2);
                    text.Remove(at, indent + 1);
                }
                else
                {
                    Nested(text, item, indent + 2, indent);
                }
            }
        }
    }

    private static void Nested(StringBuilder text, JsonElement value, int indent, int indentOfList)
    {
        if (Flow(value) is { } flow)
        {
            text.Append(' ').Append(flow).Append('\n');
        }
        else
        {
            text.Append('\n');
            Block(text, value, value.ValueKind == JsonValueKind.Array ? indentOfList + 2 : indent);
        }
    }

    // On one line when it is short; null otherwise.
    private static string? Flow(JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return Scalar(value);
        }

        var left = MaxFlowValues;
        var text = new StringBuilder();
        return Flow(text, value, ref left) ? text.ToString() : IsEmpty(value) ? text.ToString() : null;
    }

    private static bool Flow(StringBuilder text, JsonElement value, ref int left)
    {
        if (--left < 0 || text.Length > MaxFlow)
        {
            return false;
        }

        var first = true;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in value.EnumerateObject())
                {
                    text.Append(first ? " " : ", ").Append(Scalar(member.Name)).Append(": ");
                    first = false;
                    if (!Flow(text, member.Value, ref left))
                    {
                        return false;
                    }
                }

                text.Append(first ? "}" : " }");
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    if (!Flow(text, item, ref left))
                    {
                        return false;
                    }
                }

                text.Append(']');
                break;
            default:
                text.Append(Scalar(value));
                break;
        }

        return text.Length <= MaxFlow;
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() == 0 : !value.EnumerateObject().Any();

    private static string Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? Scalar(value.GetString()!) : value.GetRawText();

    private static string Scalar(string text)
    {
        if (text.Length is > 0 and <= 60 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            && !(text.Length <= 5 && text.ToLowerInvariant() is "true" or "false" or "null"))
        {
            return text;
        }

        // A text of JSON is one of YAML, too; what neither prints is escaped.
        var encoded = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text);
        var result = new StringBuilder(encoded.Length + 2).Append('"');
        foreach (var c in encoded)
        {
            if (c > 126 && (char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse))
            {
                result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            }
            else
            {
                result.Append(c);
            }
        }

        return result.Append('"').ToString();
    }
}
