using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Mapping;

public class MappingRulesTests
{
    private static readonly OperationTemplate Operation = new()
    {
        Id = "issues.create",
        Summary = "Opens an issue.",
        Effect = OperationEffect.Write,
        Input = JsonElement.Parse("""{"properties":{"title":{"type":"string","maxLength":5},"labels":{"type":"array","items":{"type":"string"}},"count":{"type":"integer"},"custom":{"type":"object"}}}"""),
        Output = new OutputSpec
        {
            Fields = new Dictionary<string, string> { ["number"] = "number", ["author"] = "user.login" },
            Schema = JsonElement.Parse("""{"type":"object","properties":{"number":{"type":"integer"},"user":{"type":"object","properties":{"login":{"type":"string"}}}}}"""),
        },
    };

    [Theory]
    [InlineData(MappingDirection.Out, "mine", "title", null)]
    [InlineData(MappingDirection.Out, "mine", "custom.anything.below", null)]
    [InlineData(MappingDirection.Out, "mine", "labels", "split(,)")]
    [InlineData(MappingDirection.Out, null, "title", "constant(x)")]
    [InlineData(MappingDirection.In, "author", "mine", "lower")]
    [InlineData(MappingDirection.In, "number", "mine", "text|prefix(GH-)")]
    public void Check_GoodMapping_HasNoFault(MappingDirection direction, string? from, string to, string? function) =>
        Assert.Empty(MappingRules.Check([new FieldMapping { Direction = direction, From = from, To = to, Function = function }], Operation));

    [Theory]
    [InlineData(MappingDirection.Out, "mine", "titel", null, "to", "'titel' is not known; near it are title")]
    [InlineData(MappingDirection.Out, "mine", "count", "lower", "to", "is Number, but what is written is Text")]
    [InlineData(MappingDirection.Out, "mine", "title", "split(,)", "to", "is Text, but what is written is List")]
    [InlineData(MappingDirection.Out, "mine", "title", "shout", "function", "is no function")]
    [InlineData(MappingDirection.Out, null, "title", null, "from", "must be given")]
    [InlineData(MappingDirection.Out, "mine.*.a", "labels.*.b.*", null, "to", "as many * as from")]
    [InlineData(MappingDirection.In, "autor", "mine", null, "from", "near it are author")]
    [InlineData(MappingDirection.In, "number", "mine", "lower", "function", "but 'number' is Number")]
    public void Check_BadMapping_NamesFieldAndWhatIsAllowed(MappingDirection direction, string? from, string to, string? function, string field, string message) =>
        Assert.Contains(
            MappingRules.Check([new FieldMapping { Direction = direction, From = from, To = to, Function = function }], Operation),
            fault => fault.Field == field && fault.Message.Contains(message, StringComparison.Ordinal));

    [Fact]
    public void Check_DefaultThatDoesNotFit_IsAFault() =>
        Assert.Contains(MappingRules.Check([new FieldMapping { Direction = MappingDirection.Out, From = "a", To = "title", Default = JsonElement.Parse("\"too long\"") }], Operation), fault => fault.Field == "default");

    [Fact]
    public void Check_TwoToTheSamePath_IsAFault() =>
        Assert.Contains(MappingRules.Check([.. Enumerable.Repeat(new FieldMapping { Direction = MappingDirection.Out, From = "a", To = "title" }, 2)], Operation), fault => fault.Message.Contains("twice", StringComparison.Ordinal));

    [Fact]
    public void Check_OwnSchema_ChecksTheOtherEndToo() =>
        Assert.Contains(
            MappingRules.Check([new FieldMapping { Direction = MappingDirection.Out, From = "b", To = "title" }], Operation, JsonElement.Parse("""{"properties":{"a":{"type":"string"}}}""")),
            fault => fault is { Field: "from" });

    [Fact]
    public void Test_Samples_ShowsBeforeAfterAndErrors()
    {
        var samples = MappingRules.Test(new FieldMapper(), [new FieldMapping { Direction = MappingDirection.Out, From = "a", To = "count", Function = "integer" }], MappingDirection.Out, [JsonElement.Parse("""{"a":"7"}"""), JsonElement.Parse("""{"a":"x"}""")]);

        Assert.Equal("""{"count":7}""", samples[0].After.GetRawText());
        Assert.Empty(samples[0].Errors);
        Assert.Single(samples[1].Errors);
    }
}
