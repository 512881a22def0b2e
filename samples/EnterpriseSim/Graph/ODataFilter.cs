using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>A useful part of OData's <c>$filter</c>: eq, ne, ge, le, startswith, endswith, contains, and, or, not, parentheses.</summary>
internal sealed partial class ODataFilter
{
    private const int DeepestNesting = 32;
    private readonly List<string> tokens;
    private int position;
    private int depth;

    private ODataFilter(string text)
    {
        tokens = [];
        var end = 0;
        foreach (Match match in Token().Matches(text))
        {
            // Between two tokens there is nothing but white space, or the text is no filter.
            if (!text.AsSpan(end, match.Index - end).IsWhiteSpace())
            {
                throw Unexpected();
            }

            tokens.Add(match.Value);
            end = match.Index + match.Length;
        }

        if (!text.AsSpan(end).IsWhiteSpace())
        {
            throw Unexpected();
        }
    }

    /// <summary>Compiles a filter.</summary>
    /// <exception cref="FormatException">The product would refuse it.</exception>
    public static Func<JsonObject, bool> Compile(string text)
    {
        var filter = new ODataFilter(text);
        var predicate = filter.Or();
        return filter.position == filter.tokens.Count ? predicate : throw Unexpected();
    }

    private Func<JsonObject, bool> Or()
    {
        var left = And();
        while (Take("or"))
        {
            var (first, second) = (left, And());
            left = json => first(json) || second(json);
        }

        return left;
    }

    private Func<JsonObject, bool> And()
    {
        var left = Term();
        while (Take("and"))
        {
            var (first, second) = (left, Term());
            left = json => first(json) && second(json);
        }

        return left;
    }

    private Func<JsonObject, bool> Term()
    {
        if (++depth > DeepestNesting)
        {
            throw Unexpected();
        }

        try
        {
            if (Take("not"))
            {
                var inner = Term();
                return json => !inner(json);
            }

            if (Take("("))
            {
                var inner = Or();
                return Take(")") ? inner : throw Unexpected();
            }

            var name = Next();
            return name is "startswith" or "endswith" or "contains" && Take("(") ? Function(name) : Comparison(name);
        }
        finally
        {
            depth--;
        }
    }

    private Func<JsonObject, bool> Function(string function)
    {
        var path = Next().Split('/');
        if (!Take(","))
        {
            throw Unexpected();
        }

        var value = Literal() ?? "";
        if (!Take(")"))
        {
            throw Unexpected();
        }

        return json => Value(json, path) is { } text && function switch
        {
            "startswith" => text.StartsWith(value, StringComparison.OrdinalIgnoreCase),
            "endswith" => text.EndsWith(value, StringComparison.OrdinalIgnoreCase),
            _ => text.Contains(value, StringComparison.OrdinalIgnoreCase),
        };
    }

    private Func<JsonObject, bool> Comparison(string name)
    {
        var (path, op, value) = (name.Split('/'), Next(), Literal());
        return op switch
        {
            "eq" => json => string.Equals(Value(json, path), value, StringComparison.OrdinalIgnoreCase),
            "ne" => json => !string.Equals(Value(json, path), value, StringComparison.OrdinalIgnoreCase),
            "ge" => json => string.CompareOrdinal(Value(json, path), value) >= 0,
            "le" => json => string.CompareOrdinal(Value(json, path), value) <= 0,
            _ => throw Unexpected(),
        };
    }

    private string? Literal()
    {
        var token = Next();
        return token[0] == '\'' ? token[1..^1].Replace("''", "'", StringComparison.Ordinal) : token == "null" ? null : token;
    }

    private string Next() => position < tokens.Count ? tokens[position++] : throw Unexpected();

    private bool Take(string token)
    {
        if (position < tokens.Count && tokens[position] == token)
        {
            position++;
            return true;
        }

        return false;
    }

    private static string? Value(JsonObject json, string[] path)
    {
        JsonNode? node = json;
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node.AsText();
    }

    private static FormatException Unexpected() => new("Invalid filter clause.");

    [GeneratedRegex(@"'(?:[^']|'')*'|[A-Za-z0-9_@./:+-]+|[(),]")]
    private static partial Regex Token();
}
