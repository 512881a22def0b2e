using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// A text with placeholders. <c>{name}</c> is replaced by the value of that name; <c>{name|function}</c> by what <see cref="TextFunctions"/> make of it;
/// <c>{?name:text}</c> is the text, which may hold placeholders, when the name has a value, and nothing otherwise. Other braces stand for themselves.
/// Immutable.
/// </summary>
public sealed partial class TemplateText
{
    private readonly IReadOnlyList<Part> _parts;

    private TemplateText(IReadOnlyList<Part> parts) => _parts = parts;

    /// <summary>Every placeholder, those of optional parts and their conditions included.</summary>
    public IEnumerable<TemplatePlaceholder> Placeholders => _parts.SelectMany(part => part.All());

    /// <summary>The placeholders without whose values the whole text is absent.</summary>
    public IEnumerable<string> Needed => _parts.OfType<Slot>().Select(slot => slot.Placeholder.Name);

    /// <summary>Whether it is one placeholder and nothing else, so that the value keeps its type.</summary>
    public bool IsValue => _parts is [Slot];

    /// <summary>Reads a text. Every text is one.</summary>
    public static TemplateText Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TemplateText(Read(text, mayNest: true));
    }

    /// <summary>A text whose plain placeholders, <c>{name}</c>, are replaced where there is a value; everything else stands for itself. What a value holds is not looked at again.</summary>
    /// <param name="text">The text.</param>
    /// <param name="values">The value of a name; null when it has none.</param>
    public static string Fill(string text, Func<string, string?> values)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(values);
        return PlainPlaceholder().Replace(text, match => values(match.Groups[1].Value) ?? match.Value);
    }

    /// <summary>The text; null when a placeholder outside of optional parts has no value.</summary>
    /// <param name="values">The value of a name; null when it has none.</param>
    /// <exception cref="FormatException">A function refuses a value; the message says what is allowed and begins with the name.</exception>
    public string? Render(Func<string, JsonElement?> values) => Render(values, null);

    /// <summary>The text with every value, after its functions, passed through an escape, such as <see cref="Uri.EscapeDataString(string)"/> for paths.</summary>
    /// <param name="values">The value of a name; null when it has none.</param>
    /// <param name="escape">Applied to values, not to the text around them.</param>
    /// <exception cref="FormatException">A function refuses a value.</exception>
    public string? Render(Func<string, JsonElement?> values, Func<string, string>? escape)
    {
        ArgumentNullException.ThrowIfNull(values);
        var result = new StringBuilder();
        foreach (var part in _parts)
        {
            if (!part.Append(result, values, escape))
            {
                return null;
            }
        }

        return result.ToString();
    }

    /// <summary>The value: of its own type when <see cref="IsValue"/>, else the text; null when it is absent.</summary>
    /// <param name="values">The value of a name; null when it has none.</param>
    /// <exception cref="FormatException">A function refuses a value.</exception>
    public JsonNode? RenderValue(Func<string, JsonElement?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return _parts is [Slot slot]
            ? slot.Placeholder.Read(values)
            : Render(values) is { } text ? JsonValue.Create(text) : null;
    }

    /// <summary>A JSON value whose texts are templates. Members and items that are absent are left out, so are objects that become empty by it.</summary>
    /// <param name="template">The value.</param>
    /// <param name="values">The value of a name; null when it has none.</param>
    /// <exception cref="FormatException">A function refuses a value.</exception>
    public static JsonNode? RenderJson(JsonElement template, Func<string, JsonElement?> values)
    {
        switch (template.ValueKind)
        {
            case JsonValueKind.String:
                return Parse(template.GetString()!).RenderValue(values);
            case JsonValueKind.Object:
                var members = new JsonObject();
                var given = 0;
                foreach (var member in template.EnumerateObject())
                {
                    given++;
                    if (member.Value.ValueKind == JsonValueKind.Null)
                    {
                        members[member.Name] = null;
                    }
                    else if (RenderJson(member.Value, values) is { } value)
                    {
                        members[member.Name] = value;
                    }
                }

                return members.Count == 0 && given > 0 ? null : members;
            case JsonValueKind.Array:
                var items = new JsonArray();
                foreach (var item in template.EnumerateArray())
                {
                    if (RenderJson(item, values) is { } value)
                    {
                        items.Add(value);
                    }
                }

                return items.Count == 0 && template.GetArrayLength() > 0 ? null : items;
            default:
                return JsonNode.Parse(template.GetRawText());
        }
    }

    private static List<Part> Read(string text, bool mayNest)
    {
        List<Part> parts = [];
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '{' && Slots().Match(text, at) is { Success: true } slot && slot.Index == at)
            {
                Flush();
                parts.Add(new Slot(new TemplatePlaceholder(slot.Groups["name"].Value, [.. slot.Groups["function"].Captures.Select(function => function.Value)])));
                at += slot.Length;
            }
            else if (mayNest && text[at] == '{' && Conditions().Match(text, at) is { Success: true } condition && condition.Index == at)
            {
                Flush();
                parts.Add(new Optional(condition.Groups["name"].Value, Read(condition.Groups["text"].Value, mayNest: false)));
                at += condition.Length;
            }
            else
            {
                literal.Append(text[at++]);
            }
        }

        Flush();
        return parts;

        void Flush()
        {
            if (literal.Length > 0)
            {
                parts.Add(new Literal(literal.ToString()));
                literal.Clear();
            }
        }
    }

    private const string Name = "(?<name>[A-Za-z_][A-Za-z0-9_]{0,39}(?:\\.[A-Za-z0-9_*]{1,40}){0,8})";

    [GeneratedRegex(@"\{([A-Za-z][A-Za-z0-9_]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex PlainPlaceholder();

    [GeneratedRegex($@"\G\{{{Name}(?:\|(?<function>[a-z0-9_]{{1,30}})){{0,4}}\}}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Slots();

    // The text of an optional part ends at the first brace that does not end a placeholder.
    [GeneratedRegex($@"\G\{{\?{Name}:(?<text>(?:[^{{}}]|\{{[A-Za-z0-9_.*|]+\}})*)\}}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Conditions();

    private abstract record Part
    {
        public abstract IEnumerable<TemplatePlaceholder> All();

        public abstract bool Append(StringBuilder result, Func<string, JsonElement?> values, Func<string, string>? escape);
    }

    private sealed record Literal(string Text) : Part
    {
        public override IEnumerable<TemplatePlaceholder> All() => [];

        public override bool Append(StringBuilder result, Func<string, JsonElement?> values, Func<string, string>? escape)
        {
            result.Append(Text);
            return true;
        }
    }

    private sealed record Slot(TemplatePlaceholder Placeholder) : Part
    {
        public override IEnumerable<TemplatePlaceholder> All() => [Placeholder];

        public override bool Append(StringBuilder result, Func<string, JsonElement?> values, Func<string, string>? escape)
        {
            if (Placeholder.Read(values) is not { } value)
            {
                return false;
            }

            var text = TextFunctions.TextOf(value);
            result.Append(escape is null ? text : escape(text));
            return true;
        }
    }

    private sealed record Optional(string Name, IReadOnlyList<Part> Parts) : Part
    {
        public override IEnumerable<TemplatePlaceholder> All() => Parts.SelectMany(part => part.All()).Prepend(new TemplatePlaceholder(Name, []));

        public override bool Append(StringBuilder result, Func<string, JsonElement?> values, Func<string, string>? escape)
        {
            if (new TemplatePlaceholder(Name, []).Read(values) is null)
            {
                return true;
            }

            var length = result.Length;
            foreach (var part in Parts)
            {
                if (!part.Append(result, values, escape))
                {
                    // A part of which anything is missing is left out whole.
                    result.Length = length;
                    return true;
                }
            }

            return true;
        }
    }
}

/// <summary>One placeholder of a text.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Functions">What is done with the value, in that order.</param>
public sealed record TemplatePlaceholder(string Name, IReadOnlyList<string> Functions)
{
    internal JsonNode? Read(Func<string, JsonElement?> values)
    {
        if (values(Name) is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value)
        {
            return null;
        }

        JsonNode result = JsonNode.Parse(value.GetRawText())!;
        foreach (var function in Functions)
        {
            try
            {
                result = TextFunctions.Apply(function, result);
            }
            catch (FormatException exception)
            {
                throw new FormatException($"{Name} {exception.Message}");
            }
        }

        return result;
    }
}
