namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>
/// A condition over a request and the directory, for example <c>request_type = 'db_access' and level = 'production'</c>. Typed: what can never be true is refused when it is read. Total: reading and evaluating
/// end in bounded time for any input, and evaluating fails for no request. Three-valued (Kleene): what compares with a value that is unknown is itself unknown, so that a missing value neither matches nor, under
/// <c>not</c>, matches by accident. docs/api/approval-rules.md is its reference.
/// </summary>
public sealed class Condition
{
    /// <summary>The longest condition, in characters.</summary>
    public const int MaxLength = 4_000;

    /// <summary>The deepest nesting.</summary>
    public const int MaxDepth = 32;

    /// <summary>The most comparisons and connectives.</summary>
    public const int MaxNodes = 250;

    /// <summary>The longest list.</summary>
    public const int MaxListItems = 200;

    private readonly ConditionNode _root;

    internal Condition(ConditionNode root) => _root = root;

    /// <summary>What is known of the result before there is a request: <see cref="Truth.True"/> or <see cref="Truth.False"/> when it is always that; null otherwise.</summary>
    public Truth? Constant => _root.Constant;

    /// <summary>The fields that it looks at, as they are written, each once.</summary>
    public IReadOnlyList<string> Fields => [.. _root.Fields.Select(used => used.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether it may ask the directory.</summary>
    public bool NeedsDirectory => _root.Fields.Any(used => used.Source.NeedsDirectory);

    /// <summary>Reads a condition.</summary>
    /// <param name="text">The text.</param>
    /// <param name="catalog">The fields and calendars that it may name.</param>
    /// <exception cref="ConditionException">It is malformed, names what does not exist, or compares what can never be equal; with the place.</exception>
    public static Condition Parse(string text, FieldCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(catalog);
        return text.Length > MaxLength
            ? throw new ConditionException(1, 1, $"the condition has more than {MaxLength} characters.")
            : new Condition(new ConditionParser(text, catalog).Parse());
    }

    /// <summary>Evaluates it. Asks the directory only for what decides.</summary>
    /// <exception cref="People.DirectoryUnavailableException">The directory was needed and could not be asked.</exception>
    public ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return _root.EvaluateAsync(facts, cancellationToken);
    }

    /// <summary>The condition in its one canonical form, which reads back as the same.</summary>
    public override string ToString() => _root.ToString()!;
}

/// <summary>The result of a condition.</summary>
/// <param name="Truth">Whether it holds.</param>
/// <param name="Reason">The comparisons that made it so, for people: what was seen, not what was wanted.</param>
public readonly record struct ConditionOutcome(Truth Truth, string Reason);

/// <summary>Kleene's three values.</summary>
public enum Truth
{
    /// <summary>It does not hold.</summary>
    False,

    /// <summary>It cannot be told, since a value is missing or of another kind.</summary>
    Unknown,

    /// <summary>It holds.</summary>
    True,
}
