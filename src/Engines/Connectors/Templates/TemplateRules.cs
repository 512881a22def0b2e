using System.Text.Json;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Templates;

/// <summary>One fault in a template.</summary>
/// <param name="Path">Where, as a JSON pointer.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record TemplateFault(string Path, string Message);

/// <summary>What a template must keep beyond its form: references that lead somewhere, placeholders that are known, bounds.</summary>
public static partial class TemplateRules
{
    // Imported interfaces have hundreds; an instance switches on what it needs, and the others are found by search.
    private const int MaxOperations = 5_000;

    /// <summary>The codes that an error may be given; those of <see cref="ActionFailed"/>.</summary>
    public static IReadOnlySet<string> ErrorCodes { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "invalid_argument", "not_configured", "not_found", "unauthenticated", "forbidden", "conflict", "rejected", "rate_limited", "unavailable", "timeout", "bad_response",
    };

    /// <summary>The faults; empty when it is valid.</summary>
    public static IReadOnlyList<TemplateFault> Check(ConnectorTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var faults = new Faults();
        faults.When(!Slug().IsMatch(template.Id), "/id", "must be 2 to 40 lower-case letters, digits and hyphens, beginning with a letter or digit.");
        faults.When(!SemanticVersion.TryParse(template.Version, out _), "/version", "must be a semantic version such as 1.0.0.");
        CheckTexts(template, faults);
        CheckConnection(template, faults);
        CheckAuth(template, faults);
        CheckOperations(template, faults);
        CheckVerification(template, faults);
        CheckSignals(template, faults);
        CheckLimits(template, faults);
        CheckWebhooks(template, faults);
        CheckFixtures(template, faults);
        return faults.Found;
    }

    private static void CheckTexts(ConnectorTemplate template, Faults faults)
    {
        faults.Text(template.Name, "/name", 80);
        faults.Text(template.Vendor, "/vendor", 80);
        faults.Text(template.Description, "/description", 300);
        faults.When(template.Docs.IsAbsoluteUri is false || template.Docs.Scheme != Uri.UriSchemeHttps, "/docs", "must be an https address.");
        faults.When(template.Categories.Count is < 1 or > 5, "/categories", "must be 1 to 5 categories.");
        foreach (var (category, at) in template.Categories.Select((category, at) => (category, at)))
        {
            faults.When(
                !TemplateCategories.All.Contains(category), $"/categories/{at}",
                $"'{category}' is no category; allowed are {string.Join(", ", TemplateCategories.All)}.");
        }

        foreach (var (region, at) in template.Residency.Select((region, at) => (region, at)))
        {
            faults.When(!Slug().IsMatch(region), $"/residency/{at}", "must be lower-case letters, digits and hyphens, such as eu or us-west.");
        }

        foreach (var (path, at) in template.Redact.Select((path, at) => (path, at)))
        {
            faults.When(ValuePath.Split(path) is not { Count: > 0 } parts || parts.Any(part => part.Length == 0), $"/redact/{at}", "must be the path of an argument or result member, such as description or items.*.email.");
        }

        faults.When(template.Mcp is not null && template.Kind != TemplateKind.Mcp, "/mcp", "is only for kind: mcp.");
        faults.When(template.Kind == TemplateKind.Mcp && template.Mcp is null, "/mcp", "is needed with kind: mcp.");
        faults.When(template.Mcp is { Transport: McpTransport.Stdio, Command.Count: 0 }, "/mcp/command", "is needed with transport: stdio.");
        CheckHeaders(template.Headers, "/headers", faults);
        if (template.Csrf is { } csrf)
        {
            faults.When(!csrf.Path.StartsWith('/') || csrf.Path.StartsWith("//", StringComparison.Ordinal) || csrf.Path.AsSpan().ContainsAny("?#\\ ") || csrf.Path.Contains('{', StringComparison.Ordinal), "/csrf/path", "must begin with one slash and hold no query and no placeholders.");
            faults.When(!HeaderName().IsMatch(csrf.Header), "/csrf/header", "must be a header's name.");
            faults.When(csrf.Ask.Length == 0 || csrf.Ask.Any(char.IsControl), "/csrf/ask", "must be a text.");
        }
    }

    private static void CheckHeaders(IReadOnlyDictionary<string, string> headers, string path, Faults faults)
    {
        foreach (var (name, value) in headers)
        {
            faults.When(!HeaderName().IsMatch(name), $"{path}/{LocatedDocument.Escape(name)}", "must be a header's name (RFC 9110): letters, digits and hyphens.");
            faults.When(value.Any(char.IsControl), $"{path}/{LocatedDocument.Escape(name)}", "must not contain control characters.");
        }
    }

    private static void CheckVerification(ConnectorTemplate template, Faults faults)
    {
        if (template.Kind == TemplateKind.Mcp)
        {
            return;
        }

        if (Find(template, template.Verify.Operation, "/verify/operation", faults, mustRead: true) is not { } operation)
        {
            return;
        }

        var arguments = template.Verify.Arguments ?? Empty;
        foreach (var error in Schema(operation)?.Validate(arguments) ?? [])
        {
            faults.Add($"/verify/arguments{error.Path}", $"{error.Message} The operation {operation.Id} is verified with these arguments and no others.");
        }

        faults.When(
            template.Verify.Identity is { } identity && operation.Output.Fields.Count > 0 && !Members(operation).Contains(ValuePath.Split(identity)[0]) && !operation.Output.List,
            "/verify/identity", $"must be a member of the result of {operation.Id}: {string.Join(", ", Members(operation))}.");
    }

