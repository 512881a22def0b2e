using Microsoft.Extensions.Options;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// The templates that instances are made from: the operator's own signed ones (<c>Steward:Connectors:Catalogue</c>), read once, before those that ship with Steward. Safe for concurrent use.
/// </summary>
public sealed class TemplateLibrary
{
    private readonly Dictionary<string, CataloguedTemplate> _own;

    /// <summary>Reads the operator's folder, if there is one.</summary>
    /// <exception cref="DefinitionException">It is not signed by a trusted key, was changed since, or holds no valid template.</exception>
    public TemplateLibrary(IOptions<ConnectorsOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _own = Load(options.Value.Catalogue).ToDictionary(template => template.Template.Id, StringComparer.Ordinal);
        Ids = [.. TemplateCatalog.Ids.Union(_own.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The ids, ordered.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>The template with an id; null when there is none.</summary>
    public CataloguedTemplate? Find(string id) => _own.GetValueOrDefault(id) ?? TemplateCatalog.Find(id);

    internal static IReadOnlyList<CataloguedTemplate> Load(CatalogueOptions options) => string.IsNullOrWhiteSpace(options.Folder)
        ? []
        : SignedCatalogue.Load(options.Folder, options.TrustedKeys.Select(File.ReadAllText));
}
