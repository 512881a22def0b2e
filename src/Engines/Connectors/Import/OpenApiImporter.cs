using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Makes a draft template from a description of an interface: Swagger 2.0, OpenAPI 3.0 or 3.1, JSON or YAML. Reads nothing but the text that it is given: references
/// to other documents are warnings. Faults of the document are warnings too, as long as there is something to take over. Safe for concurrent use.
/// </summary>
public sealed class OpenApiImporter(ImportLimits? limits = null)
{
    private static readonly Uri Nowhere = new("https://document.invalid/");

    private readonly ImportLimits _limits = limits ?? new ImportLimits();

    /// <summary>Makes a draft.</summary>
    /// <param name="utf8">The document, UTF-8.</param>
    /// <param name="file">How errors name it.</param>
    /// <param name="templateId">The draft's id; from the document's title when null.</param>
    /// <exception cref="DefinitionException">It is no such document, is beyond the limits, or describes no operation that a template can say.</exception>
    public ImportResult Import(ReadOnlyMemory<byte> utf8, string file, string? templateId = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        var started = Stopwatch.GetTimestamp();
        var (root, values) = DocumentText.Read(utf8.Span, file, _limits);
        if (root is not JsonObject content)
        {
            throw new DefinitionException(file, 1, "not a description of an interface: it must be an object with 'openapi' or 'swagger'.");
        }

        var specification = Specification(content, file);
        var warnings = new ImportWarnings();
        var scrubber = new DocumentScrubber(content, warnings);
        scrubber.Run();
        var document = Read(content, file, warnings);
        var draft = new TemplateDraft(document, content, _limits, warnings);
        var template = draft.Make(templateId);
        if (template.Operations.Count == 0)
        {
            throw new DefinitionException(file, 1, scrubber.RemoteReferences > 0
                ? $"there is no operation to take over: {scrubber.RemoteReferences} references lead to other documents, which are never read. Bundle the document into one file first."
                : "there is no operation to take over." + (warnings.List.Count > 0 ? " " + warnings.List[0] : ""));
        }

        if (template.Verify.Operation.Length == 0)
        {
            throw new DefinitionException(file, 1, "there is no operation that reads, with which address and credentials could be verified.");
        }

        if (TemplateRules.Check(template) is { Count: > 0 } faults)
        {
            throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, 1, $"the draft has a fault at {fault.Path}: {fault.Message}"))]);
        }

        return new ImportResult
        {
            Template = template,
            Gaps = draft.Gaps,
            Warnings = warnings.List,
            Figures = new ImportFigures(specification, utf8.Length, values, draft.OperationsInDocument, template.Operations.Count, warnings.Count, Stopwatch.GetElapsedTime(started)),
        };
    }

    private static string Specification(JsonObject content, string file)
    {
        var (name, version) = content["openapi"] is JsonValue open ? ("openapi", open.ToString()) : content["swagger"] is JsonValue swagger ? ("swagger", swagger.ToString()) : ("", "");
        // In YAML the version is often a number.
        var known = name switch
        {
            "openapi" when version.StartsWith("3.0", StringComparison.Ordinal) || version == "3" => "3.0",
            "openapi" when version.StartsWith("3.1", StringComparison.Ordinal) => "3.1",
            "swagger" when version is "2.0" or "2" => "2.0",
            _ => throw new DefinitionException(file, 1, name.Length == 0
                ? "not a description of an interface: neither 'openapi' nor 'swagger' says its version."
                : $"the version {name} {ImportText.Trim(version, 40)} is not supported; allowed are swagger 2.0, openapi 3.0 and 3.1."),
        };
        content[name] = known == "2.0" ? "2.0" : known + ".0";
        return $"{name} {known}";
    }

    private static OpenApiDocument Read(JsonObject content, string file, ImportWarnings warnings)
    {
        // No rules: they walk every schema along every reference, and all that they find are warnings here.
        var settings = new OpenApiReaderSettings { LoadExternalRefs = false, CustomExternalLoader = new NoLoader(), RuleSet = new ValidationRuleSet() };
        ReadResult result;
        try
        {
            result = new OpenApiJsonReader().Read(content, Nowhere, settings);
        }
        catch (Exception e) when (e is OpenApiException or InvalidOperationException or ArgumentException or FormatException or InvalidCastException or NullReferenceException or KeyNotFoundException or System.Text.Json.JsonException or OverflowException or NotSupportedException)
        {
            // The reader's slips on values of the wrong type.
            throw new DefinitionException(file, 1, "not a valid description of an interface: " + ImportText.Trim(e.Message, 200));
        }

        foreach (var error in result.Diagnostic?.Errors ?? [])
        {
            warnings.Add(error.Pointer ?? "", error.Message);
        }

        foreach (var warning in result.Diagnostic?.Warnings ?? [])
        {
            warnings.Add(warning.Pointer ?? "", warning.Message);
        }

        return result.Document ?? throw new DefinitionException(file, 1, "not a valid description of an interface." + (warnings.List.Count > 0 ? " " + warnings.List[0] : ""));
    }

    private sealed class NoLoader : IStreamLoader
    {
        public Task<Stream> LoadAsync(Uri baseUrl, Uri uri, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("References to other documents are never followed.");
    }
}
