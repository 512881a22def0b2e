using System.Text.RegularExpressions;

namespace Steward.Architecture.Tests;

public partial class SourceTests
{
    [Fact]
    public void Sources_Names_SayWhatTheyHold()
    {
        var vague = Solution.SourceFiles("*.cs").Where(file => VagueName().IsMatch(Path.GetRelativePath(Solution.Root, file)));

        Assert.Empty(vague);
    }

    [Fact]
    public void Interleaving_EveryAttribute_NamesItsInvariant()
    {
        var bare = Solution.SourceFiles("*.cs")
            .Where(file => file.Contains($"{Path.DirectorySeparatorChar}src{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => File.ReadLines(file).Select((line, index) => (file, line, index)))
            .Where(found => found.line.Contains("[AlwaysInterleave]", StringComparison.Ordinal) || found.line.Contains("[ReadOnly]", StringComparison.Ordinal))
            .Where(found => !found.line.Contains("// Safe:", StringComparison.Ordinal))
            .Select(found => $"{found.file}:{found.index + 1}");

        Assert.Empty(bare);
    }

    [Fact]
    public void Script_EveryCommandOfTheHost_IsPassedOnAndInItsHelp()
    {
        var script = File.ReadAllText(Path.Combine(Solution.Root, "steward"));
        var commands = HostCommand().Matches(File.ReadAllText(Path.Combine(Solution.Root, "src", "Host", "Program.cs"))).Select(match => match.Groups[1].Value.ToLowerInvariant()).ToList();

        Assert.InRange(commands.Count, 10, 100);
        Assert.All(commands, command => Assert.Matches(new Regex($@"^  (\w+ \| )*{command}( \| \w+)*\)$", RegexOptions.Multiline), script));
        Assert.All(commands, command => Assert.Matches(new Regex($"^  {command}( |$)", RegexOptions.Multiline), script));
    }

    // What the platform puts into a model's request comes from systems and memories that change: decision 26 rests on such calls using no cache, or naming what they rest on. The endpoint's calls hold what the caller sent.
    [Fact]
    public void ModelCalls_OfThePlatform_UseNoCacheOrNameTheirSources()
    {
        var callers = OriginsOfThePlatform();

        Assert.InRange(callers.Count, 5, 100);
        Assert.Empty(callers.Where(found => NewOrigin().Count(found.text) > CacheNamed().Count(found.text)).Select(found => found.file));
    }

    // Costs, traces and regressions are told apart by the text that asked. The endpoint's calls have their callers' own instructions.
    [Fact]
    public void ModelCalls_OfThePlatform_NameTheVersionOfTheirPrompt()
    {
        var callers = OriginsOfThePlatform();

        Assert.InRange(callers.Count, 5, 100);
        Assert.Empty(callers.Where(found => NewOrigin().Count(found.text) > PromptNamed().Count(found.text)).Select(found => found.file));
    }

    [Fact]
    public void NuGetConfig_Sources_NameNoPublicHost() =>
        Assert.DoesNotContain("http", File.ReadAllText(Path.Combine(Solution.Root, "NuGet.config")), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Decisions_Files_AreNumberedWithoutGaps()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(Solution.Root, "docs", "decisions"), "*.md")
            .Select(file => int.Parse(Path.GetFileName(file).AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture))
            .Order()
            .ToList();

        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
    }

    private static List<(string file, string text)> OriginsOfThePlatform() => [.. Solution.SourceFiles("*.cs")
        .Where(file => file.Contains($"{Path.DirectorySeparatorChar}src{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !file.Contains(Path.Combine("src", "Engines", "Models"), StringComparison.Ordinal))
        .Where(file => Path.GetFileName(file) != "ModelCallRunner.cs")
        .Select(file => (file, text: File.ReadAllText(file)))
        .Where(found => NewOrigin().IsMatch(found.text))];

    [GeneratedRegex(@"^    (\w+)Command\.Create\(\),$", RegexOptions.Multiline)]
    private static partial Regex HostCommand();

    [GeneratedRegex(@"new ModelCallOrigin\b|ModelCallOrigin \w+ = new\b", RegexOptions.CultureInvariant)]
    private static partial Regex NewOrigin();

    [GeneratedRegex(@"\bPromptVersion = \w", RegexOptions.CultureInvariant)]
    private static partial Regex PromptNamed();

    [GeneratedRegex(@"\bCache = (ModelCacheHint\.Never|new ModelCacheHint \{[^}]*\bSources = )", RegexOptions.CultureInvariant)]
    private static partial Regex CacheNamed();

    [GeneratedRegex(@"(^|/)(Helpers?|Utils?|Utilities|Manager|Common|Misc)(/|\.cs$)|(Helper|Utils|Manager)\.cs$")]
    private static partial Regex VagueName();
}
