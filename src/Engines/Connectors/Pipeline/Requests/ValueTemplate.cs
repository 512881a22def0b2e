using System.Text;
using System.Text.Json;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>
/// A text with placeholders, taken apart once. Only names that the template knows are placeholders; other braces, as in GraphQL, stand for themselves. A placeholder that stands directly
/// between quotes is a literal of somebody's query language: between single quotes, single quotes are doubled (OData, SQL) and backslashes refused; between double quotes both are escaped
/// with a backslash (SCIM, JQL, JSON). So no argument can end the literal that it stands in.
/// </summary>
internal sealed class ValueTemplate
{
    private readonly Part[] _parts;

    private ValueTemplate(Part[] parts) => _parts = parts;

    /// <summary>The text itself, when there is no placeholder in it.</summary>
    public string? Constant => _parts.Length == 0 ? "" : _parts is [{ Name: null } only] ? only.Text : null;

    public static ValueTemplate Parse(string text, Func<string, bool> isKnown)
    {
        var parts = new List<Part>();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var end = text[at] == '{' ? text.IndexOf('}', at) : -1;
            var name = end < 0 ? "" : text[(at + 1)..end];
            if (!IsName(name) || !isKnown(name))
            {
                literal.Append(text[at++]);
                continue;
            }

            if (literal.Length > 0)
            {
                parts.Add(new Part(literal.ToString(), null, default));
                literal.Clear();
            }

            var quote = at > 0 && end + 1 < text.Length && text[at - 1] is '\'' or '"' && text[end + 1] == text[at - 1] ? text[at - 1] : default;
            parts.Add(new Part("", name, quote));
            at = end + 1;
        }

        if (literal.Length > 0)
        {
            parts.Add(new Part(literal.ToString(), null, default));
        }

        return new ValueTemplate([.. parts]);
    }

    /// <summary>The text; null when something in it is absent.</summary>
    /// <param name="scope">The values.</param>
    /// <param name="write">How a value is written, for example escaped; as it is when null.</param>
    public string? Text(TemplateScope scope, Func<string, ScopeValue, string>? write = null)
    {
        if (Constant is { } constant)
        {
            return constant;
        }

        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Name is null)
            {
                text.Append(part.Text);
            }
            else if (scope.TryFind(part.Name, out var value))
            {
                value = part.Quote == default ? value : value with { Json = null, PlainText = Quoted(part.Name, value.Text, part.Quote) };
                text.Append(write is null ? value.Text : write(part.Name, value));
            }
            else
            {
                return null;
            }
        }

        return text.ToString();
    }

    /// <summary>The value: of its own type when the placeholder stands alone, else a text. False when something in it is absent.</summary>
    public bool TryValue(TemplateScope scope, out ScopeValue value)
    {
        if (_parts is [{ Name: { } name }])
        {
            return scope.TryFind(name, out value);
        }

        value = new ScopeValue(null, Text(scope), IsArgument: false);
        return value.PlainText is not null;
    }

    /// <summary>The name of the first placeholder that has no value.</summary>
    public string? FirstAbsent(TemplateScope scope) => Array.Find(_parts, part => part.Name is not null && !scope.TryFind(part.Name, out _)).Name;

    private static string Quoted(string name, string text, char quote)
    {
        if (quote == '"')
        {
            return text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        }

        return text.Contains('\\', StringComparison.Ordinal)
            ? throw Execution.OutcomeException.Invalid(name, "must not contain a backslash.")
            : text.Replace("'", "''", StringComparison.Ordinal);
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 100 && (char.IsAsciiLetter(text[0]) || text[0] == '_') && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');

    private readonly record struct Part(string Text, string? Name, char Quote);
}
