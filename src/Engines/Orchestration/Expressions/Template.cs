using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Expressions;

/// <summary>
/// A text with <c>${expression}</c> in it; <c>$${</c> is a literal <c>${</c>. A template that is a single expression keeps the type of its value.
/// </summary>
public sealed class Template
{
    private readonly List<object> _parts;

    private Template(string source, List<object> parts) => (Source, _parts) = (source, parts);

    /// <summary>The text that it was read from.</summary>
    public string Source { get; }

    /// <summary>The expressions in it.</summary>
    public IEnumerable<Expression> Expressions => _parts.OfType<Expression>();

    /// <summary>The expression, when the template is nothing else.</summary>
    public Expression? Only => _parts is [Expression single] ? single : null;

    /// <summary>Reads a template.</summary>
    /// <exception cref="ExpressionException">An expression in it is malformed or not closed.</exception>
    public static Template Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var parts = new List<object>();
        var text = new StringBuilder();
        var at = 0;
        while (at < source.Length)
        {
            if (source.AsSpan(at).StartsWith("$${", StringComparison.Ordinal))
            {
                text.Append("${");
                at += 3;
            }
            else if (source.AsSpan(at).StartsWith("${", StringComparison.Ordinal))
            {
                if (text.Length > 0)
                {
                    parts.Add(text.ToString());
                    text.Clear();
                }

                var end = End(source, at + 2);
                parts.Add(Expression.Parse(source[(at + 2)..end]));
                at = end + 1;
            }
            else
            {
                text.Append(source[at++]);
            }
        }

        if (text.Length > 0)
        {
            parts.Add(text.ToString());
        }

        return new Template(source, parts);
    }

    /// <summary>The value: of the expression when there is nothing else, else the text.</summary>
    /// <exception cref="ExpressionException">It cannot be computed.</exception>
    public JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots) =>
        Only is { } single ? single.Evaluate(roots) : JsonValue.Create(Render(roots));

    /// <summary>The text.</summary>
    /// <exception cref="ExpressionException">It cannot be computed or becomes too long.</exception>
    public string Render(IReadOnlyDictionary<string, JsonNode?> roots)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            text.Append(part is Expression expression ? Values.Text(expression.Evaluate(roots)) : (string)part);
            if (text.Length > Values.MaxTextLength)
            {
                throw new ExpressionException($"the text is longer than {Values.MaxTextLength} characters.");
            }
        }

        return text.ToString();
    }

    /// <summary>Checks every expression in it.</summary>
    /// <exception cref="ExpressionException">One can never work.</exception>
    public ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots)
    {
        var shape = ValueShape.Text;
        foreach (var expression in Expressions)
        {
            shape = expression.Check(roots);
        }

        return Only is not null ? shape : ValueShape.Text;
    }

    private static int End(string source, int at)
    {
        var quote = '\0';
        for (; at < source.Length; at++)
        {
            var c = source[at];
            if (quote != '\0')
            {
                if (c == '\\')
                {
                    at++;
                }
                else if (c == quote)
                {
                    quote = '\0';
                }
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == '}')
            {
                return at;
            }
        }

        throw new ExpressionException("'${' is not closed by '}'.");
    }
}

/// <summary>A JSON value whose texts are templates, such as the arguments of a call.</summary>
public sealed class ValueTemplate
{
    private readonly JsonNode? _constant;
    private readonly Template? _template;
    private readonly Dictionary<string, ValueTemplate>? _fields;
    private readonly List<ValueTemplate>? _items;

    private ValueTemplate(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                _fields = fields.ToDictionary(field => field.Key, field => new ValueTemplate(field.Value), StringComparer.Ordinal);
                break;
            case JsonArray items:
                _items = [.. items.Select(item => new ValueTemplate(item))];
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _template = Template.Parse(value.GetValue<string>());
                break;
            default:
                _constant = node?.DeepClone();
                break;
        }
    }

    /// <summary>The names of the fields of an object.</summary>
    public IEnumerable<string> FieldNames => _fields?.Keys ?? Enumerable.Empty<string>();

    /// <summary>All expressions in it.</summary>
    public IEnumerable<Expression> Expressions =>
        (_template?.Expressions ?? []).Concat(_fields?.Values.SelectMany(value => value.Expressions) ?? []).Concat(_items?.SelectMany(item => item.Expressions) ?? []);

    /// <summary>Reads all templates in a JSON value.</summary>
    /// <exception cref="ExpressionException">One is malformed.</exception>
    public static ValueTemplate Parse(JsonNode? node) => new(node);

    /// <summary>The value of a field that is known before any run; null when it is computed or missing.</summary>
    public JsonNode? ConstantOf(string field) =>
        _fields is not null && _fields.TryGetValue(field, out var value)
            ? value._template is { } template ? (template.Expressions.Any() ? null : JsonValue.Create(template.Render(new Dictionary<string, JsonNode?>()))) : value._constant
            : null;

    /// <summary>The value. Fields and items that come out as null are left out.</summary>
    /// <exception cref="ExpressionException">It cannot be computed.</exception>
    public JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots)
    {
        if (_fields is not null)
        {
            var result = new JsonObject();
            foreach (var (name, field) in _fields)
            {
                if (field.Evaluate(roots) is { } value)
                {
                    result[name] = value.DeepClone();
                }
            }

            return result;
        }

        if (_items is not null)
        {
            return new JsonArray([.. _items.Select(item => item.Evaluate(roots)).Where(item => item is not null).Select(item => item!.DeepClone())]);
        }

        return _template is not null ? _template.Evaluate(roots) : _constant;
    }
}
