using System.Reflection;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>The Python sources that run outside this process, as they are in this assembly.</summary>
internal static class Scripts
{
    public static IReadOnlyDictionary<string, string> Sources { get; } = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.EndsWith(".py", StringComparison.Ordinal))
        .ToDictionary(name => name, Read);

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
