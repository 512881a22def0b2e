namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>A comparison that begins with a field: unknown while the field is.</summary>
internal abstract class FieldNode(ConditionField subject, bool isNegated) : ConditionNode
{
    public override IEnumerable<ConditionField> Fields => [subject];

    protected ConditionField Field => subject;

    protected bool IsNegated => isNegated;

    protected string Not => isNegated ? "not " : "";

    protected ConditionOutcome Unknown => new(Truth.Unknown, $"{subject.Name} is unknown");

    protected ConditionOutcome Seen(bool holds, string seen) => new(holds != isNegated ? Truth.True : Truth.False, seen);
}

/// <summary><c>a = 'b'</c>, <c>a &lt; 5</c>, <c>a != b</c>.</summary>
internal sealed class CompareNode(ConditionField field, CompareOperator comparison, ConditionKind kind, ConditionValue literal, ConditionField? other) : FieldNode(field, false)
{
    public override IEnumerable<ConditionField> Fields => other is null ? [Field] : [Field, other];

    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var left = await facts.ReadAsync(Field, kind, cancellationToken);
        if (!left.IsKnown)
        {
            return Unknown;
        }

        var right = other is null ? literal : await facts.ReadAsync(other, kind, cancellationToken);
        if (!right.IsKnown)
        {
            return new ConditionOutcome(Truth.Unknown, $"{other!.Name} is unknown");
        }

        // Of two values of any kind it only shows now whether they can be compared.
        if (left.Kind != right.Kind)
        {
            return new ConditionOutcome(Truth.Unknown, $"{Field.Name} is not of the kind that it is compared with");
        }

        var order = left.CompareTo(right);
        return Seen(CompareOperators.Holds(comparison, order), Say(left, right, order));
    }

    public override string ToString() => $"{Field.Name} {CompareOperators.Text(comparison)} {other?.Name ?? literal.ToLiteral()}";

    private string Say(ConditionValue left, ConditionValue right, int order)
    {
        var against = other?.Name ?? literal.ToShown();
        if (comparison is CompareOperator.Equal or CompareOperator.NotEqual)
        {
            return order == 0 ? $"{Field.Name} is {against}"
                : Field.IsFree && left.Kind == ConditionKind.Text ? $"{Field.Name} is not {against}"
                : $"{Field.Name} is {left.ToShown()}, not {(other is { IsFree: true } ? against : right.ToShown())}";
        }

        var relation = CompareOperators.Holds(comparison, order)
            ? comparison switch
            {
                CompareOperator.Less => "less than",
                CompareOperator.LessOrEqual => "at most",
                CompareOperator.Greater => "more than",
                _ => "at least",
            }
            : comparison switch
            {
                CompareOperator.Less => "not less than",
                CompareOperator.LessOrEqual => "more than",
                CompareOperator.Greater => "not more than",
                _ => "less than",
            };
        return $"{Field.Name} is {left.ToShown()}, {relation} {against}";
    }
}

/// <summary><c>a in ['b', 'c']</c>.</summary>
internal sealed class InNode(ConditionField field, IReadOnlyList<ConditionValue> items, bool isNegated) : FieldNode(field, isNegated)
{
    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var value = await facts.ReadAsync(Field, items[0].Kind, cancellationToken);
        if (!value.IsKnown || value.Kind != items[0].Kind)
        {
            return Unknown;
        }

        foreach (var item in items)
        {
            if (value.CompareTo(item) == 0)
            {
                return Seen(true, $"{Field.Name} is {item.ToShown()}");
            }
        }

        return Seen(false, Field.IsFree && value.Kind == ConditionKind.Text ? $"{Field.Name} is none of those named" : $"{Field.Name} is {value.ToShown()}, none of those named");
    }

    public override string ToString() => $"{Field.Name} {Not}in [{string.Join(", ", items.Select(item => item.ToLiteral()))}]";
}

/// <summary><c>a is known</c>: never unknown itself.</summary>
internal sealed class KnownNode(ConditionField field, bool wantsKnown) : FieldNode(field, false)
{
    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var isKnown = await facts.IsKnownAsync(Field, cancellationToken);
        return Seen(isKnown == wantsKnown, $"{Field.Name} is {(isKnown ? "known" : "unknown")}");
    }

    public override string ToString() => $"{Field.Name} is {(wantsKnown ? "known" : "unknown")}";
}

