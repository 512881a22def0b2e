using System.Text.RegularExpressions;
using Steward.Gateway.OpenAI;

namespace Steward.Gateway.Tests;

/// <summary>Nothing that a model call can be refused with leaves as a defect of the server.</summary>
public sealed partial class OpenAIErrorTests
{
    [Fact]
    public void StatusOf_EveryCodeOfTheModelGateway_IsNoInternalError()
    {
        var codes = new[] { "src/Engines/Models", "src/Grains/Models", "src/Gateway/OpenAI" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => Path.GetFileName(file) != "OpenAIErrors.cs")
            .SelectMany(file => Code().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .ToHashSet(StringComparer.Ordinal);

        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "model_degraded", "model_over_cost_cap", "model_queued", "cancelled" }, codes);
        Assert.Equal([], codes.Where(code => OpenAIErrors.StatusOf(code) == 500));
    }

    // Models name nothing else like this.
    [GeneratedRegex("""[ (]"(model_[a-z_]+|cancelled)"[,; )]""", RegexOptions.CultureInvariant)]
    private static partial Regex Code();

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
