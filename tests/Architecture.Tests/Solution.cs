using Mono.Cecil;

namespace Steward.Architecture.Tests;

/// <summary>The solution's assemblies, as built beside this test, and its source tree.</summary>
internal static class Solution
{
    public static string Root { get; } = FindRoot();

    /// <summary>Steward's own assemblies by name.</summary>
    public static IReadOnlyDictionary<string, AssemblyDefinition> Assemblies { get; } = Directory
        .EnumerateFiles(AppContext.BaseDirectory, "Steward.*.dll")
        .Where(file => !file.EndsWith(".Tests.dll", StringComparison.Ordinal))
        .Select(AssemblyDefinition.ReadAssembly)
        .ToDictionary(assembly => assembly.Name.Name);

    public static IEnumerable<string> StewardReferences(this AssemblyDefinition assembly) =>
        assembly.MainModule.AssemblyReferences.Select(reference => reference.Name).Where(name => name.StartsWith("Steward.", StringComparison.Ordinal));

    public static bool Has(this ICustomAttributeProvider provider, string attribute) =>
        provider.CustomAttributes.Any(candidate => candidate.AttributeType.FullName == attribute);

    /// <summary>Files under version control's eye: everything below the root but build output and installed modules.</summary>
    public static IEnumerable<string> SourceFiles(string pattern) => new[] { "src", "compat", "samples", "benchmarks", "tests" }
        .Select(folder => Path.Combine(Root, folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules" or "artifacts"));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("The solution's root was not found above the test's output.");
    }
}
