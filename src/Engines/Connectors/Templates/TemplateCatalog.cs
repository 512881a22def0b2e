using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Connectors.Templates;

/// <summary>A template with the hash of its text.</summary>
/// <param name="Template">The template.</param>
/// <param name="Hash">SHA-256 of the text in lower-case hexadecimal.</param>
/// <param name="Text">The text as it was written.</param>
public sealed record CataloguedTemplate(ConnectorTemplate Template, string Hash, string Text);

/// <summary>The templates that ship with Steward, read from this assembly when they are first asked for. Safe for concurrent use.</summary>
public static class TemplateCatalog
{
    private const string Prefix = "catalogue/";

    private static readonly Lazy<FrozenDictionary<string, Lazy<CataloguedTemplate>>> Shipped = new(() =>
        typeof(ConnectorTemplate).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(".yaml", StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..^".yaml".Length], name => new Lazy<CataloguedTemplate>(() => ReadResource(name)), StringComparer.Ordinal));

    /// <summary>The ids, ordered.</summary>
    public static IReadOnlyList<string> Ids { get; } = [.. Shipped.Value.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The template with an id; null when there is none.</summary>
    public static CataloguedTemplate? Find(string id) => Shipped.Value.TryGetValue(id, out var template) ? template.Value : null;

    /// <summary>A template's hash: SHA-256 of its text as UTF-8, line ends as line feeds.</summary>
    public static string HashOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"))));
    }

    private static CataloguedTemplate ReadResource(string name)
    {
        using var stream = typeof(ConnectorTemplate).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        return new CataloguedTemplate(TemplateReader.Read(text, name), HashOf(text), text);
    }
}
