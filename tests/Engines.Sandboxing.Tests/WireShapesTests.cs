using System.Text.Json;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>What comes from inside is shown to people without what steers a terminal, hides letters or turns the direction of writing.</summary>
public sealed class WireShapesTests
{
    [Theory]
    [InlineData("a\u001b[2Jb\u202ec\u00add", "a [2Jb c d")]
    [InlineData("a\U000E0001\U000E0069\U000E0067b", "a   b")]
    [InlineData("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001F469\u200D\U0001F4BB", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001F469\u200D\U0001F4BB")]
    [InlineData("Größe – 日本語 😀", "Größe – 日本語 😀")]
    [InlineData("a\nb\tc\u2028d", "a b c d")]
    public void Title_AndNameOfAColumn_AreWithoutWhatSteers(string given, string shown)
    {
        var table = WireShapes.Table(
            JsonSerializer.SerializeToUtf8Bytes(new { title = given, columns = new[] { new { name = given, type = "string" } }, rows = Array.Empty<string[]>(), totalRows = 0, truncated = false }),
            default);

        Assert.Equal((shown, shown), (table.Title, Assert.Single(table.Columns).Name));
        Assert.Equal(shown, WireShapes.Title(given));
    }

    [Fact]
    public void Title_CutInACharacter_LosesItWhole() => Assert.Equal(new string('d', 199), WireShapes.Title(new string('d', 199) + "😀"));

    [Fact]
    public void Error_IsWithoutWhatSteersAndKeepsItsLines()
    {
        var (error, _) = WireShapes.Error(JsonSerializer.SerializeToUtf8Bytes(new { type = "Key\nError\U000E0001", message = "no 'a\u202eb\r\u009b'\n\tin\U000E0041 x", line = 2 }), default);

        Assert.Equal(new SandboxError("Key Error ", "no 'a b  '\n\tin  x", 2), error);
    }

    [Fact]
    public void Findings_AreWithoutWhatSteers() =>
        Assert.Equal(
            new CodeFinding(1, "na me", "a b is not allowed"),
            Assert.Single(WireShapes.Findings(JsonSerializer.SerializeToUtf8Bytes(new[] { new { line = 1, rule = "na\u001bme", reason = "a\u2066b is not allowed" } }), default)));
}
