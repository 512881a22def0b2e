
namespace Steward.Engines.Orchestration;

/// <summary>Texts that ship inside the assembly.</summary>
internal static class EmbeddedResources
{
    public static string Read(string name)
    {
        using var stream = typeof(EmbeddedResources).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource '{name}' is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    public static JsonSchema Schema(string name) => JsonSchema.Parse(Read(name));
}
