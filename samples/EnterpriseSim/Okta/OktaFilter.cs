using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>Okta's expression language of <c>search</c> and <c>filter</c>: comparisons, <c>pr</c>, <c>and</c>, <c>or</c>, <c>not</c>, parentheses.</summary>
internal sealed class OktaFilter
{
    private const int DeepestNesting = 32;
    private readonly List<string> tokens;
    private readonly Func<string, string, bool> allowed;
    private readonly StringComparison comparison;
    private int position;
    private int depth;

    private OktaFilter(string text, Func<string, string, bool> allowed, StringComparison comparison)
    {
        tokens = Tokenize(text);
        this.allowed = allowed;
        this.comparison = comparison;
    }

    /// <summary>Compiles an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="allowed">Whether a property may be used with an operator.</param>
    /// <param name="ignoreCase">Whether values compare without case, as in <c>search</c>.</param>
    /// <exception cref="FormatException">The expression is not valid.</exception>
    public static Func<JsonObject, bool> Compile(string text, Func<string, string, bool> allowed, bool ignoreCase)
    {
        var parser = new OktaFilter(text, allowed, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        var predicate = parser.Or();
        return parser.position == parser.tokens.Count ? predicate : throw new FormatException("Unexpected text after the expression.");
    }

    private Func<JsonObject, bool> Or()
    {
        var left = And();
        while (Keyword("or"))
        {
            var (a, b) = (left, And());
            left = json => a(json) || b(json);
        }

        return left;
    }

    private Func<JsonObject, bool> And()
    {
        var left = Term();
        while (Keyword("and"))
        {
            var (a, b) = (left, Term());
            left = json => a(json) && b(json);
        }

        return left;
    }

    private Func<JsonObject, bool> Term()
    {
        if (++depth > DeepestNesting)
        {
            throw new FormatException("The expression is nested too deep.");
        }

        try
        {
            if (Keyword("not"))
            {
                var inner = Term();
                return json => !inner(json);
            }

            if (Peek() == "(")
            {
                position++;
                var inner = Or();
                return Next() == ")" ? inner : throw new FormatException("A closing parenthesis is missing.");
            }

            return Comparison();
        }
        finally
        {
            depth--;
        }
    }

    private Func<JsonObject, bool> Comparison()
    {
        var property = Next();
        var op = Next().ToLowerInvariant();
        if (!allowed(property, op))
        {
            throw new FormatException($"{property} {op} is not supported.");
        }

        if (op == "pr")
        {
            return json => Values(json, property).Any();
        }

        var literal = Next();
        var value = literal.StartsWith('"') ? literal[1..] : literal;
        Func<string, bool> test = op switch
        {
            "eq" => text => text.Equals(value, comparison),
            "ne" => text => !text.Equals(value, comparison),
            "sw" => text => text.StartsWith(value, comparison),
            "ew" => text => text.EndsWith(value, comparison),
            "co" => text => text.Contains(value, comparison),
            "gt" => text => Order(text, value) > 0,
            "ge" => text => Order(text, value) >= 0,
            "lt" => text => Order(text, value) < 0,
            "le" => text => Order(text, value) <= 0,
            _ => throw new FormatException($"{op} is not an operator."),
        };
        return op == "ne" ? json => Values(json, property).All(test) : json => Values(json, property).Any(test);
    }

    private static int Order(string a, string b) =>
        DateTimeOffset.TryParse(a, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var x)
        && DateTimeOffset.TryParse(b, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var y)
            ? x.CompareTo(y)
            : string.Compare(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>The values at a dotted path; arrays stand for all their elements.</summary>
    private static IEnumerable<string> Values(JsonNode? node, string path)
    {
        if (node is JsonArray array)
        {
            return array.SelectMany(item => Values(item, path));
        }

        if (path.Length == 0)
        {
            return node.AsText() is { } text ? [text] : [];
        }

        var dot = path.IndexOf('.', StringComparison.Ordinal);
        var (head, rest) = dot < 0 ? (path, "") : (path[..dot], path[(dot + 1)..]);
        return node is JsonObject json && json.TryGetPropertyValue(head, out var child) ? Values(child, rest) : [];
    }

    private bool Keyword(string word)
    {
        if (!word.Equals(Peek(), StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        position++;
        return true;
    }

    private string? Peek() => position < tokens.Count ? tokens[position] : null;

    private string Next() => position < tokens.Count ? tokens[position++] : throw new FormatException("The expression ends too early.");

    /// <summary>Splits into words, parentheses and strings; a string token keeps its opening quote.</summary>
    private static List<string> Tokenize(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            else if (text[i] is '(' or ')')
            {
                tokens.Add(text[i++].ToString());
            }
            else if (text[i] == '"')
            {
                var value = new System.Text.StringBuilder("\"");
                for (i++; i < text.Length && text[i] != '"'; i++)
                {
                    if (text[i] == '\\' && i + 1 < text.Length)
                    {
                        i++;
                    }

                    value.Append(text[i]);
                }

                if (i++ >= text.Length)
                {
                    throw new FormatException("A string is not closed.");
                }

                tokens.Add(value.ToString());
            }
            else
            {
                var start = i;
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or '"'))
                {
                    i++;
                }

                tokens.Add(text[start..i]);
            }
        }

        return tokens;
    }
}
