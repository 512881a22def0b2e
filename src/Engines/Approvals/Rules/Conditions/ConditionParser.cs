using System.Globalization;

namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>Recursive descent over the tokens; checks names and kinds on the way, so that every fault has its place.</summary>
internal sealed class ConditionParser(string text, FieldCatalog catalog)
{
    private readonly List<ConditionToken> _tokens = ConditionTokens.Read(text);
    private int _at;
    private int _depth;
    private int _nodes;

    private ConditionToken Next => _tokens[_at];

    /// <summary>Reads a place in the arguments or attributes that stands alone.</summary>
    public static FieldPath ParsePath(string text)
    {
        if (text.Length > Condition.MaxLength)
        {
            throw new ConditionException(1, 1, $"the place has more than {Condition.MaxLength} characters.");
        }

        var parser = new ConditionParser(text, new FieldCatalog());
        var path = parser.TakePath() ?? throw parser.Fault("a place begins with 'arguments.' or 'attributes.'.");
        return parser.Next.Kind == TokenKind.End ? path : throw parser.Fault($"{parser.Shown()} was not expected.");
    }

    public ConditionNode Parse()
    {
        var node = Or();
        return Next.Kind == TokenKind.End ? node : throw Fault($"{Shown()} was not expected; after a comparison there can be 'and', 'or' or ')'.");
    }

    private ConditionNode Or() => Joined("or", And, static parts => new OrNode(parts));

    private ConditionNode And() => Joined("and", Not, static parts => new AndNode(parts));

    private ConditionNode Joined(string word, Func<ConditionNode> part, Func<IReadOnlyList<ConditionNode>, ConditionNode> join)
    {
        var first = part();
        if (!Next.Is(word))
        {
            return first;
        }

        List<ConditionNode> parts = [first];
        while (Take(word))
        {
            Count();
            parts.Add(part());
        }

        return join(parts);
    }

    private ConditionNode Not()
    {
        if (++_depth > Condition.MaxDepth)
        {
            throw Fault($"nested deeper than {Condition.MaxDepth} levels.");
        }

        Count();
        var node = Take("not") ? new NotNode(Not()) : Primary();
        _depth--;
        return node;
    }

    private ConditionNode Primary()
    {
        if (Take("("))
        {
            var node = Or();
            return Take(")") ? node : throw Fault($"')' is missing, there is {Shown()}.");
        }

        return Take("true") ? new ConstantNode(true) : Take("false") ? new ConstantNode(false) : Comparison();
    }

    private ConditionNode Comparison()
    {
        var place = Next;
        var field = TakeField() ?? throw Fault($"a field was expected, there is {Shown()}.");
        if (field.Kind == ConditionKind.Moment && !Next.Is("in") && !Next.Is("not"))
        {
            throw Fault(place, "'time' can only be 'in calendar'; there are also time.hour, time.weekday, time.of_day and time.date.");
        }

        if (Take("is"))
        {
            return Take("known") ? new KnownNode(field, true)
                : Take("unknown") ? new KnownNode(field, false)
                : throw Fault("after 'is' there is 'known' or 'unknown'; '=' compares.");
        }

        if (CompareOperators.Find(Next) is { } comparison)
        {
            _at++;
            return Compare(field, comparison);
        }

        var isNegated = Take("not");
        if (Take("in"))
        {
            return In(field, isNegated, place);
        }

        if (Take("contains"))
        {
            return Contains(field, isNegated, place);
        }

        foreach (var (first, second, operation) in (ReadOnlySpan<(string, string?, TextOperator)>)[("starts", "with", TextOperator.StartsWith), ("ends", "with", TextOperator.EndsWith), ("matches", null, TextOperator.Matches)])
        {
            if (Take(first))
            {
                if (second is not null && !Take(second))
                {
                    throw Fault($"'{first} {second}' was expected.");
                }

                RequireText(field, place, operation == TextOperator.Matches ? "matches" : $"{first} with");
                return new TextNode(field, operation, TakeText(), isNegated);
            }
        }

        throw Fault($"a comparison was expected after '{field.Name}', there is {Shown()}; there are = != < <= > >= in contains 'starts with' 'ends with' matches is.");
    }