    private static void CheckFixtures(ConnectorTemplate template, Faults faults)
    {
        foreach (var (fixture, at) in template.Fixtures.Select((fixture, at) => (fixture, at)))
        {
            var path = $"/fixtures/{at}";
            if (Find(template, fixture.Operation, $"{path}/operation", faults) is not { } operation)
            {
                continue;
            }

            faults.When(fixture.Result is null == fixture.Error is null, path, "must have either a result or an error.");
            faults.When(fixture.Error is { } code && !ErrorCodes.Contains(code), $"{path}/error", $"must be one of {string.Join(", ", ErrorCodes)}.");
            faults.When(fixture.Status is < 200 or > 599, $"{path}/status", "must be between 200 and 599.");
            faults.When(
                fixture.Request is { } request && !request.StartsWith(operation.Method + " /", StringComparison.Ordinal), $"{path}/request",
                $"must be the method and the path below the base URL, such as {operation.Method} {operation.Path}.");
            CheckHeaders(fixture.Headers, $"{path}/headers", faults);
            foreach (var error in fixture.Error == "invalid_argument" ? [] : Schema(operation)?.Validate(fixture.Arguments ?? Empty) ?? [])
            {
                faults.Add($"{path}/arguments{error.Path}", error.Message);
            }
        }
    }

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    private static OperationTemplate? Find(ConnectorTemplate template, string id, string path, Faults faults, bool mustRead = false)
    {
        var operation = template.Operations.FirstOrDefault(candidate => candidate.Id == id);
        if (operation is null)
        {
            faults.Add(path, $"there is no operation '{id}'; there are {string.Join(", ", template.Operations.Select(candidate => candidate.Id).Take(400))}.");
        }
        else if (mustRead && operation.Effect != OperationEffect.Read)
        {
            faults.Add(path, $"'{id}' must be an operation that reads.");
        }

        return operation;
    }

    /// <summary>The compiled schema of an operation's arguments; null when it does not compile, which is a fault of its own.</summary>
    private static JsonSchema? Schema(OperationTemplate operation)
    {
        try
        {
            return JsonSchema.Parse(InputSchema.Of(operation));
        }
        catch (SchemaException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Members(OperationTemplate operation) => [.. operation.Output.Fields.Keys, .. operation.Output.Values.Keys];

    private static void CheckPattern(string? pattern, string path, Faults faults)
    {
        if (pattern is null)
        {
            return;
        }

        try
        {
            _ = pattern.Length > 1000
                ? throw new ArgumentException("it is longer than 1,000 characters.")
                : new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            faults.Add(path, $"must be a regular expression without look-around and back-references: {exception.Message}");
        }
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{1,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Slug();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,4}\z", RegexOptions.CultureInvariant)]
    private static partial Regex OperationId();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameOfValue();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();

    /// <summary>Collects faults.</summary>
    private sealed class Faults
    {
        // A document of nothing but faults need not be answered with all of them.
        private const int Most = 100;

        private readonly List<TemplateFault> _found = [];

        public IReadOnlyList<TemplateFault> Found => _found;

        public void Add(string path, string message)
        {
            if (_found.Count < Most)
            {
                _found.Add(new TemplateFault(path, message));
            }
        }

        public void When(bool isWrong, string path, string message)
        {
            if (isWrong)
            {
                Add(path, message);
            }
        }

        public void Text(string value, string path, int longest) =>
            When(string.IsNullOrWhiteSpace(value) || value.Length > longest || value.Any(char.IsControl), path, $"must be a text of 1 to {longest} characters without line breaks.");

        /// <summary>Every placeholder must be known, and its functions must exist.</summary>
        public void Placeholders(string text, string path, HashSet<string> known)
        {
            foreach (var placeholder in TemplateText.Parse(text).Placeholders)
            {
                var name = placeholder.Name;
                When(
                    !known.Contains(name) && !(name.StartsWith("result.", StringComparison.Ordinal) && known.Contains("result.*")), path,
                    $"nothing is called '{name}' here; known are {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
                if (placeholder.Functions.FirstOrDefault(function => !TextFunctions.Exists(function)) is { } function)
                {
                    Add(path, $"'{function}' is no function; allowed are {string.Join(", ", TextFunctions.Names)}.");
                }
            }
        }

        /// <summary>The same for the texts of a JSON value.</summary>
        public void Placeholders(JsonElement value, string path, HashSet<string> known)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    Placeholders(value.GetString()!, path, known);
                    break;
                case JsonValueKind.Object:
                    foreach (var member in value.EnumerateObject())
                    {
                        Placeholders(member.Value, $"{path}/{LocatedDocument.Escape(member.Name)}", known);
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (var (item, at) in value.EnumerateArray().Select((item, at) => (item, at)))
                    {
                        Placeholders(item, $"{path}/{at}", known);
                    }

                    break;
                default:
                    break;
            }
        }
    }
}
