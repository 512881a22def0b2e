namespace Steward.Engines.Definitions.Tests;

public class YamlLimitsTests
{
    [Fact]
    public void Load_MoreThanTheDefault_NeedsLargerLimits()
    {
        var text = string.Concat(Enumerable.Range(0, 25_000).Select(number => $"k{number}: 1\n"));

        Assert.Contains("more than 20000 values", Assert.Throws<DefinitionException>(() => YamlLoader.Load(text, "file")).Message, StringComparison.Ordinal);
        Assert.Equal(25_000, YamlLoader.Load(text, "file", YamlLimits.Large).Root!.AsObject().Count);
    }

    [Theory]
    [InlineData(60, 10, "nested deeper than 48 levels")]
    [InlineData(1, 700_000, "more than 600000 values")]
    public void Load_MoreThanTheLargeLimits_IsRefused(int depth, int values, string message)
    {
        var text = string.Concat(Enumerable.Repeat("[", depth)) + string.Join(',', Enumerable.Repeat("1", values)) + string.Concat(Enumerable.Repeat("]", depth));

        Assert.Contains(message, Assert.Throws<DefinitionException>(() => YamlLoader.Load(text, "file", YamlLimits.Large)).Message, StringComparison.Ordinal);
    }
}
