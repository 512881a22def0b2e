using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Expressions;

/// <summary>Recursive descent over the text; each level of the grammar is one method.</summary>
internal sealed class ExpressionParser(string source)
{
    private const int MaxDepth = 32;
    private int _at;
    private int _depth;

    public Expression.Node Parse()
    {
        var node = Choice();
        SkipSpace();
        return _at == source.Length ? node : throw Fault($"'{source[_at]}' was not expected");
    }

    private Expression.Node Choice()
    {
        if (++_depth > MaxDepth)
        {
            throw Fault("nested too deeply");
        }

        var node = Or();
        if (Take("?"))
        {
            var yes = Choice();
            Demand(":");
            node = new Expression.ChoiceNode(node, yes, Choice());
        }

        _depth--;
        return node;
    }

    private Expression.Node Or()
    {
        var node = And();
        while (Take("||"))
        {
            node = new Expression.BinaryNode("||", node, And());
        }

        return node;
    }

    private Expression.Node And()
    {
        var node = Comparison();
        while (Take("&&"))
        {
            node = new Expression.BinaryNode("&&", node, Comparison());
        }

        return node;
    }

    private Expression.Node Comparison()
    {
        var node = Sum();
        foreach (var operation in (ReadOnlySpan<string>)["==", "!=", "<=", ">=", "<", ">"])
        {
            if (Take(operation))
            {
                return new Expression.BinaryNode(operation, node, Sum());
            }
        }

        return node;
    }

    private Expression.Node Sum()
    {
        var node = Unary();
        while (Take("+"))
        {
            node = new Expression.BinaryNode("+", node, Unary());
        }

        return node;
    }

    private Expression.Node Unary()
    {
        SkipSpace();
        var negations = 0;
        while (_at < source.Length && source[_at] == '!' && (_at + 1 >= source.Length || source[_at + 1] != '='))
        {
            _at++;
            negations++;
            SkipSpace();
        }

        var node = Primary();
        return negations == 0 ? node : negations % 2 == 1 ? new Expression.NotNode(node) : new Expression.NotNode(new Expression.NotNode(node));
    }

    private Expression.Node Primary()
    {
        SkipSpace();
        if (_at == source.Length)
        {
            throw Fault("a value is missing");
        }

        var c = source[_at];
        if (c == '(')
        {
            _at++;
            var node = Choice();
            Demand(")");
            return node;
        }

        if (c is '\'' or '"')
        {
            return new Expression.LiteralNode(JsonValue.Create(QuotedText()));
        }

        if (char.IsAsciiDigit(c) || c == '-')
        {
            return new Expression.LiteralNode(JsonValue.Create(Number()));
        }

        return char.IsAsciiLetter(c) || c == '_' ? NameOrCall() : throw Fault($"'{c}' was not expected");
    }

    private Expression.Node NameOrCall()
    {
        var name = Name();
        switch (name)
        {
            case "true":
                return new Expression.LiteralNode(JsonValue.Create(true));
            case "false":
                return new Expression.LiteralNode(JsonValue.Create(false));
            case "null":
                return new Expression.LiteralNode(null);
            default:
                break;
        }

        if (Take("("))
        {
            return Call(name);
        }

        var steps = new List<Expression.PathStep>();
        while (true)
        {
            if (Take("."))
            {
                SkipSpace();
                steps.Add(new Expression.PathStep(Name(), 0));
            }
            else if (Take("["))
            {
                SkipSpace();
                var start = _at;
                while (_at < source.Length && char.IsAsciiDigit(source[_at]))
                {
                    _at++;
                }

                if (!int.TryParse(source.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                {
                    throw Fault("an index from 0 is needed in [ ]");
                }

                Demand("]");
                steps.Add(new Expression.PathStep(null, index));
            }
            else
            {
                return new Expression.PathNode(name, steps);
            }
        }
    }

    private Expression.CallNode Call(string name)
    {
        var function = ExpressionFunction.All.GetValueOrDefault(name)
            ?? throw Fault($"there is no function '{name}'; there are {string.Join(", ", ExpressionFunction.All.Keys)}");
        var arguments = new List<Expression.Node>();
        if (!Take(")"))
        {
            do
            {
                arguments.Add(Choice());
            }
            while (Take(","));
            Demand(")");
        }

        return arguments.Count >= function.MinArguments && arguments.Count <= function.MaxArguments
            ? new Expression.CallNode(name, function, arguments)
            : throw Fault(
                $"{name}() takes {(function.MinArguments == function.MaxArguments ? $"{function.MinArguments}" : $"{function.MinArguments} to {function.MaxArguments}")} values, not {arguments.Count}");
    }

    private string Name()
    {
        var start = _at;
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] == '_'))
        {
            _at++;
        }

        return _at > start && !char.IsAsciiDigit(source[start]) ? source[start.._at] : throw Fault("a name is needed");
    }

    private decimal Number()
    {
        var start = _at++;
        while (_at < source.Length && (char.IsAsciiDigit(source[_at]) || source[_at] == '.'))
        {
            _at++;
        }

        return decimal.TryParse(source.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Fault($"'{source[start.._at]}' is not a number");
    }

    private string QuotedText()
    {
        var quote = source[_at++];
        var text = new StringBuilder();
        while (_at < source.Length)
        {
            var c = source[_at++];
            if (c == quote)
            {
                return text.ToString();
            }

            if (c == '\\')
            {
                if (_at == source.Length)
                {
                    break;
                }

                c = source[_at++] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    '\\' => '\\',
                    '\'' => '\'',
                    '"' => '"',
                    var other => throw Fault($"'\\{other}' is not an escape; there are \\n \\t \\\\ \\' \\\""),
                };
            }

            text.Append(c);
        }

        throw Fault("a text is not closed");
    }

    private bool Take(string token)
    {
        SkipSpace();
        if (!source.AsSpan(_at).StartsWith(token, StringComparison.Ordinal))
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void Demand(string token)
    {
        if (!Take(token))
        {
            throw Fault($"'{token}' is missing");
        }
    }

    private void SkipSpace()
    {
        while (_at < source.Length && char.IsWhiteSpace(source[_at]))
        {
            _at++;
        }
    }

    private ExpressionException Fault(string message) => new($"{message}, at character {_at + 1} of '{source}'.");
}
