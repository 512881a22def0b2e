using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Steward.Engines.Security.Tests;

public sealed class SecretTextTests
{
    private const string Content = "hunter2/and more";

    private sealed record Holder(SecretText Token);

    [Fact]
    public void ToString_OfItselfAndOfARecordThatHoldsIt_ShowsNothing()
    {
        var secret = new SecretText(Content);

        Assert.Equal("***", secret.ToString());
        Assert.DoesNotContain("hunter2", new Holder(secret).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", $"{secret}", StringComparison.Ordinal);
    }

    [Fact]
    public void Json_Written_IsRedactedAndReadsBackFromPlainText()
    {
        Assert.Equal("""{"Token":"***"}""", JsonSerializer.Serialize(new Holder(new SecretText(Content))));
        Assert.Equal(Content, JsonSerializer.Deserialize<Holder>("""{"Token":"hunter2/and more"}""")!.Token.Reveal());
    }

    private sealed class Bound
    {
        public SecretText? Token { get; set; }
    }

    [Fact]
    public void Configuration_PlainString_Binds()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Token"] = Content }).Build();

        Assert.Equal(Content, configuration.Get<Bound>()!.Token!.Reveal());
    }

    [Fact]
    public void RedactFrom_PlainAndEscapedOccurrences_AreReplaced()
    {
        var text = $"a {Content} b {Uri.EscapeDataString(Content)} c";

        Assert.Equal("a *** b *** c", new SecretText(Content).RedactFrom(text));
    }

    [Fact]
    public void Equals_ComparesContent()
    {
        Assert.Equal(new SecretText(Content), new SecretText(Content));
        Assert.NotEqual(new SecretText(Content), new SecretText(Content + "!"));
    }
}
