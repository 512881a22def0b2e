using Orleans.Concurrency;
using Steward.Engines.Connectors.Templates;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>Shows the templates that ship with this silo. Holds nothing.</summary>
[StatelessWorker(4)]
internal sealed class ConnectorCatalogGrain(TemplateDrafts drafts) : Grain, IConnectorCatalogGrain
{
    private const int MaxQueryLength = 200;
    private const int MaxDocumentLength = 8 * 1024 * 1024;

    private static readonly Lazy<IReadOnlyList<ConnectorTemplateInfo>> All = new(() => [.. TemplateCatalog.Ids.Select(id => Describe(TemplateCatalog.Find(id)!.Template))]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConnectorTemplateInfo>> List(string? query, CancellationToken cancellationToken = default)
    {
        if (query is { Length: > MaxQueryLength })
        {
            throw StewardException.Invalid("q", $"must have at most {MaxQueryLength} characters.");
        }

        var words = (query ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Task.FromResult<IReadOnlyList<ConnectorTemplateInfo>>([.. All.Value.Where(template => words.All(word => Has(template, word)))]);
    }

    /// <inheritdoc/>
    public Task<ConnectorTemplateText?> Get(string templateId, CancellationToken cancellationToken = default) => Task.FromResult(
        TemplateCatalog.Find(templateId) is { } found ? new ConnectorTemplateText { TemplateId = templateId, Hash = found.Hash, Text = found.Text } : null);

    /// <inheritdoc/>
    public Task<ConnectorTemplateDraft> Import(string document, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return document.Length is > 0 and <= MaxDocumentLength
            ? drafts.DraftAsync(document, cancellationToken)
            : throw StewardException.Invalid("document", $"must have 1 to {MaxDocumentLength} characters.");
    }

    private static bool Has(ConnectorTemplateInfo template, string word) =>
        template.TemplateId.Contains(word, StringComparison.OrdinalIgnoreCase)
        || template.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
        || template.Description.Contains(word, StringComparison.OrdinalIgnoreCase)
        || template.Categories.Contains(word, StringComparer.OrdinalIgnoreCase);

    private static ConnectorTemplateInfo Describe(ConnectorTemplate template) => new()
    {
        TemplateId = template.Id,
        Version = template.Version,
        Name = template.Name,
        Description = template.Description,
        Categories = template.Categories,
        Depth = template.Depth.ToString().ToLowerInvariant(),
        Operations = template.Operations.Count,
        Auth = [.. template.Auth.Select(auth => auth.Id)],
    };
}
