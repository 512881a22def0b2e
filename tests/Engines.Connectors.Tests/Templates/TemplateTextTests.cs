using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Templates;

public sealed class TemplateTextTests
{
    [Theory]
    [InlineData("/users/{id}", "/users/7")]
    [InlineData("{name}", "O'Brien \"x\"")]
    [InlineData("q='{name|odata}'", "q='O''Brien \"x\"'")]
    [InlineData("q=\"{name|quoted}\"", "q=\"O'Brien \\\"x\\\"\"")]
    [InlineData("'{name|soql}'", "'O\\'Brien \\\"x\\\"'")]
    [InlineData("<p>{name|html}</p>", "<p>O&#39;Brien &quot;x&quot;</p>")]
    [InlineData("a{?id: and id={id}}", "a and id=7")]
    [InlineData("a{?none: and none={none}}b", "ab")]
    [InlineData("a{?id: and {none}}b", "ab")]
    [InlineData("{list|csv}", "a,b")]
    [InlineData("{list}!", "a,b!")]
    [InlineData("query { issue(id: {id}) { name } }", "query { issue(id: 7) { name } }")]
    [InlineData("{ id }", "{ id }")]
    [InlineData("{}", "{}")]
    public void Render_Text_ReplacesPlaceholders(string template, string expected) => Assert.Equal(expected, TemplateText.Parse(template).Render(Value));

    [Fact]
    public void Render_MissingValue_IsAbsent() => Assert.Null(TemplateText.Parse("a{none}").Render(Value));

    [Theory]
    [InlineData("x^active=true")]
    [InlineData("javascript:gs.log()")]
    [InlineData("a\nb")]
    public void Render_EncodedQuery_RefusesWhatWouldChangeTheQuery(string value)
    {
        var exception = Assert.Throws<FormatException>(() => TemplateText.Parse("name={value|servicenow}").Render(_ => JsonSerializer.SerializeToElement(value)));

        Assert.StartsWith("value must not contain", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RenderJson_Body_KeepsTypesAndLeavesAbsentMembersOut()
    {
        var body = JsonElement.Parse("""{ "a": "{id}", "b": { "c": "{none}" }, "d": ["{list}", "{none}"], "e": true, "f": null, "g": {} }""");

        Assert.Equal("""{"a":7,"d":[["a","b"]],"e":true,"f":null,"g":{}}""", TemplateText.RenderJson(body, Value)!.ToJsonString());
    }

    // What is quoted for a language reads back as the very same text in that language.
    [Fact]
    public void Apply_QuotedAndOData_CannotEndTheLiteral()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            var value = JsonSerializer.SerializeToElement(new string([.. text.Get.Where(character => !char.IsSurrogate(character))]));
            var quoted = TemplateText.Parse("{v|quoted}").Render(_ => value)!;
            var odata = TemplateText.Parse("{v|odata}").Render(_ => value)!;
            Assert.Equal(value.GetString(), quoted.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal));
            Assert.Equal(value.GetString(), odata.Replace("''", "'", StringComparison.Ordinal));
            Assert.DoesNotContain("'", odata.Replace("''", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("state|integer", "2")]
    [InlineData("active|boolean", "true")]
    [InlineData("empty|some", "null")]
    [InlineData("none ?? state", "\"2\"")]
    [InlineData("users.*.name", """["a","b"]""")]
    [InlineData("none.*", "[]")]
    [InlineData("at|time", "\"2026-01-02T03:04:05Z\"")]
    [InlineData("ms|epoch_ms", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("odata|odata_date", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("a\\.b", "1")]
    [InlineData("state|count", "null")]
    public void Read_Field_GivesTheTypedMember(string field, string expected)
    {
        var answer = JsonElement.Parse("""{ "state": "2", "active": "true", "empty": "", "users": [{ "name": "a" }, { "name": "b" }, {}], "at": "2026-01-02 03:04:05", "ms": "1767225600000", "odata": "/Date(1767225600000+0000)/", "a.b": 1 }""");

        Assert.Equal(expected, FieldPath.Read(answer, field)?.ToJsonString() ?? "null");
    }

    private static JsonElement? Value(string name) => name switch
    {
        "id" => JsonElement.Parse("7"),
        "name" => JsonSerializer.SerializeToElement("O'Brien \"x\""),
        "list" => JsonElement.Parse("""["a", "b"]"""),
        _ => null,
    };
}