/// <summary><c>a contains 'b'</c> and the like, of texts; <c>contains</c> of a value of any kind also looks into lists.</summary>
internal sealed class TextNode(ConditionField field, TextOperator operation, string text, bool isNegated) : FieldNode(field, isNegated)
{
    private readonly string _sought = text.Trim();

    private string Name => operation switch
    {
        TextOperator.Contains => "contains",
        TextOperator.StartsWith => "starts with",
        TextOperator.EndsWith => "ends with",
        _ => "matches",
    };

    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var value = await facts.ReadAsync(Field, ConditionKind.Text, cancellationToken);
        if (!value.IsKnown && Field.Kind == ConditionKind.Any && operation == TextOperator.Contains)
        {
            value = await facts.ReadAsync(Field, ConditionKind.Texts, cancellationToken);
        }

        if (!value.IsKnown)
        {
            return Unknown;
        }

        var holds = value.Texts is { } texts ? texts.Any(item => ConditionValue.SameText(item, _sought)) : Holds(value.Text.AsSpan().Trim());
        return Seen(holds, $"{Field.Name} {(holds ? Name : operation == TextOperator.Contains ? "does not contain" : $"does not {(operation == TextOperator.Matches ? "match" : Name.Replace("s with", " with", StringComparison.Ordinal))}")} '{ConditionValue.Shown(_sought)}'");
    }

    public override string ToString() => $"{Field.Name} {Not}{Name} {ConditionValue.OfText(text).ToLiteral()}";

    private bool Holds(ReadOnlySpan<char> value) => operation switch
    {
        TextOperator.Contains => value.Contains(_sought, StringComparison.OrdinalIgnoreCase),
        TextOperator.StartsWith => value.StartsWith(_sought, StringComparison.OrdinalIgnoreCase),
        TextOperator.EndsWith => value.EndsWith(_sought, StringComparison.OrdinalIgnoreCase),
        _ => Glob.Matches(_sought, value),
    };
}

/// <summary><c>a contains any ['b', 'c']</c>, of lists.</summary>
internal sealed class ListNode(ConditionField field, bool isAll, IReadOnlyList<ConditionValue> items, bool isNegated) : FieldNode(field, isNegated)
{
    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var value = await facts.ReadAsync(Field, ConditionKind.Texts, cancellationToken);
        if (value.Texts is not { } texts)
        {
            return Unknown;
        }

        var there = new HashSet<string>(texts.Select(text => text.Trim()), StringComparer.OrdinalIgnoreCase);
        var found = items.Where(item => there.Contains(item.Text!.Trim())).ToList();
        var missing = items.Where(item => !there.Contains(item.Text!.Trim())).ToList();
        return isAll
            ? missing.Count == 0 ? Seen(true, $"{Field.Name} contains {Show(items)}") : Seen(false, $"{Field.Name} does not contain {Show(missing)}")
            : found.Count > 0 ? Seen(true, $"{Field.Name} contains {Show(found)}") : Seen(false, $"{Field.Name} does not contain {Show(items)}");
    }

    public override string ToString() => items.Count == 1 && !isAll && Field.Kind == ConditionKind.Texts
        ? $"{Field.Name} {Not}contains {items[0].ToLiteral()}"
        : $"{Field.Name} {Not}contains {(isAll ? "all" : "any")} [{string.Join(", ", items.Select(item => item.ToLiteral()))}]";

    private static string Show(IReadOnlyList<ConditionValue> shown) => ConditionValue.OfTexts([.. shown.Select(item => item.Text!)]).ToShown();
}

/// <summary><c>time in calendar 'Berlin'</c>.</summary>
internal sealed class CalendarNode(Calendars.CalendarDefinition calendar, bool isNegated) : ConditionNode
{
    public override ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var isIn = calendar.Contains(facts.At);
        return new(new ConditionOutcome(isIn != isNegated ? Truth.True : Truth.False, $"the time is {(isIn ? "in" : "outside of")} the hours of '{calendar.Name}'"));
    }

    public override string ToString() => $"time {(isNegated ? "not " : "")}in calendar {ConditionValue.OfText(calendar.Name).ToLiteral()}";
}
