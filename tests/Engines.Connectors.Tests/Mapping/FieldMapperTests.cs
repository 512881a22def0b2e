using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mapping;

namespace Steward.Engines.Connectors.Tests.Mapping;

public class FieldMapperTests
{
    private readonly FieldMapper _mapper = new();

    [Theory]
    [InlineData("""{"a":" Ada "}""", "a", "b", "trim|lower", """{"b":"ada"}""")]
    [InlineData("""{"a":"x"}""", "a", "a", "upper", """{"a":"X"}""")]
    [InlineData("""{"a":"x, y,z"}""", "a", "b", "split(,)", """{"b":["x","y","z"]}""")]
    [InlineData("""{"a":["x","y"]}""", "a", "b", "join(; )", """{"b":"x; y"}""")]
    [InlineData("""{"a":["x","y"]}""", "a", "b", "last", """{"b":"y"}""")]
    [InlineData("""{"a":"2026-01-31T12:30:00Z"}""", "a", "b", "date(dd.MM.yyyy)", """{"b":"31.01.2026"}""")]
    [InlineData("""{"a":"31.01.2026"}""", "a", "b", "date(dd.MM.yyyy -> iso)", """{"b":"2026-01-31T00:00:00Z"}""")]
    [InlineData("""{"a":1769862600}""", "a", "b", "date(epoch -> yyyy-MM-dd HH:mm)", """{"b":"2026-01-31 12:30"}""")]
    [InlineData("""{"a":"2026-01-31T12:30:00Z"}""", "a", "b", "date(epoch_ms)", """{"b":1769862600000}""")]
    [InlineData("""{"a":"12.50"}""", "a", "b", "number", """{"b":12.50}""")]
    [InlineData("""{"a":12.9}""", "a", "b", "integer", """{"b":12}""")]
    [InlineData("""{"a":"yes"}""", "a", "b", "boolean", """{"b":true}""")]
    [InlineData("""{"a":3}""", "a", "b", "multiply(60)", """{"b":180}""")]
    [InlineData("""{"a":2}""", "a", "b", "lookup(1=New, 2=In Progress, *=Other)", """{"b":"In Progress"}""")]
    [InlineData("""{"a":"9"}""", "a", "b", "lookup(1=New, *=7)", """{"b":7}""")]
    [InlineData("""{"a":"x","n":{"l":"B"}}""", "a", "b", "replace(x, y)|prefix(p-)", """{"n":{"l":"B"},"b":"p-y"}""")]
    [InlineData("""{"a":"abcdef"}""", "a", "b", "substring(1, 3)", """{"b":"bcd"}""")]
    [InlineData("""{}""", "a", "b", "default(none)", """{"b":"none"}""")]
    [InlineData("""{"a":{"b":{"c":1}},"k":2}""", "a.b.c", "x.y", null, """{"k":2,"x":{"y":1}}""")]
    [InlineData("""{"l":[{"a":1},{"a":2,"k":3},{}]}""", "l.*.a", "l.*.b", "text", """{"l":[{"b":"1"},{"k":3,"b":"2"},{}]}""")]
    [InlineData("""{"l":[{"a":"x"},{"a":"y"}]}""", "l.*.a", "all", "join(,)", """{"l":[{},{}],"all":"x,y"}""")]
    [InlineData("""{"a":null}""", "a", "b", "lower", """{"a":null}""")]
    public void Apply_Function_GivesWhatItSays(string value, string from, string to, string? function, string expected) => AssertEqual(expected, Apply(value, Out(from, to, function)));

    [Fact]
    public void Apply_TwoThatChangePlaces_BothReadTheOldValue() => AssertEqual("""{"a":2,"b":1}""", Apply("""{"a":1,"b":2}""", Out("a", "b"), Out("b", "a")));

    [Fact]
    public void Apply_ConstantAndConcat_NeedNoSource() =>
        AssertEqual("""{"first":"Ada","last":"Lovelace","name":"Ada Lovelace","kind":"person","n":5}""",
            Apply("""{"first":"Ada","last":"Lovelace"}""", Out(null, "name", "concat({first} {last})"), Out(null, "kind", "constant(person)"), Out(null, "n", "constant(5)")));

    [Fact]
    public void Apply_Default_IsUsedWhereNothingIsRead() =>
        AssertEqual("""{"b":"x"}""", Apply("{}", Out("a", "b") with { Default = JsonElement.Parse("\"x\"") }));

    [Fact]
    public void Apply_OtherDirection_IsPassedOver() => AssertEqual("""{"a":1}""", _mapper.Apply([Out("a", "b")], MappingDirection.In, JsonElement.Parse("""{"a":1}""")).Value);

    [Fact]
    public void Apply_ListOfResults_MapsEachItem()
    {
        var mapping = Out("a", "b") with { Direction = MappingDirection.In };

        AssertEqual("""{"items":[{"b":1},{"b":2}],"truncated":true}""", _mapper.Apply([mapping], MappingDirection.In, JsonElement.Parse("""{"items":[{"a":1},{"a":2}],"truncated":true}""")).Value);
    }

    [Fact]
    public void Apply_ValueThatDoesNotFit_IsNamedAndStaysWhereItWas()
    {
        var outcome = _mapper.Apply([Out("a", "x", "number"), Out("b", "y")], MappingDirection.Out, JsonElement.Parse("""{"a":"secret","b":1}"""));

        AssertEqual("""{"a":"secret","y":1}""", outcome.Value);
        var error = Assert.Single(outcome.Errors);
        Assert.Equal((0, "a"), (error.Index, error.Path));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_ValueThatDoesNotFit_ThrowsWithThePath() =>
        Assert.StartsWith("a: ", Assert.Throws<MappingException>(() => _mapper.Map(JsonElement.Parse("""{"a":"x"}"""), [Out("a", "b", "number")], MappingDirection.Out)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("shout", "is no function; allowed are lower")]
    [InlineData("split", "needs an argument")]
    [InlineData("lower(x)", "takes no argument")]
    [InlineData("date(not a format)", "argument is not of its form")]
    [InlineData("lookup(1=a, 1=b)", "each key once")]
    [InlineData("number|lower", "cannot take what 'number' gives")]
    [InlineData("lower|constant(1)", "must come first")]
    [InlineData("lower(", "closing parenthesis is missing")]
    [InlineData("", "1 to 4000 characters")]
    public void Parse_NoSuchFunction_SaysWhatIsAllowed(string function, string message) =>
        Assert.Contains(message, Assert.Throws<MappingException>(() => MappingFunction.Parse(function)).Message, StringComparison.Ordinal);

    private JsonElement Apply(string value, params FieldMapping[] mappings)
    {
        var outcome = _mapper.Apply(mappings, MappingDirection.Out, JsonElement.Parse(value));
        Assert.Empty(outcome.Errors);
        return outcome.Value;
    }

    private static FieldMapping Out(string? from, string to, string? function = null) => new() { Direction = MappingDirection.Out, From = from, To = to, Function = function };

    private static void AssertEqual(string expected, JsonElement actual) => Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), actual), actual.GetRawText());
}