    private CompareNode Compare(ConditionField field, CompareOperator comparison)
    {
        var place = Next;
        if (field.Kind == ConditionKind.Texts)
        {
            throw Fault(place, $"'{field.Name}' is a list; use 'contains'.");
        }

        if (TakeOther() is { } other)
        {
            return other.Kind is ConditionKind.Texts or ConditionKind.Moment
                ? throw Fault(place, $"'{other.Name}' cannot be compared; it is {Describe(other.Kind)}.")
                : Agree(field.Kind, other.Kind) is not { } kind
                    ? throw Fault(place, $"'{field.Name}' is {Describe(field.Kind)} and '{other.Name}' is {Describe(other.Kind)}; they are never equal.")
                    : new CompareNode(field, comparison, RequireOrder(kind, comparison, place), default, other);
        }

        var literal = TakeLiteral(field);
        return new CompareNode(field, comparison, RequireOrder(literal.Kind, comparison, place), literal, null);
    }

    private ConditionNode In(ConditionField field, bool isNegated, ConditionToken place)
    {
        if (Take("calendar"))
        {
            if (field.Kind != ConditionKind.Moment)
            {
                throw Fault(place, $"only 'time' can be in a calendar, not '{field.Name}'.");
            }

            var at = Next;
            var name = TakeText();
            return new CalendarNode(
                catalog.FindCalendar(name) ?? throw Fault(at, $"there is no calendar '{ConditionValue.Shown(name)}'; there are {List(catalog.CalendarNames)}."), isNegated);
        }

        return field.Kind switch
        {
            ConditionKind.Moment => throw Fault("'time' can only be 'in calendar'."),
            ConditionKind.Texts => throw Fault(place, $"'{field.Name}' is a list; use 'contains any'."),
            _ => new InNode(field, TakeList(() => TakeLiteral(field)), isNegated),
        };
    }

    private ConditionNode Contains(ConditionField field, bool isNegated, ConditionToken place)
    {
        var isAll = Next.Is("all");
        if (isAll || Next.Is("any"))
        {
            _at++;
            if (field.Kind is not (ConditionKind.Texts or ConditionKind.Any))
            {
                throw Fault(place, $"'{field.Name}' is {Describe(field.Kind)}, not a list.");
            }

            return new ListNode(field, isAll, TakeList(() => ConditionValue.OfText(TakeText())), isNegated);
        }

        return field.Kind switch
        {
            ConditionKind.Texts => new ListNode(field, false, [ConditionValue.OfText(TakeText())], isNegated),
            ConditionKind.Any => new TextNode(field, TextOperator.Contains, TakeText(), isNegated),
            _ => new TextNode(RequireText(field, place, "contains"), TextOperator.Contains, TakeText(), isNegated),
        };
    }

