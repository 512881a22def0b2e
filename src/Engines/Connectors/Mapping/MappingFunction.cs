using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>The JSON types that a mapping function takes or gives.</summary>
[Flags]
public enum ValueTypes
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A text.</summary>
    Text = 1,

    /// <summary>A number.</summary>
    Number = 2,

    /// <summary>True or false.</summary>
    Boolean = 4,

    /// <summary>A list.</summary>
    List = 8,

    /// <summary>An object.</summary>
    Structure = 16,

    /// <summary>Text, number or boolean.</summary>
    Scalar = Text | Number | Boolean,

    /// <summary>Anything.</summary>
    Any = Scalar | List | Structure,
}

/// <summary>A mapping function was written wrongly, or cannot take a value. The message holds no value of a field.</summary>
public sealed class MappingException(string message) : FormatException(message);

/// <summary>
/// The function of a field mapping: one or several with <c>|</c> between them, each with its argument in parentheses, for example <c>trim|lower</c> or
/// <c>lookup(1=New, 2=In Progress, *=Other)</c>. A backslash takes the next character as it is.
/// </summary>
/// <remarks>
/// Functions: <c>lower upper trim split(,) join(, ) first last length replace(a, b) substring(start, length) prefix(text) text number integer boolean multiply(number)
/// date(format) date(from -> to) lookup(key=value, …) default(value) constant(value) concat({path} {path})</c>. Formats of dates are .NET's custom ones, or <c>iso</c>,
/// <c>epoch</c>, <c>epoch_ms</c>.
/// </remarks>
public sealed class MappingFunction
{
    private const int MaxLength = 4_000;
    private const int MaxSteps = 8;

    private static readonly Dictionary<string, (ValueTypes Takes, ValueTypes Gives, bool NeedsArgument)> Known = new(StringComparer.Ordinal)
    {
        ["lower"] = (ValueTypes.Text, ValueTypes.Text, false),
        ["upper"] = (ValueTypes.Text, ValueTypes.Text, false),
        ["trim"] = (ValueTypes.Text, ValueTypes.Text, false),
        ["split"] = (ValueTypes.Text, ValueTypes.List, true),
        ["join"] = (ValueTypes.List, ValueTypes.Text, true),
        ["first"] = (ValueTypes.List, ValueTypes.Any, false),
        ["last"] = (ValueTypes.List, ValueTypes.Any, false),
        ["length"] = (ValueTypes.Text | ValueTypes.List, ValueTypes.Number, false),
        ["replace"] = (ValueTypes.Text, ValueTypes.Text, true),
        ["substring"] = (ValueTypes.Text, ValueTypes.Text, true),
        ["prefix"] = (ValueTypes.Scalar, ValueTypes.Text, true),
        ["text"] = (ValueTypes.Scalar, ValueTypes.Text, false),
        ["number"] = (ValueTypes.Text | ValueTypes.Number, ValueTypes.Number, false),
        ["integer"] = (ValueTypes.Text | ValueTypes.Number, ValueTypes.Number, false),
        ["boolean"] = (ValueTypes.Scalar, ValueTypes.Boolean, false),
        ["multiply"] = (ValueTypes.Number, ValueTypes.Number, true),
        ["date"] = (ValueTypes.Text | ValueTypes.Number, ValueTypes.Text | ValueTypes.Number, true),
        ["lookup"] = (ValueTypes.Scalar, ValueTypes.Scalar, true),
        ["default"] = (ValueTypes.Any, ValueTypes.Any, true),
        ["constant"] = (ValueTypes.Any, ValueTypes.Any, true),
        ["concat"] = (ValueTypes.Any, ValueTypes.Text, true),
    };

    private readonly List<Step> _steps;

    private MappingFunction(List<Step> steps) => _steps = steps;

    /// <summary>The names of all functions.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>Whether it gives a value without reading one.</summary>
    public bool NeedsNoSource => _steps[0].Name is "constant" or "concat";

    /// <summary>Whether it gives a value where nothing was read.</summary>
    public bool TakesNothing => NeedsNoSource || _steps.Exists(step => step.Name == "default");

