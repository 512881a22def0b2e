using System.Text;
using Orleans.Concurrency;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>Shows the templates that ship with this silo. Holds nothing.</summary>
[StatelessWorker(4)]
internal sealed class ConnectorCatalogGrain(OpenApiImporter importer, TemplateLibrary library) : StewardGrain, IConnectorCatalogGrain
{
    private const int MaxQueryLength = 200;
    private const int MaxDocumentLength = 8 * 1024 * 1024;
    private const int MaxSelected = 500;

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConnectorTemplateInfo>> List(string? query, CancellationToken cancellationToken = default)
    {
        if (query is { Length: > MaxQueryLength })
        {
            throw StewardException.Invalid("q", $"must have at most {MaxQueryLength} characters.");
        }

        var words = (query ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Task.FromResult<IReadOnlyList<ConnectorTemplateInfo>>([.. library.Ids.Select(id => Describe(library.Find(id)!.Template)).Where(template => words.All(word => Has(template, word)))]);
    }

    /// <inheritdoc/>
    public Task<ConnectorTemplateText?> Get(string templateId, CancellationToken cancellationToken = default) => Task.FromResult(
        library.Find(templateId) is { } found ? new ConnectorTemplateText { TemplateId = templateId, Hash = found.Hash, Text = found.Text } : null);

    /// <inheritdoc/>
    public Task<ConnectorTemplateDraft> Import(string document, CancellationToken cancellationToken = default) => ImportSome(document, [], cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorTemplateDraft> ImportSome(string document, IReadOnlyList<string> operations, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (operations.Count > MaxSelected)
        {
            throw StewardException.Invalid("operations", $"must be at most {MaxSelected}.");
        }

        return document.Length is > 0 and <= MaxDocumentLength
            ? Task.Run(() => Draft(document, operations), cancellationToken)
            : throw StewardException.Invalid("document", $"must have 1 to {MaxDocumentLength} characters.");
    }

    /// <inheritdoc/>
    public Task<SpecificationComparison> CompareSpecifications(CompareSpecifications command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return SpecificationComparer.CompareAsync(command, null, cancellationToken);
    }

    // Seconds of work for large documents: beside the grain's scheduler.
    private ConnectorTemplateDraft Draft(string document, IReadOnlyList<string> operations)
    {
        try
        {
            var draft = importer.Import(Encoding.UTF8.GetBytes(document), "document");
            var template = DraftSelection.Keep(draft.Template, operations);
            var text = TemplateWriter.Write(template);
            IReadOnlyList<string> tooLong = text.Length <= ConnectorSettings.MaxTemplateLength
                ? []
                : [$"The draft has {text.Length} characters, and a connector takes at most {ConnectorSettings.MaxTemplateLength}: import it with the operations that you need."];
            return new ConnectorTemplateDraft
            {
                Text = text,
                Operations = template.Operations.Count,
                Gaps = [.. draft.Gaps.Select(gap => $"{gap.Area}: {gap.Message} {gap.Advice}")],
                Warnings = [.. tooLong, .. draft.Warnings.Select(warning => warning.ToString())],
            };
        }
        catch (DefinitionException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, string.Join(" ", exception.Errors.Take(10)), exception) { Field = "document" };
        }
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
        Regions = [.. template.Connection.Regions.Keys],
        Residency = template.Residency,
    };
}
