namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>How two values are compared.</summary>
internal enum CompareOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>How a text is looked at.</summary>
internal enum TextOperator
{
    Contains,
    StartsWith,
    EndsWith,
    Matches,
}

/// <summary>The signs of comparisons.</summary>
internal static class CompareOperators
{
    private static readonly string[] Signs = ["=", "!=", "<", "<=", ">", ">="];

    public static string Text(CompareOperator comparison) => Signs[(int)comparison];

    public static CompareOperator? Find(ConditionToken token) =>
        token.Kind == TokenKind.Symbol && Array.IndexOf(Signs, token.Text) is >= 0 and var index ? (CompareOperator)index : null;

    public static bool Holds(CompareOperator comparison, int order) => comparison switch
    {
        CompareOperator.Equal => order == 0,
        CompareOperator.NotEqual => order != 0,
        CompareOperator.Less => order < 0,
        CompareOperator.LessOrEqual => order <= 0,
        CompareOperator.Greater => order > 0,
        _ => order >= 0,
    };
}