    /// <summary>The paths that it reads beside the mapping's own.</summary>
    public IEnumerable<string> Paths => _steps.Where(step => step.Name == "concat").SelectMany(step => Placeholders(step.Argument!)).Where(piece => piece.IsPath).Select(piece => piece.Text);

    /// <summary>What it takes.</summary>
    public ValueTypes Takes => Known[_steps[0].Name].Takes;

    /// <summary>What it gives.</summary>
    public ValueTypes Gives => _steps[^1] switch
    {
        { Name: "date", Argument: var argument } => DateTo(argument!) is "epoch" or "epoch_ms" ? ValueTypes.Number : ValueTypes.Text,
        { Name: "constant", Argument: var argument } => TypeOf(Literal(argument!)),
        { Name: "lookup", Table: { } table } => table.Values.Aggregate(ValueTypes.None, (types, value) => types | TypeOf(value)),
        { Name: "default" } when _steps.Count > 1 => Known[_steps[^2].Name].Gives,
        var step => Known[step.Name].Gives,
    };

    /// <summary>Reads a function.</summary>
    /// <exception cref="MappingException">It is no such function; the message says what is allowed.</exception>
    public static MappingFunction Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > MaxLength)
        {
            throw new MappingException($"a function has 1 to {MaxLength} characters.");
        }

        var steps = new List<Step>();
        foreach (var part in Split(text, '|'))
        {
            var open = part.IndexOf('(', StringComparison.Ordinal);
            var name = (open < 0 ? part : part[..open]).Trim();
            if (!Known.TryGetValue(name, out var signature))
            {
                throw new MappingException($"'{Import.ImportText.Trim(name, 40)}' is no function; allowed are {string.Join(", ", Known.Keys)}.");
            }

            var trimmed = part.TrimEnd();
            if (open >= 0 && !trimmed.EndsWith(')'))
            {
                throw new MappingException($"'{name}': the closing parenthesis is missing.");
            }

            var argument = open < 0 ? null : trimmed[(open + 1)..^1];
            if (signature.NeedsArgument != argument is not null)
            {
                throw new MappingException(signature.NeedsArgument ? $"'{name}' needs an argument in parentheses." : $"'{name}' takes no argument.");
            }

            if (steps.Count > 0 && (Known[steps[^1].Name].Gives & signature.Takes) == 0)
            {
                throw new MappingException($"'{name}' cannot take what '{steps[^1].Name}' gives.");
            }

            if (steps.Count > 0 && name is ("constant" or "concat"))
            {
                throw new MappingException($"'{name}' must come first.");
            }

            steps.Add(Checked(new Step(name, argument, name == "lookup" ? Table(argument!) : null)));
        }

        return steps.Count is > 0 and <= MaxSteps ? new MappingFunction(steps) : throw new MappingException($"at most {MaxSteps} functions in a row are allowed.");
    }

    /// <summary>Gives the value; null for none.</summary>
    /// <param name="value">What was read; null for nothing.</param>
    /// <param name="root">What <c>concat</c> reads from.</param>
    /// <exception cref="MappingException">The value is none that the function takes.</exception>
    public JsonNode? Apply(JsonElement? value, JsonElement root)
    {
        var current = value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given ? JsonNode.Parse(given.GetRawText()) : null;
        foreach (var step in _steps)
        {
            current = step.Name switch
            {
                "constant" => Literal(step.Argument!),
                "default" => current ?? Literal(step.Argument!),
                "concat" => Concat(step.Argument!, root),
                _ => current is null ? null : One(step, current),
            };
        }

        return current;
    }

    /// <summary>The type of a value.</summary>
    internal static ValueTypes TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => ValueTypes.Text,
        JsonValueKind.Number => ValueTypes.Number,
        JsonValueKind.True or JsonValueKind.False => ValueTypes.Boolean,
        JsonValueKind.Array => ValueTypes.List,
        JsonValueKind.Object => ValueTypes.Structure,
        _ => ValueTypes.None,
    };

    private static JsonNode One(Step step, JsonNode value)
    {
        if ((TypeOf(value) & Known[step.Name].Takes) == 0)
        {
            throw new MappingException($"'{step.Name}' takes {Words(Known[step.Name].Takes)}, not {Words(TypeOf(value))}.");
        }

        return step.Name switch
        {
            "lower" => value.GetValue<string>().ToLowerInvariant(),
            "upper" => value.GetValue<string>().ToUpperInvariant(),
            "trim" => value.GetValue<string>().Trim(),
            "split" => new JsonArray([.. value.GetValue<string>().Split(Unescape(step.Argument!), StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(part => (JsonNode)part)]),
            "join" => string.Join(Unescape(step.Argument!), value.AsArray().Select(TextOf)),
            "first" => End((JsonArray)value, last: false),
            "last" => End((JsonArray)value, last: true),
            "length" => value is JsonArray list ? list.Count : value.GetValue<string>().EnumerateRunes().Count(),
            "replace" => Replace(value.GetValue<string>(), step.Argument!),
            "substring" => Substring(value.GetValue<string>(), step.Argument!),
            "prefix" => Unescape(step.Argument!) + TextOf(value),
            "text" => TextOf(value),
            "number" => NumberOf(value),
            "integer" => decimal.Truncate(NumberOf(value)),
            "boolean" => BooleanOf(value),
            "multiply" => Times(NumberOf(value), decimal.Parse(step.Argument!, NumberStyles.Float, CultureInfo.InvariantCulture)),
            "date" => MappingDates.Convert(value, DateFrom(step.Argument!), DateTo(step.Argument!)),
            "lookup" => (step.Table!.TryGetValue(TextOf(value), out var found) || step.Table.TryGetValue("*", out found) ? found.DeepClone() : null)
                ?? throw new MappingException("the value is not in the table; add it, or a default with *=…"),
            _ => throw new InvalidOperationException($"'{step.Name}' has no effect."),
        };
    }

    private static JsonNode End(JsonArray list, bool last) =>
        list.Count == 0 ? throw new MappingException("the list is empty.") : list[last ? list.Count - 1 : 0]?.DeepClone() ?? throw new MappingException("the item is null.");

    private static string Replace(string text, string argument)
    {
        var parts = Split(argument, ',');
        return text.Replace(Unescape(parts[0]), Unescape(parts[1]).TrimStart(' '), StringComparison.Ordinal);
    }

    private static string Substring(string text, string argument)
    {
        var numbers = argument.Split(',').Select(part => int.Parse(part, NumberStyles.Integer, CultureInfo.InvariantCulture)).ToList();
        var start = Math.Min(numbers[0], text.Length);
        return text.Substring(start, Math.Min(numbers[1], text.Length - start));
    }

    private static decimal Times(decimal left, decimal right)
    {
        try
        {
            return left * right;
        }
        catch (OverflowException)
        {
            throw new MappingException("the number is too large.");
        }
    }

    private static decimal NumberOf(JsonNode value) =>
        decimal.TryParse(TextOf(value).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new MappingException("the text is no number, such as 12.5.");

    private static bool BooleanOf(JsonNode value) => TextOf(value).Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "y" or "1" or "on" => true,
        "false" or "no" or "n" or "0" or "off" => false,
        _ => throw new MappingException("the value is none of true, false, yes, no, on, off, 1 and 0."),
    };

    private static string TextOf(JsonNode? value) => value switch
    {
        null => "",
        JsonValue scalar when scalar.TryGetValue<string>(out var text) => text,
        JsonValue scalar => scalar.ToJsonString(),
        _ => throw new MappingException("a list or an object has no text; name a member."),
    };

    private static string Concat(string template, JsonElement root)
    {
        var text = new StringBuilder();
        foreach (var (piece, isPath) in Placeholders(template))
        {
            text.Append(isPath ? Templates.ValuePath.Find(root, piece) is { } found ? TextOf(JsonNode.Parse(found.GetRawText())) : "" : piece);
        }

        return text.ToString().Trim();
    }

    private static List<(string Text, bool IsPath)> Placeholders(string template)
    {
        var pieces = new List<(string, bool)>();
        var at = 0;
        while (at < template.Length)
        {
            var open = template.IndexOf('{', at);
            var close = open < 0 ? -1 : template.IndexOf('}', open);
            if (close < 0)
            {
                break;
            }

            pieces.Add((Unescape(template[at..open]), false));
            pieces.Add((template[(open + 1)..close], true));
            at = close + 1;
        }

        pieces.Add((Unescape(template[at..]), false));
        return pieces;
    }

    private static Step Checked(Step step)
    {
        var fits = step switch
        {
            { Name: "split", Argument: var separator } => separator!.Length > 0,
            { Name: "replace", Argument: var argument } => Split(argument!, ',') is [{ Length: > 0 }, _],
            { Name: "substring", Argument: var argument } => argument!.Split(',') is [var start, var length] && int.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out _) && int.TryParse(length.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out _),
            { Name: "multiply", Argument: var argument } => decimal.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            { Name: "date", Argument: var argument } => MappingDates.IsFormat(DateFrom(argument!) ?? "iso") && MappingDates.IsFormat(DateTo(argument!)),
            { Name: "concat", Argument: var argument } => Placeholders(argument!).Exists(piece => piece.IsPath),
            _ => true,
        };
        return fits ? step : throw new MappingException($"'{step.Name}': the argument is not of its form; see the documentation of mappings.");
    }

    private static Dictionary<string, JsonNode> Table(string argument)
    {
        var table = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var entry in Split(argument, ','))
        {
            var sides = Split(entry, '=');
            if (sides is not [var key, var value] || !table.TryAdd(Unescape(key.Trim()), Literal(value.Trim()) ?? throw new MappingException("'lookup': null is no value.")))
            {
                throw new MappingException("'lookup' needs entries such as 1=New, 2=Closed, each key once.");
            }
        }

        return table;
    }

    // Numbers, booleans and quoted texts are what JSON says; everything else is a text.
    private static JsonNode? Literal(string text)
    {
        text = text.Trim();
        if (text is "true" or "false" || text is ['"', .., '"'] || text is ['[', .., ']'] || text is ['{', .., '}'] || (text.Length > 0 && (char.IsAsciiDigit(text[^1]) && (char.IsAsciiDigit(text[0]) || text[0] == '-'))))
        {
            try
            {
                return JsonNode.Parse(text);
            }
            catch (JsonException)
            {
                return Unescape(text);
            }
        }

        return Unescape(text);
    }

    private static string? DateFrom(string argument) => argument.IndexOf("->", StringComparison.Ordinal) is var arrow and >= 0 ? argument[..arrow].Trim() : null;

    private static string DateTo(string argument) => argument.IndexOf("->", StringComparison.Ordinal) is var arrow and >= 0 ? argument[(arrow + 2)..].Trim() : argument.Trim();

    private static List<string> Split(string text, char separator)
    {
        List<string> parts = [];
        var part = new StringBuilder();
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                part.Append(text[i]).Append(text[++i]);
                continue;
            }

            depth += text[i] switch { '(' when separator == '|' => 1, ')' when separator == '|' && depth > 0 => -1, _ => 0 };
            if (text[i] == separator && depth == 0)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(text[i]);
            }
        }

        parts.Add(part.ToString());
        return parts;
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            result.Append(text[i] == '\\' && i + 1 < text.Length ? text[++i] : text[i]);
        }

        return result.ToString();
    }

    private static string Words(ValueTypes types) => types switch
    {
        ValueTypes.Text => "a text",
        ValueTypes.Number => "a number",
        ValueTypes.Boolean => "true or false",
        ValueTypes.List => "a list",
        ValueTypes.Structure => "an object",
        _ => string.Join(" or ", Enum.GetValues<ValueTypes>().Where(type => type is ValueTypes.Text or ValueTypes.Number or ValueTypes.Boolean or ValueTypes.List or ValueTypes.Structure && types.HasFlag(type)).Select(Words)),
    };

    private sealed record Step(string Name, string? Argument, Dictionary<string, JsonNode>? Table);
}
