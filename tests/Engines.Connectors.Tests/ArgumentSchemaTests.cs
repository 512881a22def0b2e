using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.Tests;

public sealed class ArgumentSchemaTests
{
    private static readonly ArgumentSchema Schema = new(
        ArgumentField.Text("title", "The title.", 10).Required(),
        ArgumentField.Multiline("body", "The body.", 50),
        ArgumentField.Email("email", "An address."),
        ArgumentField.Number("limit", "How many.", 1, 100, 20),
        ArgumentField.Flag("open", "Whether open."),
        ArgumentField.Texts("labels", "Labels.", 2),
        ArgumentField.Choice("priority", "How urgent.", "High", "Low"));

    private static ActionFailed Refusal(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Assert.IsType<ActionFailed>(Assert.Throws<OutcomeException>(() => Schema.Read(document.RootElement)).Outcome);
    }

    [Fact]
    public void Read_ValidArguments_GivesThemWithDefaults()
    {
        using var document = JsonDocument.Parse("""{"title":"x","email":"o'brien@acme.example","open":false,"labels":["a","b"],"body":null}""");

        var arguments = Schema.Read(document.RootElement);

        Assert.Equal(("x", 20, "o'brien@acme.example", false), (arguments.Text("title"), arguments.Number("limit"), arguments.Text("email"), arguments.Flag("open")));
        Assert.Equal(["a", "b"], arguments.Texts("labels"));
        Assert.Null(arguments.OptionalText("body"));
    }

    [Theory]
    [InlineData("""[]""", "arguments", "JSON object")]
    [InlineData("""{}""", "title", "required")]
    [InlineData("""{"title":null}""", "title", "required")]
    [InlineData("""{"title":""}""", "title", "1 to 10")]
    [InlineData("""{"title":"12345678901"}""", "title", "1 to 10")]
    [InlineData("""{"title":7}""", "title", "1 to 10")]
    [InlineData("""{"title":"a\nb"}""", "title", "control")]
    [InlineData("""{"title":"\ud800"}""", "title", "1 to 10")]
    [InlineData("""{"title":"x","title":"y"}""", "title", "twice")]
    [InlineData("""{"title":"x","limit":0}""", "limit", "1 to 100")]
    [InlineData("""{"title":"x","limit":1.5}""", "limit", "whole number")]
    [InlineData("""{"title":"x","limit":"5"}""", "limit", "whole number")]
    [InlineData("""{"title":"x","open":"yes"}""", "open", "true or false")]
    [InlineData("""{"title":"x","labels":["a","b","c"]}""", "labels", "at most 2")]
    [InlineData("""{"title":"x","labels":[1]}""", "labels", "text")]
    [InlineData("""{"title":"x","priority":"high"}""", "priority", "High, Low")]
    [InlineData("""{"title":"x","email":"a@b@c"}""", "email", "mail address")]
    [InlineData("""{"title":"x","email":"a b@c.example"}""", "email", "mail address")]
    [InlineData("""{"title":"x","email":"a^b@c.example"}""", "email", "mail address")]
    [InlineData("""{"title":"x","titel":"y"}""", "titel", "title, body")]
    [InlineData("""{"title":"x","\ud800":"y"}""", "arguments", "allowed")]
    public void Read_InvalidArguments_NamesTheFieldAndWhatIsAllowed(string json, string field, string part)
    {
        var failure = Refusal(json);

        Assert.Equal(("invalid_argument", field, false), (failure.Code, failure.Field, failure.IsRetryable));
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_IsAFlatClosedObjectSchema()
    {
        Assert.Equal("object", Schema.Json.GetProperty("type").GetString());
        Assert.False(Schema.Json.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal("title", Assert.Single(Schema.Json.GetProperty("required").EnumerateArray()).GetString());
        Assert.Equal(20, Schema.Json.GetProperty("properties").GetProperty("limit").GetProperty("default").GetInt32());
    }

    [Fact]
    public void Segment_AnyText_StaysOneSegmentOfTheHost()
    {
        var baseUrl = new Uri("https://acme.example/base/");
        Prop.ForAll<NonEmptyString, string>((segment, value) =>
        {
            // Lone surrogates are refused before; here they have no escaped form.
            static bool IsSound(string? text) => text is null || !text.Any(char.IsSurrogate);
            if (segment.Get is "." or ".." || !IsSound(segment.Get) || !IsSound(value))
            {
                return true;
            }

            var url = new RequestPath("api").Segment(segment.Get).Segment("end").Query("q", value ?? "").Below(baseUrl);
            return url.Host == "acme.example" && url.Segments.Length == 5 && url.AbsolutePath.StartsWith("/base/api/", StringComparison.Ordinal) &&
                   url.AbsolutePath.EndsWith("/end", StringComparison.Ordinal) && url.Fragment.Length == 0 &&
                   Uri.UnescapeDataString(url.Segments[3].TrimEnd('/')) == segment.Get &&
                   Uri.UnescapeDataString(url.Query["?q=".Length..]) == (value ?? "");
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    public void Segment_DotSegment_IsRefused(string segment) => Assert.Throws<OutcomeException>(() => new RequestPath("api").Segment(segment));
}
