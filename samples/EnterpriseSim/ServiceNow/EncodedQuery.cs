using System.Text.RegularExpressions;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>
/// An encoded query: conditions joined with <c>^</c> (and), <c>^OR</c> (or with the condition before), <c>^NQ</c> (or of whole
/// queries) and order clauses. As in the product a condition on a column that the table lacks is dropped.
/// </summary>
internal sealed partial class EncodedQuery
{
    // The longer of two operators that start alike comes first.
    private static readonly string[] Operators =
    [
        "ISNOTEMPTY", "ISEMPTY", "NOT LIKE", "NOT IN", "STARTSWITH", "ENDSWITH", "DOES NOT CONTAIN", "CONTAINS", "LIKE", "IN", "!=", ">=", "<=", ">", "<", "=",
    ];

    private readonly List<List<List<Condition>>> alternatives = [];

    public List<(string Column, bool Descending)> Order { get; } = [];

    /// <summary>Reads a query.</summary>
    /// <exception cref="FormatException">The query uses something that is refused.</exception>
    public static EncodedQuery Parse(string text)
    {
        var query = new EncodedQuery();
        if (text.Contains("javascript:", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("Scripts are not allowed in queries.");
        }

        foreach (var alternative in text.Split("^NQ"))
        {
            var all = new List<List<Condition>>();
            foreach (var raw in Separator().Split(alternative))
            {
                var part = raw.Replace("^^", "^", StringComparison.Ordinal);
                if (part.StartsWith("ORDERBYDESC", StringComparison.Ordinal))
                {
                    query.Order.Add((part["ORDERBYDESC".Length..], true));
                }
                else if (part.StartsWith("ORDERBY", StringComparison.Ordinal))
                {
                    query.Order.Add((part["ORDERBY".Length..], false));
                }
                else if (part.StartsWith("OR", StringComparison.Ordinal) && all.Count > 0)
                {
                    all[^1].Add(ReadCondition(part[2..]));
                }
                else if (part.Length > 0 && part != "EQ")
                {
                    all.Add([ReadCondition(part)]);
                }
            }

            query.alternatives.Add(all);
        }

        return query;
    }

    /// <summary>Whether a record matches; <paramref name="kindOf"/> returns null for an unknown column.</summary>
    public bool Matches(Func<string, ColumnKind?> kindOf, Func<string, string> value) =>
        alternatives.Any(all => all.All(any => Known(any, kindOf) is not { Count: > 0 } known || known.Any(c => c.Matches(kindOf(c.Column)!.Value, value(c.Column)))));

    /// <summary>The value that a column must have in every match; null if the query does not pin it to one.</summary>
    public string? Pinned(string column) => alternatives is [var all]
        ? all.Find(any => any is [{ Op: "=" } only] && only.Column == column)?[0].Value
        : null;

    private static List<Condition> Known(List<Condition> any, Func<string, ColumnKind?> kindOf) => any.FindAll(c => kindOf(c.Column) is not null);

    private static Condition ReadCondition(string text)
    {
        var column = ColumnName().Match(text).Value;
        var rest = text.AsSpan(column.Length);
        foreach (var op in Operators)
        {
            if (column.Length > 0 && rest.StartsWith(op, StringComparison.Ordinal))
            {
                return new Condition(column, op, rest[op.Length..].ToString());
            }
        }

        throw new FormatException($"The condition '{text}' has no known operator.");
    }

    // A single caret separates; a doubled one stands for itself.
    [GeneratedRegex(@"(?<!\^)\^(?!\^)")]
    private static partial Regex Separator();

    [GeneratedRegex("^[a-z_][a-z0-9_.]*")]
    private static partial Regex ColumnName();

    private sealed record Condition(string Column, string Op, string Value)
    {
        private readonly HashSet<string> set = Op is "IN" or "NOT IN" ? [.. Value.Split(',', StringSplitOptions.TrimEntries)] : [];

        public bool Matches(ColumnKind kind, string actual) => Op switch
        {
            "=" => actual.Equals(Value, StringComparison.OrdinalIgnoreCase),
            "!=" => !actual.Equals(Value, StringComparison.OrdinalIgnoreCase),
            "LIKE" or "CONTAINS" => actual.Contains(Value, StringComparison.OrdinalIgnoreCase),
            "NOT LIKE" or "DOES NOT CONTAIN" => !actual.Contains(Value, StringComparison.OrdinalIgnoreCase),
            "STARTSWITH" => actual.StartsWith(Value, StringComparison.OrdinalIgnoreCase),
            "ENDSWITH" => actual.EndsWith(Value, StringComparison.OrdinalIgnoreCase),
            "IN" => set.Contains(actual),
            "NOT IN" => !set.Contains(actual),
            "ISEMPTY" => actual.Length == 0,
            "ISNOTEMPTY" => actual.Length > 0,
            ">" => actual.Length > 0 && Compare(kind, actual, Value) > 0,
            ">=" => actual.Length > 0 && Compare(kind, actual, Value) >= 0,
            "<" => actual.Length > 0 && Compare(kind, actual, Value) < 0,
            "<=" => actual.Length > 0 && Compare(kind, actual, Value) <= 0,
            _ => false,
        };

        internal static int Compare(ColumnKind kind, string a, string b) =>
            kind == ColumnKind.Integer && long.TryParse(a, System.Globalization.CultureInfo.InvariantCulture, out var x)
            && long.TryParse(b, System.Globalization.CultureInfo.InvariantCulture, out var y)
                ? x.CompareTo(y)
                : string.Compare(a, b, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Orders two values of a column.</summary>
    public static int Compare(ColumnKind kind, string a, string b) => Condition.Compare(kind, a, b);
}
