using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class ConditionParserTests
{
    [Theory]
    [InlineData("", 1, 1, "a field was expected")]
    [InlineData("request_type", 1, 13, "a comparison was expected")]
    [InlineData("request_type == 'a'", 1, 15, "a value was expected")]
    [InlineData("request_type = db_access", 1, 16, "there is no field 'db_access'")]
    [InlineData("request_type = 5", 1, 16, "'request_type' is a text and cannot be compared with a number")]
    [InlineData("amount > 'much'", 1, 10, "'amount' is a number and cannot be compared with a text")]
    [InlineData("request_type = 'a' &&\n level = 'b'", 1, 20, "written as words")]
    [InlineData("request_type = 'a'\n  and levle = 'b'", 2, 7, "there is no field 'levle'")]
    [InlineData("summary = 'x'", 1, 1, "there is no field 'summary'")]
    [InlineData("requester.name = 'x'", 1, 1, "there is no field 'requester.name'")]
    [InlineData("arguments = 'x'", 1, 11, "name a member")]
    [InlineData("risk = 'extreme'", 1, 8, "'risk' is never 'extreme'; there are 'low', 'medium', 'high', 'critical'")]
    [InlineData("risk > amount", 1, 8, "they are never equal")]
    [InlineData("time.weekday = 'mittwoch'", 1, 16, "'time.weekday' is never 'mittwoch'")]
    [InlineData("request_type < 'b'", 1, 16, "has none")]
    [InlineData("requester.groups = 'a'", 1, 20, "use 'contains'")]
    [InlineData("requester.groups in ['a']", 1, 1, "use 'contains any'")]
    [InlineData("request_type contains any ['a']", 1, 1, "not a list")]
    [InlineData("amount contains 'a'", 1, 1, "is for texts")]
    [InlineData("request_type in []", 1, 18, "a value was expected")]
    [InlineData("arguments.x in ['a', 5]", 1, 16, "all items must be of one kind")]
    [InlineData("request_type in 'a'", 1, 17, "a list")]
    [InlineData("time = 'a'", 1, 1, "'time' can only be 'in calendar'")]
    [InlineData("time in calendar 'x'", 1, 18, "there is no calendar 'x'; there are Berlin office")]
    [InlineData("amount in calendar 'Berlin office'", 1, 1, "only 'time'")]
    [InlineData("request_type = 'a", 1, 16, "the text is not closed")]
    [InlineData("request_type = 'a\\q'", 1, 18, "is no escape")]
    [InlineData("(request_type = 'a'", 1, 20, "')' is missing")]
    [InlineData("request_type = 'a')", 1, 19, "was not expected")]
    [InlineData("request_type is 'a'", 1, 17, "'known' or 'unknown'")]
    [InlineData("amount > 5kg", 1, 10, "is no number")]
    [InlineData("begins > 2026-02-30", 1, 10, "is no number")]
    [InlineData("request_type starts 'a'", 1, 21, "'starts with' was expected")]
    [InlineData("request_type contains ''", 1, 23, "the text is empty")]
    [InlineData("'a' = request_type", 1, 1, "a field was expected")]
    [InlineData("request_type = 'a' or", 1, 22, "a field was expected")]
    [InlineData("not", 1, 4, "a field was expected")]
    public void Parse_Faulty_SaysWhereAndWhat(string condition, int line, int column, string fault)
    {
        var refused = Assert.Throws<ConditionException>(() => Condition.Parse(condition, Examples.Catalog()));

        Assert.Contains(fault, refused.Fault, StringComparison.Ordinal);
        Assert.Equal((line, column), (refused.Line, refused.Column));
    }

    [Theory]
    [InlineData("not ", 200, "true")]
    [InlineData("(", 200, "true")]
    [InlineData("not (", 100_000, "")]
    [InlineData("true and ", 300, "true")]
    [InlineData("true or not ", 140, "true")]
    public void Parse_TooDeepOrLong_IsRefused(string part, int times, string end) =>
        Assert.Throws<ConditionException>(() => Condition.Parse(string.Concat(Enumerable.Repeat(part, times)) + end, Examples.Catalog()));

    [Fact]
    public void Parse_ListOverTheLimit_IsRefused() =>
        Assert.Throws<ConditionException>(() => Condition.Parse($"amount in [{string.Join(",", Enumerable.Range(0, Condition.MaxListItems + 1))}]", Examples.Catalog()));

    [Fact]
    public void Parse_AnyTokens_ReadsOrRefuses()
    {
        var token = Gen.Elements(
            "and", "or", "not", "in", "is", "known", "unknown", "contains", "any", "all", "starts", "ends", "with", "matches", "calendar", "true", "false", "request_type", "amount", "risk", "level", "time", "time.hour",
            "requester.groups", "arguments.", "arguments[", "attributes.x", "'a'", "'low'", "\"", "'", "\\", "[", "]", "(", ")", ",", ".", "=", "!=", "<", ">=", "5", "-", "-5", "09:30", "2026-12-24", "24h", "é", "\0", "\ud800", "\n", " ", "  ");
        Prop.ForAll(token.ListOf().ToArbitrary(), tokens => Survives(string.Join(tokens.Count % 2 == 0 ? " " : "", tokens))).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void Parse_AnyText_ReadsOrRefuses() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Survives(text ?? "")).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void ToString_AnyCondition_ReadsBackAsTheSame() => Prop.ForAll(Conditions.Tree().ToArbitrary(), tree =>
    {
        var read = Condition.Parse(tree.ToString()!, Examples.Catalog());
        var again = Condition.Parse(read.ToString(), Examples.Catalog());
        return read.ToString() == again.ToString();
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    /// <summary>Whoever may write rules must not be able to stop the server with one.</summary>
    [Fact]
    public async Task Evaluate_WorstCase_EndsSoon()
    {
        var pattern = string.Concat(Enumerable.Repeat("*a", 14));
        var condition = Condition.Parse(string.Join(" or ", Enumerable.Repeat($"level matches '{pattern}b'", 80)), Examples.Catalog());
        var request = Examples.Request($$"""{"level":"{{new string('a', ConditionValue.MaxTextLength)}}"}""");
        var clock = Stopwatch.StartNew();

        var outcome = await condition.EvaluateAsync(new RequestFacts(request, new SmallDirectory(), TimeZoneInfo.Utc), CancellationToken.None);

        Assert.Equal(Truth.False, outcome.Truth);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"took {clock.Elapsed}");
    }

    private static bool Survives(string text)
    {
        try
        {
            Condition.Parse(text, Examples.Catalog()).ToString();
        }
        catch (ConditionException e)
        {
            return e.Line >= 1 && e.Column >= 1;
        }

        return true;
    }
}
