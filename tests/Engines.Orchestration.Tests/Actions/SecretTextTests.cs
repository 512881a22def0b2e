using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration.Tests.Actions;

public sealed class SecretTextTests
{
    [Theory]
    [InlineData("see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U here", "see *** here")]
    [InlineData("Authorization: Bearer abcDEF123456789012345", "Authorization: Bearer ***")]
    [InlineData("Basic dXNlcjpwYXNzd29yZDEyMw==", "Basic ***")]
    [InlineData("sk-proj-0123456789abcdefABCDEF", "***")]
    [InlineData("use ghp_0123456789abcdefghij0123456789abcdef.", "use ***.")]
    [InlineData("xoxb-1234567890-abcdefghij", "***")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "***")]
    [InlineData("Your new password is Tr0ub4dor&3, change it", "Your new password is ***, change it")]
    [InlineData("password=hunter2hunter2 ok", "password=*** ok")]
    [InlineData("{\"api_key\": \"ab12cd34ef56\"}", "{\"api_key\": \"***\"}")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "***\nafter")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "***")]
    public void Hide_Secrets_AreMasked(string text, string expected) => Assert.Equal(expected, SecretText.Hide(text));

    [Theory]
    [InlineData("I forgot my password, please reset it.")]
    [InlineData("The secret is out: everyone knows.")]
    [InlineData("token: invalid")]
    [InlineData("Bearer of good tidings arrived yesterday")]
    [InlineData("Risk-averse task-oriented disk-0123456789abcdef01")]
    [InlineData("INC0010002 is assigned to Beth")]
    public void Hide_OrdinaryTexts_StayTheSameInstance(string text) => Assert.Equal(text, SecretText.Hide(text));

    [Fact]
    public void Hide_Twice_IsTheSameAsOnce() => Prop.ForAll(
        Gen.Elements("password is ", "Bearer ", "sk-", "eyJ", ".", "abcDEF12", "0123456789", "-----BEGIN PRIVATE KEY-----", " ", "token=", "ghp_").ListOf().Select(parts => string.Concat(parts)).ToArbitrary(),
        text => SecretText.Hide(SecretText.Hide(text)) == SecretText.Hide(text)).QuickCheckThrowOnFailure();

    [Fact]
    public void Hide_LongHostileText_TakesLittleTime()
    {
        var text = string.Concat(Enumerable.Repeat("password password=-----BEGIN PRIVATE KEY-----eyJ", 20_000));

        Assert.StartsWith("password password=***", SecretText.Hide(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"items":[{"note":"use sk-0123456789abcdef01"}]}""", """{"items":[{"note":"use ***"}]}""")]
    [InlineData("""{"list":["a","Bearer abcDEF1234567890123"]}""", """{"list":["a","Bearer ***"]}""")]
    [InlineData("""{"note":"\u0073k-0123456789abcdef01"}""", """{"note":"***"}""")]
    [InlineData("""{"clientSecret":"plain","passwordChanged":"2026-01-01T00:00:00Z"}""", """{"clientSecret":"***","passwordChanged":"2026-01-01T00:00:00Z"}""")]
    public void Shape_SecretsAnywhere_AreMasked(string json, string expected) =>
        Assert.Equal(expected, ResultShaper.Shape(JsonSerializer.Deserialize<JsonElement>(json), 10_000).Result.GetRawText());

    [Fact]
    public void Summarize_AnyResult_FitsAndCounts()
    {
        var result = JsonSerializer.SerializeToElement(new JsonArray([.. Enumerable.Range(0, 500).Select(n => JsonValue.Create($"text {n}"))]));
        var summary = ResultShaper.Summarize(result, result.GetRawText().Length, 512);

        Assert.InRange(summary.GetRawText().Length, 50, 512);
        Assert.Equal(500, summary.GetProperty("_whole").GetProperty("items").GetInt32());
    }
}