    private List<ConditionValue> TakeList(Func<ConditionValue> item)
    {
        var round = Next.Is("(");
        var place = Next;
        if (!round && !Next.Is("["))
        {
            throw Fault($"a list such as ['a', 'b'] was expected, there is {Shown()}.");
        }

        _at++;
        List<ConditionValue> items = [];
        do
        {
            items.Add(item());
            if (items.Count > Condition.MaxListItems)
            {
                throw Fault(place, $"the list has more than {Condition.MaxListItems} items.");
            }

            if (items[^1].Kind != items[0].Kind)
            {
                throw Fault(place, $"the list has {Describe(items[0].Kind)} and {Describe(items[^1].Kind)}; all items must be of one kind.");
            }
        }
        while (Take(","));
        return Take(round ? ")" : "]") ? items : throw Fault($"'{(round ? ")" : "]")}' is missing, there is {Shown()}.");
    }

    private ConditionValue TakeLiteral(ConditionField field)
    {
        var token = Next;
        var value = token switch
        {
            { Kind: TokenKind.Number } => ConditionTokens.Literal(token.Text) is { IsKnown: true } read
                ? read
                : throw Fault($"'{ConditionValue.Shown(token.Text)}' is no number, duration (90m, 24h, 7d), time (09:30) or date (2026-12-31)."),
            { Kind: TokenKind.Text } => ConditionValue.OfText(token.Text),
            _ when token.Is("true") || token.Is("false") => ConditionValue.OfBoolean(token.Is("true")),
            _ => throw Fault($"a value was expected, there is {Shown()}; texts stand in quotes, like 'this'."),
        };
        if (value.Kind == ConditionKind.Text && ConditionValue.NamesOf(field.Kind) is { Count: > 0 } names)
        {
            value = ConditionValue.Read(field.Kind, token.Text) is { IsKnown: true } named
                ? named
                : throw Fault($"'{field.Name}' is never '{ConditionValue.Shown(token.Text)}'; there are {List(names.Select(name => $"'{name}'"))}.");
        }

        if (Agree(field.Kind, value.Kind) is null)
        {
            throw Fault($"'{field.Name}' is {Describe(field.Kind)} and cannot be compared with {Describe(value.Kind)}.");
        }

        _at++;
        return value;
    }

    private string TakeText() => Next.Kind != TokenKind.Text
        ? throw Fault($"a text in quotes was expected, there is {Shown()}.")
        : Next.Text.Trim().Length == 0 ? throw Fault("the text is empty.") : _tokens[_at++].Text;

    private ConditionField? TakeOther() => Next.Kind == TokenKind.Word && !ConditionTokens.IsKeyword(Next.Text) ? TakeField() : null;

    private ConditionField? TakeField()
    {
        if (Next.Kind != TokenKind.Word || ConditionTokens.IsKeyword(Next.Text))
        {
            return null;
        }

        if (TakePath() is { } path)
        {
            return new ConditionField(path.ToString(), ConditionKind.Any, new PathSource([path]));
        }

        var place = Next;
        var name = _tokens[_at++].Text;
        while (Next.Is(".") && _tokens[_at + 1].Kind == TokenKind.Word)
        {
            name += "." + _tokens[_at + 1].Text;
            _at += 2;
        }

        return catalog.Find(name) ?? throw Fault(place, $"there is no field '{ConditionValue.Shown(name)}'; there are {List(catalog.Names)}, arguments.… and attributes.….");
    }

    private FieldPath? TakePath()
    {
        var inArguments = Next is { Kind: TokenKind.Word, Text: "arguments" };
        if (!inArguments && Next is not { Kind: TokenKind.Word, Text: "attributes" })
        {
            return null;
        }

        _at++;
        List<PathStep> steps = [];
        while (true)
        {
            if (Take("."))
            {
                steps.Add(Next.Kind == TokenKind.Word && ConditionTokens.IsName(Next.Text) ? new PathStep(Next.Text, 0) : throw Fault("a name was expected after '.'."));
                _at++;
            }
            else if (Take("["))
            {
                steps.Add(Next.Kind == TokenKind.Text ? new PathStep(Next.Text, 0)
                    : int.TryParse(Next.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? new PathStep(null, index)
                    : throw Fault("a number from 0 or a name in quotes was expected after '['."));
                _at++;
                if (!Take("]"))
                {
                    throw Fault("']' is missing.");
                }
            }
            else
            {
                return steps.Count == 0 ? throw Fault("'arguments' and 'attributes' are objects; name a member, such as arguments.level.") : new FieldPath(inArguments, steps);
            }

            if (steps.Count > FieldPath.MaxSteps)
            {
                throw Fault($"more than {FieldPath.MaxSteps} steps.");
            }
        }
    }

    private ConditionField RequireText(ConditionField field, ConditionToken place, string operation) => field.Kind is ConditionKind.Text or ConditionKind.Any
        ? field
        : throw Fault(place, $"'{operation}' is for texts; '{field.Name}' is {Describe(field.Kind)}.");

    private ConditionKind RequireOrder(ConditionKind kind, CompareOperator comparison, ConditionToken place) =>
        kind is ConditionKind.Text or ConditionKind.Boolean or ConditionKind.Any && comparison is not (CompareOperator.Equal or CompareOperator.NotEqual)
            ? throw Fault(place, $"'{CompareOperators.Text(comparison)}' compares what has an order; {Describe(kind)} has none.")
            : kind;

    // What two sides are compared as; null when they never agree.
    private static ConditionKind? Agree(ConditionKind left, ConditionKind right) =>
        left == right ? left
        : left == ConditionKind.Any ? right is ConditionKind.Risk or ConditionKind.Weekday ? ConditionKind.Text : right
        : right == ConditionKind.Any ? left
        : null;

    private static string Describe(ConditionKind kind) => kind switch
    {
        ConditionKind.Text => "a text",
        ConditionKind.Number => "a number",
        ConditionKind.Boolean => "true or false",
        ConditionKind.Duration => "a duration",
        ConditionKind.Time => "a time of day",
        ConditionKind.Date => "a date",
        ConditionKind.Risk => "a risk",
        ConditionKind.Weekday => "a weekday",
        ConditionKind.Texts => "a list",
        ConditionKind.Moment => "a moment",
        _ => "a value of any kind",
    };

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "none";

    private bool Take(string symbolOrWord)
    {
        if (!Next.Is(symbolOrWord))
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Count()
    {
        if (++_nodes > Condition.MaxNodes)
        {
            throw Fault($"more than {Condition.MaxNodes} comparisons.");
        }
    }

    private string Shown() => Next.Kind == TokenKind.End ? "the end" : $"'{ConditionValue.Shown(Next.Text)}'";

    private ConditionException Fault(string fault) => Fault(Next, fault);

    private ConditionException Fault(ConditionToken token, string fault) => ConditionTokens.Fault(text, token.At, fault);
}
