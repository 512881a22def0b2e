using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class ConditionLogicTests
{
    private static readonly Gen<Dictionary<string, string>> Values = Gen.Elements("x", "y", "it's \\ \"odd\"\n", null!).Three().Select(three =>
        new[] { ("a", three.Item1), ("b", three.Item2), ("c", three.Item3) }.Where(pair => pair.Item2 is not null).ToDictionary(pair => pair.Item1, pair => pair.Item2));

    [Fact]
    public void Evaluate_AnyCondition_IsAsKleenesTablesSay() => Prop.ForAll(Conditions.Tree().SelectMany(tree => Values.Select(values => (tree, values))).ToArbitrary(), given =>
    {
        var condition = Condition.Parse(given.tree.ToString()!, Examples.Catalog());

        return Evaluate(condition, given.values) == given.tree.Evaluate(given.values);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Constant_AnyCondition_IsNeverWrong() => Prop.ForAll(Conditions.Tree().SelectMany(tree => Values.Select(values => (tree, values))).ToArbitrary(), given =>
    {
        var condition = Condition.Parse(given.tree.ToString()!, Examples.Catalog());

        return condition.Constant is not { } constant || constant == Evaluate(condition, given.values);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    /// <summary>What a request leaves out never turns a condition from true to false or back: it may only become unknown.</summary>
    [Fact]
    public void Evaluate_ValueTakenAway_OnlyEverMakesItUnknown() => Prop.ForAll(Conditions.Tree().SelectMany(tree => Values.Select(values => (tree, values))).ToArbitrary(), given =>
    {
        var text = given.tree.ToString()!;
        if (text.Contains("known", StringComparison.Ordinal))
        {
            return true;
        }

        var condition = Condition.Parse(text, Examples.Catalog());
        var before = Evaluate(condition, given.values);
        return given.values.Keys.All(name =>
        {
            var after = Evaluate(condition, given.values.Where(pair => pair.Key != name).ToDictionary(pair => pair.Key, pair => pair.Value));
            return after == before || after == Truth.Unknown;
        });
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static Truth Evaluate(Condition condition, Dictionary<string, string> values)
    {
        // What is in the arguments needs no waiting.
        var evaluated = condition.EvaluateAsync(new RequestFacts(Examples.Request(JsonSerializer.Serialize(values)), new SmallDirectory(), TimeZoneInfo.Utc), CancellationToken.None).AsTask();
        Assert.True(evaluated.IsCompletedSuccessfully);
        return evaluated.GetAwaiter().GetResult().Truth;
    }
}
