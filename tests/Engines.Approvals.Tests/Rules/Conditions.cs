using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

/// <summary>Random conditions over three texts, each of which a request may lack, and a second evaluator that knows nothing but the tables of the logic.</summary>
internal abstract record Conditions
{
    public static Gen<Conditions> Tree() => Gen.Sized(size => Tree(Math.Min(size, 24)));

    public abstract Truth Evaluate(IReadOnlyDictionary<string, string> values);

    private static Gen<Conditions> Tree(int size)
    {
        var leaf = Gen.OneOf(
            Gen.Elements("a", "b", "c").SelectMany(name => Gen.Elements("x", "y", "it's \\ \"odd\"\n").SelectMany(value => Gen.Elements("=", "!=", "in", "not in").Select(sign => (Conditions)new Leaf(name, sign, value)))),
            Gen.Elements("a", "b", "c").SelectMany(name => Gen.Elements(true, false).Select(known => (Conditions)new Known(name, known))),
            Gen.Elements(true, false).Select(value => (Conditions)new Constant(value)));
        if (size <= 1)
        {
            return leaf;
        }

        var part = Tree(size / 3);
        return Gen.OneOf(
            leaf,
            part.Select(inner => (Conditions)new Not(inner)),
            part.NonEmptyListOf().Select(parts => (Conditions)new Joined("and", [.. parts.Take(4)])),
            part.NonEmptyListOf().Select(parts => (Conditions)new Joined("or", [.. parts.Take(4)])));
    }

    private sealed record Leaf(string Name, string Sign, string Value) : Conditions
    {
        public override Truth Evaluate(IReadOnlyDictionary<string, string> values) =>
            !values.TryGetValue(Name, out var value) ? Truth.Unknown : (value == Value) == (Sign is "=" or "in") ? Truth.True : Truth.False;

        public override string ToString()
        {
            var quoted = $"'{Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
            return $"arguments.{Name} {Sign} {(Sign.EndsWith("in", StringComparison.Ordinal) ? $"[{quoted}]" : quoted)}";
        }
    }

    private sealed record Known(string Name, bool IsKnown) : Conditions
    {
        public override Truth Evaluate(IReadOnlyDictionary<string, string> values) => values.ContainsKey(Name) == IsKnown ? Truth.True : Truth.False;

        public override string ToString() => $"arguments.{Name} is {(IsKnown ? "known" : "unknown")}";
    }

    private sealed record Constant(bool Value) : Conditions
    {
        public override Truth Evaluate(IReadOnlyDictionary<string, string> values) => Value ? Truth.True : Truth.False;

        public override string ToString() => Value ? "true" : "false";
    }

    private sealed record Not(Conditions Inner) : Conditions
    {
        public override Truth Evaluate(IReadOnlyDictionary<string, string> values) => Inner.Evaluate(values) switch
        {
            Truth.True => Truth.False,
            Truth.False => Truth.True,
            _ => Truth.Unknown,
        };

        public override string ToString() => $"not ({Inner})";
    }

    private sealed record Joined(string Word, IReadOnlyList<Conditions> Parts) : Conditions
    {
        public override Truth Evaluate(IReadOnlyDictionary<string, string> values)
        {
            var truths = Parts.Select(part => part.Evaluate(values)).ToList();
            return Word == "and" ? truths.Min() : truths.Max();
        }

        public override string ToString() => string.Join($" {Word} ", Parts.Select(part => $"({part})"));
    }
}
