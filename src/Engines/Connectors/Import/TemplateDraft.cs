using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Puts a draft template together from a document that was read.</summary>
internal sealed partial class TemplateDraft(OpenApiDocument document, JsonObject content, ImportLimits limits, ImportWarnings warnings)
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    private readonly GapReport _gaps = new();
    private readonly HashSet<string> _notForTests = new(StringComparer.Ordinal);

    public IReadOnlyList<ImportGap> Gaps => _gaps.List;

    public int OperationsInDocument { get; private set; }

    public ConnectorTemplate Make(string? templateId)
    {
        var sources = Sources();
        OperationsInDocument = sources.Count;
        var servers = Servers(sources);
        var connection = ServerAddress.Of(servers, _gaps, warnings);
        var signIns = new SignIns(document, _gaps, warnings);
        var auth = signIns.Read(sources.Select(source => source.Operation), sources.SelectMany(source => (source.Item.Parameters ?? []).Concat(source.Operation.Parameters ?? [])));
        connection = connection with { Fields = [.. connection.Fields, .. signIns.ConnectionFields] };
        var operations = Operations(sources, connection, signIns);
        GapsOfOperations(operations);
        var name = ImportText.Line(document.Info?.Title, 80) ?? "Imported API";
        var about = DescriptionGuess.Of(document, connection, name, _gaps);
        return new ConnectorTemplate
        {
            Id = templateId ?? Slug(name),
            Version = Version(document.Info?.Version),
            Name = name,
            Vendor = about.Vendor,
            Categories = about.Categories,
            Docs = about.Docs,
            Description = ImportText.Line(document.Info?.Summary ?? document.Info?.Description, limits.MaxText) ?? $"The interface of {name}.",
            Connection = connection,
            Auth = auth,
            Verify = VerificationGuess.Of(operations, _notForTests, _gaps),
            Errors = ErrorGuess.Of(sources.Select(source => source.Operation), _gaps),
            Operations = operations,
        };
    }

    private List<Source> Sources()
    {
        var sources = new List<Source>();
        foreach (var (path, item) in document.Paths ?? [])
        {
            foreach (var (method, operation) in item?.Operations ?? [])
            {
                if (operation is null)
                {
                    continue;
                }

                var name = method.Method.ToUpperInvariant();
                if (Array.IndexOf(Methods, name) < 0)
                {
                    warnings.Add($"{name} {path}", "the method is not supported; the operation is left out.");
                }
                else if (sources.Count == limits.MaxOperations)
                {
                    warnings.Add("/paths", $"more than {limits.MaxOperations} operations; the others are left out.");
                    return sources;
                }
                else
                {
                    sources.Add(new Source(path, item!, name, operation));
                }
            }
        }

        return sources;
    }

    // Some documents name the address with each path only.
    private List<OpenApiServer> Servers(List<Source> sources)
    {
        var own = (document.Servers ?? []).Where(server => server.Url is { Length: > 1 }).ToList();
        return own.Count > 0
            ? own
            : sources.SelectMany(source => source.Servers).GroupBy(server => server.Url, StringComparer.Ordinal).OrderByDescending(group => group.Count()).Select(group => group.First()).Take(1)
                .DefaultIfEmpty(document.Servers?.FirstOrDefault()).OfType<OpenApiServer>().ToList();
    }

    private List<OperationTemplate> Operations(List<Source> sources, ConnectionSpec connection, SignIns signIns)
    {
        var names = new OperationNames();
        var byDocumentId = new Dictionary<string, string>(StringComparer.Ordinal);
        var operations = new List<OperationTemplate>();
        var converter = new OperationConverter(limits, new SchemaConverter(limits, warnings), signIns.CredentialNames, [.. connection.Fields.Select(field => field.Name)], _gaps, warnings);
        foreach (var source in sources)
        {
            var id = names.Name(source.Operation.OperationId, source.Method, source.Path);
            if (source.Operation.Extensions?.ContainsKey("x-ms-trigger") == true)
            {
                warnings.Add(id, "a trigger of Power Automate, which is a webhook or a poll and no operation; it is left out.");
                _gaps.Add(GapArea.Webhook, "The document has triggers.", "A webhook of the template can stand for each: write how its sender is verified.", operation: id);
                continue;
            }

            // A relative address is below the document's; the package has put nothing in its place.
            var address = source.Servers.Select(server => ServerAddress.Of([server], new GapReport(), new ImportWarnings())).FirstOrDefault(other => other is { SelfHosted: false });
            if (address is { Fields.Count: > 0 } && address.BaseUrl != connection.BaseUrl)
            {
                warnings.Add(id, "goes to an address of its own with parts to fill in; it is left out.");
                _gaps.Add(GapArea.Address, "Some operations go to another address.", "Import them as a template of their own.", operation: id);
                continue;
            }

            var other = address is not null && address.BaseUrl != connection.BaseUrl ? address.BaseUrl : null;
            if (converter.Convert(id, source.Method, source.Path, other, source.Item, source.Operation) is not { } operation)
            {
                continue;
            }

            operations.Add(operation);
            Notes(source.Operation, id);
            if (source.Operation.OperationId is { Length: > 0 } original)
            {
                byDocumentId.TryAdd(original, id);
            }
        }

        return Linked(operations, byDocumentId);
    }

    private void Notes(OpenApiOperation source, string id)
    {
        if (PowerPlatform.IsTrue(source.Extensions, "x-ms-no-generic-test"))
        {
            _notForTests.Add(id);
        }

        if (PowerPlatform.IsInternal(source.Extensions))
        {
            warnings.Add(id, "is meant for other operations (x-ms-visibility: internal); leave it switched off for agents.");
        }

        if (source.Callbacks is { Count: > 0 })
        {
            _gaps.Add(GapArea.Webhook, "Some operations have callbacks.", "A webhook of the template can stand for each: write how its sender is verified.", operation: id);
        }

        var headers = (source.Responses?.Values ?? Enumerable.Empty<IOpenApiResponse>()).SelectMany(response => response?.Headers?.Keys ?? []).ToList();
        if (headers.Exists(header => header.Contains("ratelimit", StringComparison.OrdinalIgnoreCase) || header.Contains("rate-limit", StringComparison.OrdinalIgnoreCase)))
        {
            string? Header(string word) => headers.Find(header => header.EndsWith(word, StringComparison.OrdinalIgnoreCase));
            _gaps.Add(GapArea.Limits, "Answers have headers with limits.", "Add a limit with these headers, the window and the number of the vendor's documentation, and check how the reset is written.",
                GapReport.Json(new LimitHeaders { Limit = Header("limit"), Remaining = Header("remaining"), Reset = Header("reset") }), operation: id);
        }
    }

    // Hints name operations as the document does.
    private List<OperationTemplate> Linked(List<OperationTemplate> operations, Dictionary<string, string> byDocumentId)
    {
        var reads = operations.Where(operation => operation.Effect == OperationEffect.Read).Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. operations.Select(operation =>
            {
                if (operation.Choices.Count == 0)
                {
                    return operation;
                }

                var choices = new Dictionary<string, ChoiceSpec>(StringComparer.Ordinal);
                foreach (var (argument, choice) in operation.Choices)
                {
                    if (byDocumentId.TryGetValue(choice.Operation, out var id) && reads.Contains(id))
                    {
                        choices[argument] = choice with { Operation = id };
                    }
                    else
                    {
                        warnings.Add(operation.Id, "the values of an argument come from an operation that is no read of this document; the hint is left out.");
                    }
                }

                return operation with { Choices = choices };
            }),
        ];
    }

    private void GapsOfOperations(List<OperationTemplate> operations)
    {
        _gaps.Add(GapArea.Limits, "The document does not say how many calls the system takes.", "Add limits from the vendor's documentation. Until then only the system's own 429 answers slow calls down.");
        _gaps.Add(GapArea.Retry, "The document does not say which failures may be tried again.", "The draft repeats reads after 429, 502, 503 and 504, at most twice.", GapReport.Json(new RetrySpec().Statuses), applied: true);
        foreach (var operation in operations.Where(operation => operation.Effect != OperationEffect.Read && operation.Idempotency is null))
        {
            if (operation.Method is "PUT" or "DELETE")
            {
                _gaps.Add(GapArea.Idempotency, "PUT and DELETE should be the same whether done once or twice (RFC 9110, 9.2.2).", "Where the vendor keeps to it, set idempotency.natural, so that a lost answer can be tried again.", GapReport.Json(new IdempotencySpec { Natural = true }), operation: operation.Id);
            }
            else
            {
                _gaps.Add(GapArea.Idempotency, "Nothing keeps a repetition of these from acting twice.", "Name a header or a unique field that takes the action's id, or how to look an attempt up (reconcile). Without either they are never tried again.", operation: operation.Id);
            }
        }

        if (document.Webhooks is { Count: > 0 } webhooks)
        {
            _gaps.Add(GapArea.Webhook, $"The document describes {webhooks.Count} events that the system sends, such as {ImportText.Trim(string.Join(", ", webhooks.Keys.Take(5)), 200)}.", "Write a webhook with the vendor's way of verification; the document does not say how a sender proves who it is.");
        }
        else if (content["x-webhooks"] is not null)
        {
            _gaps.Add(GapArea.Webhook, "The document describes events in x-webhooks.", "Write a webhook with the vendor's way of verification.");
        }
        else
        {
            _gaps.Add(GapArea.Webhook, "The document says nothing about events that the system sends.", "Look in the vendor's documentation for webhooks.");
        }
    }

    private string Version(string? version)
    {
        if (SemanticVersion.TryParse(version, out var known))
        {
            return known.ToString();
        }

        var numbers = Numbers().Matches(ImportText.Trim(version ?? "", 60)).Select(match => match.Value.TrimStart('0')).Select(number => number.Length == 0 ? "0" : number).Where(number => number.Length <= 9).Take(3).ToList();
        var derived = numbers.Count == 0 ? "1.0.0" : string.Join('.', numbers.Concat(["0", "0"]).Take(3));
        _gaps.Add(GapArea.Description, "The document's version is no semantic version.", "The draft has one that was derived from it.", GapReport.Json(derived), applied: true);
        return derived;
    }

    private static string Slug(string name)
    {
        var slug = string.Join('-', ImportText.Words(name).Where(word => word is not ("api" or "rest" or "openapi" or "the" or "specification")));
        slug = slug.Length > 40 ? slug[..40].TrimEnd('-') : slug;
        return slug.Length >= 2 ? slug : "imported-api";
    }

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();

    private sealed record Source(string Path, IOpenApiPathItem Item, string Method, OpenApiOperation Operation)
    {
        public IEnumerable<OpenApiServer> Servers => (Operation.Servers is { Count: > 0 } own ? own : Item.Servers ?? []).Where(server => server?.Url is { Length: > 1 });
    }
}
