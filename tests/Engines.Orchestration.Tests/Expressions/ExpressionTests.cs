using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Tests.Expressions;

public sealed class ExpressionTests
{
    private static readonly Dictionary<string, JsonNode?> Roots = new()
    {
        ["a"] = JsonNode.Parse("""{"text":"Hello","n":3,"list":[{"id":1,"name":"x"},{"id":2,"name":"y"}],"empty":[],"nothing":null,"yes":true}"""),
        ["b"] = JsonValue.Create("b"),
    };

    [Theory]
    [InlineData("a.text", "\"Hello\"")]
    [InlineData("a.list[1].name", "\"y\"")]
    [InlineData("a.list[7].name", "null")]
    [InlineData("a.missing.deeper", "null")]
    [InlineData("a.n + 1 == 4", "true")]
    [InlineData("a.n >= 3 && a.text == 'Hello'", "true")]
    [InlineData("!(a.n < 3) || false", "true")]
    [InlineData("a.nothing ? 1 : 2", "2")]
    [InlineData("count(a.list) > 1 ? 'many' : 'few'", "\"many\"")]
    [InlineData("first(a.list).id", null)]
    [InlineData("first(a.empty)", "null")]
    [InlineData("join(a.list, 'name', ', ')", "\"x, y\"")]
    [InlineData("where(a.list, 'id', 2)", "[{\"id\":2,\"name\":\"y\"}]")]
    [InlineData("take(a.list, 1)", "[{\"id\":1,\"name\":\"x\"}]")]
    [InlineData("default(a.nothing, a.missing, 'z')", "\"z\"")]
    [InlineData("upper(a.text) + '!' + a.n", "\"HELLO!3\"")]
    [InlineData("truncate('one two three', 9)", "\"one two…\"")]
    [InlineData("sentence('VPN is down. Help!')", "\"VPN is down\"")]
    [InlineData("contains(a.text, 'ell')", "true")]
    [InlineData("same(a.text, 'HELLO')", "true")]
    [InlineData("same(a.nothing, a.nothing)", "false")]
    [InlineData("'1' == 1", "false")]
    [InlineData("a.n < 'x'", "false")]
    [InlineData("'it\\'s'", "\"it's\"")]
    [InlineData("!!a.yes", "true")]
    [InlineData("-1.5 < 0", "true")]
    public void Evaluate_Valid_Gives(string source, string? expected)
    {
        if (expected is null)
        {
            Assert.Throws<ExpressionException>(() => Expression.Parse(source));
            return;
        }

        var value = Expression.Parse(source).Evaluate(Roots);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), value), $"{value?.ToJsonString() ?? "null"} instead of {expected}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.")]
    [InlineData("a[")]
    [InlineData("a[-1]")]
    [InlineData("a b")]
    [InlineData("'open")]
    [InlineData("1 +")]
    [InlineData("foo(1)")]
    [InlineData("count()")]
    [InlineData("a ? b")]
    [InlineData("a; b")]
    [InlineData("1.2.3")]
    [InlineData("99999999999999999999999999999999")]
    public void Parse_Malformed_Throws(string source) => Assert.Throws<ExpressionException>(() => Expression.Parse(source));

    [Theory]
    [InlineData("slots.x", "no field 'x'; there are person")]
    [InlineData("other.x", "'other' does not exist")]
    [InlineData("slots.person.email.x", "has no field 'x'")]
    [InlineData("slots.person[0]", "not a list")]
    [InlineData("slots.person.email > 3", "cannot compare text with number")]
    [InlineData("slots.person.email == 3", "never equal")]
    [InlineData("join(slots.person.email, ',')", "takes list, not text")]
    public void Check_WhatCanNeverWork_SaysWhy(string source, string mentions)
    {
        var scope = new Dictionary<string, ValueShape>
        {
            ["slots"] = ValueShape.Fielded(new Dictionary<string, ValueShape> { ["person"] = ValueShape.Fielded(new Dictionary<string, ValueShape> { ["email"] = ValueShape.Text }) }),
        };

        Assert.Contains(mentions, Assert.Throws<ExpressionException>(() => Expression.Parse(source).Check(scope)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Template_MixesTextAndValues() =>
        Assert.Equal("Hello, 3 of 2: $" + "{x} yes", Template.Parse("${a.text}, ${a.n} of ${count(a.list)}: $${x} ${a.yes}").Render(Roots));

    [Fact]
    public void Evaluate_ValueTemplate_KeepsTypesAndLeavesNullsOut()
    {
        var template = ValueTemplate.Parse(JsonNode.Parse("""{"n":"${a.n}","gone":"${a.nothing}","deep":{"list":["${a.text}","${a.missing}"]},"fixed":true}"""));

        Assert.Equal("""{"n":3,"deep":{"list":["Hello"]},"fixed":true}""", template.Evaluate(Roots)!.ToJsonString());
    }

    [Fact]
    public void Parse_RandomTokens_ThrowsNothingButItsOwnError()
    {
        var token = Gen.Elements("a", "b", ".", "[", "]", "0", "1", "(", ")", "'", "\"", "\\", "+", "-", "&&", "||", "!", "?", ":", "==", "<", ">", ",", "count", "join", "where", "take", "truncate", "${", "}", " ", "é", "\n", "null", "$");
        Prop.ForAll(token.ListOf().ToArbitrary(), tokens =>
        {
            var source = string.Concat(tokens);
            try
            {
                Expression.Parse(source).Evaluate(Roots);
            }
            catch (ExpressionException)
            {
            }

            try
            {
                Template.Parse(source).Render(Roots);
            }
            catch (ExpressionException)
            {
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void Parse_DeeplyNested_IsRefused() =>
        Assert.Throws<ExpressionException>(() => Expression.Parse(new string('(', 500) + "1" + new string(')', 500)));

    [Fact]
    public void Parse_TooLong_IsRefused() => Assert.Throws<ExpressionException>(() => Expression.Parse(new string('1', 3000)));
}
