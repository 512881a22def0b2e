using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Steward.Engines.Definitions.Tests;

/// <summary>Cases in the manner of the JSON Schema Test Suite, for the keywords that are supported.</summary>
public sealed class JsonSchemaTests
{
    [Theory]
    [InlineData("""{"type":"integer"}""", "1.0", true)]
    [InlineData("""{"type":"integer"}""", "1.1", false)]
    [InlineData("""{"type":"integer"}""", "1e300", true)]
    [InlineData("""{"type":"integer"}""", "\"1\"", false)]
    [InlineData("""{"type":["null","string"]}""", "null", true)]
    [InlineData("""{"type":["null","string"]}""", "3", false)]
    [InlineData("""{"type":"number"}""", "true", false)]
    [InlineData("""{"type":"object"}""", "[]", false)]
    [InlineData("""{"enum":[6,"foo",[],true,{"foo":12}]}""", """{"foo":12}""", true)]
    [InlineData("""{"enum":[6,"foo",[],true,{"foo":12}]}""", """{"foo":13}""", false)]
    [InlineData("""{"enum":[0]}""", "false", false)]
    [InlineData("""{"enum":[1]}""", "1.0", true)]
    [InlineData("""{"const":{"a":1,"b":2}}""", """{"b":2,"a":1}""", true)]
    [InlineData("""{"const":null}""", "0", false)]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", """{"a":"x"}""", false)]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", "[]", true)]
    [InlineData("""{"properties":{"a":false}}""", """{"a":1}""", false)]
    [InlineData("""{"required":["a"]}""", """{"b":1}""", false)]
    [InlineData("""{"required":["a"]}""", "12", true)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":{"type":"boolean"}}""", """{"b":true}""", true)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":{"type":"boolean"}}""", """{"b":1}""", false)]
    [InlineData("""{"propertyNames":{"maxLength":3}}""", """{"four":1}""", false)]
    [InlineData("""{"minProperties":1}""", "{}", false)]
    [InlineData("""{"maxProperties":1}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"dependentRequired":{"bar":["foo"]}}""", """{"bar":1}""", false)]
    [InlineData("""{"dependentRequired":{"bar":["foo"]}}""", """{"foo":1}""", true)]
    [InlineData("""{"items":{"type":"integer"}}""", """[1,"x"]""", false)]
    [InlineData("""{"prefixItems":[{"type":"integer"},{"type":"string"}]}""", """[1,"x",false]""", true)]
    [InlineData("""{"prefixItems":[{"type":"integer"}],"items":false}""", "[1,2]", false)]
    [InlineData("""{"prefixItems":[{"type":"integer"},{"type":"string"}]}""", "[1,2]", false)]
    [InlineData("""{"minItems":1}""", "[]", false)]
    [InlineData("""{"maxItems":2}""", "[1,2,3]", false)]
    [InlineData("""{"uniqueItems":true}""", "[1,1.0]", false)]
    [InlineData("""{"uniqueItems":true}""", "[1,true,\"1\"]", true)]
    [InlineData("""{"minLength":2}""", "\"😀\"", false)]
    [InlineData("""{"maxLength":2}""", "\"😀😀\"", true)]
    [InlineData("""{"pattern":"^a*$"}""", "\"aaa\"", true)]
    [InlineData("""{"pattern":"^a*$"}""", "\"aaa\\n\"", false)]
    [InlineData("""{"pattern":"a+"}""", "\"xxaayy\"", true)]
    [InlineData("""{"pattern":"^\\d+$"}""", "\"٣\"", false)]
    [InlineData("""{"pattern":"^[\\w[-]+$"}""", "\"a[-_9\"", true)]
    [InlineData("""{"minimum":1.1}""", "0.6", false)]
    [InlineData("""{"minimum":1.1}""", "1.10", true)]
    [InlineData("""{"maximum":3}""", "3.0", true)]
    [InlineData("""{"exclusiveMaximum":3}""", "3", false)]
    [InlineData("""{"exclusiveMinimum":3}""", "3.0000000000000001", true)]
    [InlineData("""{"multipleOf":0.01}""", "0.07", true)]
    [InlineData("""{"multipleOf":0.01}""", "0.075", false)]
    [InlineData("""{"format":"date-time"}""", "\"1998-12-31T23:59:60Z\"", true)]
    [InlineData("""{"format":"date-time"}""", "\"1998-12-31T22:59:60Z\"", false)]
    [InlineData("""{"format":"date-time"}""", "\"1985-04-12T23:20:50.52Z\"", true)]
    [InlineData("""{"format":"date-time"}""", "\"1990-02-31T15:59:59.123-08:00\"", false)]
    [InlineData("""{"format":"date-time"}""", "\"2026-11-20 10:00:00\"", false)]
    [InlineData("""{"format":"email"}""", "\"joe.bloggs@example.com\"", true)]
    [InlineData("""{"format":"email"}""", "\"2962\"", false)]
    [InlineData("""{"format":"email"}""", "\"te..st@example.com\"", false)]
    [InlineData("""{"format":"uri"}""", "\"http://foo.bar/?q=Test%20URL-encoded%20stuff\"", true)]
    [InlineData("""{"format":"uri"}""", "\"/abc\"", false)]
    [InlineData("""{"format":"uri"}""", "\"http://foo bar\"", false)]
    [InlineData("""{"format":"uuid"}""", "\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"", true)]
    [InlineData("""{"format":"email"}""", "12", true)]
    [InlineData("""{"anyOf":[{"type":"integer"},{"minimum":2}]}""", "1.5", false)]
    [InlineData("""{"anyOf":[{"type":"integer"},{"minimum":2}]}""", "2.5", true)]
    [InlineData("""{"oneOf":[{"type":"integer"},{"minimum":2}]}""", "3", false)]
    [InlineData("""{"oneOf":[{"type":"integer"},{"minimum":2}]}""", "1", true)]
    [InlineData("""{"allOf":[{"minimum":2},{"maximum":5}]}""", "6", false)]
    [InlineData("""{"not":{"type":"integer"}}""", "1", false)]
    [InlineData("true", "1", true)]
    [InlineData("false", "1", false)]
    [InlineData("""{"$defs":{"p":{"type":"integer","minimum":1}},"properties":{"a":{"$ref":"#/$defs/p"}}}""", """{"a":0}""", false)]
    [InlineData("""{"$defs":{"p":{"type":"integer","minimum":1}},"properties":{"a":{"$ref":"#/$defs/p"}}}""", """{"a":1}""", true)]
    [InlineData("""{"properties":{"child":{"$ref":"#"}},"additionalProperties":false}""", """{"child":{"child":{"x":1}}}""", false)]
    [InlineData("""{"properties":{"child":{"$ref":"#"}},"additionalProperties":false}""", """{"child":{"child":{}}}""", true)]
    [InlineData("""{"$ref":"#/$defs/a","maximum":3,"$defs":{"a":{"minimum":1}}}""", "5", false)]
    [InlineData("""{"$defs":{"a~b":{"$defs":{}},"c":{"$ref":"#/$defs/a~0b"}}}""", "1", true)]
    public void Validate_InstanceAndSchema_AgreesWithTheSpecification(string schema, string instance, bool valid)
    {
        var errors = JsonSchema.Parse(schema).Validate(JsonSerializer.Deserialize<JsonElement>(instance));

        Assert.Equal(valid, errors.Count == 0);
    }

    [Theory]
    [InlineData("""{"patternProperties":{}}""", "patternProperties")]
    [InlineData("""{"if":{}}""", "if")]
    [InlineData("""{"contains":{}}""", "contains")]
    [InlineData("""{"typ":"string"}""", "typ")]
    [InlineData("""{"type":"text"}""", "text")]
    [InlineData("""{"$ref":"http://example.com/schema"}""", "$ref")]
    [InlineData("""{"$ref":"#/$defs/missing"}""", "missing")]
    [InlineData("""{"pattern":"(?=a)b"}""", "pattern")]
    [InlineData("""{"pattern":"(a)\\1"}""", "pattern")]
    [InlineData("""{"pattern":"["}""", "pattern")]
    [InlineData("""{"format":"hostname"}""", "hostname")]
    [InlineData("""{"minLength":-1}""", "whole number")]
    [InlineData("""{"multipleOf":0}""", "greater than 0")]
    [InlineData("""{"allOf":[]}""", "non-empty")]
    [InlineData("""{"properties":{"a":3}}""", "object or a boolean")]
    [InlineData("""{"a":""", "not JSON")]
    [InlineData("[]", "object or a boolean")]
    public void Parse_UnsupportedOrMalformed_IsRefusedAndSaysWhy(string schema, string mentions)
    {
        var exception = Assert.Throws<SchemaException>(() => JsonSchema.Parse(schema));

        Assert.Contains(mentions, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_Error_NamesThePlaceAndWhatIsAllowed()
    {
        var schema = JsonSchema.Parse("""{"properties":{"items":{"items":{"properties":{"impact":{"type":"integer","maximum":3}},"additionalProperties":false}}}}""");

        var errors = schema.Validate(JsonSerializer.Deserialize<JsonElement>("""{"items":[{"impact":1},{"impact":4,"x/y":1}]}"""));

        Assert.Equal(["/items/1/impact: must be at most 3.", "/items/1/x~1y: is not a known field. Allowed: impact."], errors.Select(error => error.ToString()));
    }

    [Fact]
    public void Validate_EndlessReference_EndsWithAnError()
    {
        var schema = JsonSchema.Parse("""{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}""");

        Assert.Contains("deeper", Assert.Single(schema.Validate(JsonSerializer.Deserialize<JsonElement>("1"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_HostilePattern_IsLinear()
    {
        var schema = JsonSchema.Parse("""{"pattern":"^(a+)+$"}""");

        Assert.Single(schema.Validate(JsonSerializer.SerializeToElement(new string('a', 50_000) + "!")));
    }

    [Fact]
    public void Parse_RandomJson_ThrowsNothingButItsOwnError()
    {
        var words = Gen.Elements("type", "properties", "items", "$ref", "#", "#/$defs/a", "$defs", "a", "enum", "pattern", "(", "object", "1", "not", "anyOf");
        Gen<string> Json(int size) => size <= 0
            ? Gen.OneOf(words.Select(word => $"\"{word}\""), Gen.Elements("1", "-1", "true", "null", "[]", "{}"))
            : Gen.OneOf(
                Json(size / 3).ListOf().Select(items => $"[{string.Join(",", items.Take(4))}]"),
                (from key in words from value in Json(size / 3) select $"\"{key}\":{value}").ListOf().Select(fields => $"{{{string.Join(",", fields.Take(4))}}}"));
        Prop.ForAll(Gen.Sized(size => Json(Math.Min(size, 30))).ToArbitrary(), text =>
        {
            try
            {
                JsonSchema.Parse(text).Validate(JsonSerializer.Deserialize<JsonElement>(text));
            }
            catch (SchemaException)
            {
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }
}
