namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>The real specifications beside the checkout, where they are.</summary>
internal static class Corpus
{
    public static string? Folder { get; } = Find("openapi");

    public static string? DriftFolder { get; } = Find("openapi_drift");

    public static IEnumerable<string> Files => Folder is null ? [] : Directory.GetFiles(Folder).Where(file => Path.GetExtension(file) is ".json" or ".yaml").Order(StringComparer.Ordinal);

    private static string? Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", name);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}

/// <summary>Skips, saying so, where the specifications are not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CorpusFactAttribute : FactAttribute
{
    /// <summary>Looks for them.</summary>
    public CorpusFactAttribute() => Skip = Corpus.Files.Any() ? null : "needs the specifications in shared/data/openapi beside the checkout";
}
