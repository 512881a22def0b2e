using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Makes one operation of a template from one of the document: parameters and body become one object of arguments.</summary>
internal sealed partial class OperationConverter(ImportLimits limits, SchemaConverter schemas, IReadOnlySet<string> credentials, IReadOnlyCollection<string> reserved, GapReport gaps, ImportWarnings warnings)
{
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase) { "Accept", "Content-Type", "Authorization", "Content-Length", "Host", "User-Agent", "Cookie", "Connection", "Transfer-Encoding" };

    private static readonly HashSet<string> CredentialWords = new(StringComparer.OrdinalIgnoreCase) { "token", "access_token", "accessToken", "api_key", "apikey", "api-key", "x-api-key", "auth_token", "authorization" };

    private static readonly string[] SuccessStatuses = ["200", "201", "202", "203", "2XX", "default"];

    private static readonly HashSet<string> KeyHeaders = new(StringComparer.OrdinalIgnoreCase) { "Idempotency-Key", "X-Idempotency-Key", "Idempotency-Token", "PayPal-Request-Id" };

    /// <summary>The operation; null when templates cannot say it, and a warning says why.</summary>
    public OperationTemplate? Convert(string id, string method, string path, string? baseUrl, IOpenApiPathItem item, OpenApiOperation source)
    {
        var call = new Call(id, method) { Budget = limits.MaxInputValues, Names = new ArgumentNames(reserved) };
        if (!Path(call, path))
        {
            return null;
        }

        foreach (var parameter in Parameters(item, source))
        {
            Parameter(call, parameter);
        }

        foreach (var name in call.PathNames.Where(name => !call.PathArguments.ContainsKey(name)).Distinct(StringComparer.Ordinal).ToList())
        {
            warnings.Add(id, "a part of the path is not declared as a parameter; it is taken for a text.");
            call.PathArguments[name] = Argument(call, name, "path", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 500 }, required: true);
        }

        if (!Body(call, source.RequestBody))
        {
            return null;
        }

        foreach (var (name, argument) in call.PathArguments)
        {
            call.Path = call.Path.Replace("{" + name + "}", "{" + argument + "}", StringComparison.Ordinal);
        }

        var (effect, fromWords) = EffectRules.Of(method, path, source);
        if (fromWords)
        {
            gaps.Add(GapArea.Effect, $"The method alone would say otherwise, but the words say that it is {(effect == OperationEffect.Read ? "a read" : effect == OperationEffect.Write ? "a write" : "destructive")}.", "Check the effect of each; a read is repeated at will.", GapReport.Json(effect), applied: true, operation: id);
        }

        var output = Output(id, method, source, out var responseHeaders, out var resultNames);
        var paging = effect == OperationEffect.Read ? PagingGuess.Of(call, source, output, responseHeaders, gaps) : null;
        if (paging is { Kind: not PaginationKind.None })
        {
            PagingGuess.TakeOver(call, paging);
            output = output with { Path = paging.Items ?? output.Path, List = true };
        }

        return new OperationTemplate
        {
            Id = id,
            Summary = Summary(source, method, path, resultNames),
            Method = method,
            BaseUrl = baseUrl,
            Path = call.Path,
            Query = call.Query,
            Headers = call.Headers,
            Body = call.Body is null ? null : JsonSerializer.SerializeToElement(call.Body),
            BodyFormat = call.Format,
            Parts = call.Parts,
            Input = Input(call),
            Choices = call.Choices,
            Output = AtPath(output),
            Effect = effect,
            Idempotency = effect != OperationEffect.Read && call.KeyHeader is { } header ? new IdempotencySpec { Header = header } : null,
            RequiresApproval = effect != OperationEffect.Read && PowerPlatform.IsTrue(source.Extensions, "x-ms-require-user-confirmation"),
            LongRunning = PowerPlatform.IsTrue(source.Extensions, "x-ms-long-running-operation")
                || (source.Responses is { } responses && responses.ContainsKey("202") && !responses.Keys.Any(status => status is "200" or "201" or "204")),
            Pagination = paging,
        };
    }

    private bool Path(Call call, string path)
    {
        var fragment = path.IndexOf('#', StringComparison.Ordinal);
        var whole = fragment < 0 ? path : path[..fragment];
        var question = whole.IndexOf('?', StringComparison.Ordinal);
        call.Path = question < 0 ? whole : whole[..question];
        if (!call.Path.StartsWith('/') || !ServerAddress.IsSafePath(call.Path))
        {
            warnings.Add(call.Id, "the path is no plain path below the base URL; the operation is left out.");
            return false;
        }

        foreach (var part in question < 0 ? [] : whole[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries).Take(20))
        {
            // Some documents tell operations apart by a query in the path.
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !part.Contains('{', StringComparison.Ordinal))
            {
                call.Query[Uri.UnescapeDataString(part[..equals])] = Uri.UnescapeDataString(part[(equals + 1)..]);
            }
        }

        foreach (var piece in call.Path.Split('{').Skip(1))
        {
            call.PathNames.Add(piece[..piece.IndexOf('}', StringComparison.Ordinal)]);
        }

        return true;
    }

    private static IEnumerable<IOpenApiParameter> Parameters(IOpenApiPathItem item, OpenApiOperation source)
    {
        var all = new Dictionary<(string, ParameterLocation?), IOpenApiParameter>();
        foreach (var parameter in (item.Parameters ?? []).Concat(source.Parameters ?? []))
        {
            if (parameter?.Name is { Length: > 0 and <= 200 } name)
            {
                all[(name, parameter.In)] = parameter;
            }
        }

        // What must be given comes first and keeps its name.
        return all.Values.OrderBy(parameter => parameter.In == ParameterLocation.Path ? 0 : parameter.Required ? 1 : 2).Take(200);
    }

    private void Parameter(Call call, IOpenApiParameter parameter)
    {
        var name = parameter.Name!;
        switch (parameter.In)
        {
            case ParameterLocation.Path:
                if (!call.PathNames.Contains(name))
                {
                    warnings.Add(call.Id, "a parameter of the path does not occur in it; it is left out.");
                    return;
                }

                call.PathArguments[name] = Argument(call, name, "path", Schema(call, parameter), required: true, parameter.Extensions, parameter.Schema?.Extensions);
                return;
            case ParameterLocation.Cookie:
                warnings.Add(call.Id, "a parameter in a cookie is left out.");
                return;
            case ParameterLocation.Header when OwnHeaders.Contains(name):
                return;
            case ParameterLocation.Header when KeyHeaders.Contains(name):
                call.KeyHeader = name;
                return;
            case ParameterLocation.Header or ParameterLocation.Query:
                break;
            default:
                warnings.Add(call.Id, "a parameter does not say where it goes; it is left out.");
                return;
        }

        if (credentials.Contains(name) || CredentialWords.Contains(name))
        {
            warnings.Add(call.Id, "a parameter that looks like a credential is no argument; the sign-in sends it.");
            return;
        }

        if (name.Any(c => c is '{' or '}' or '\r' or '\n' || char.IsControl(c)) || (parameter.In == ParameterLocation.Header && !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || !char.IsAsciiLetterOrDigit(name[0])))
        {
            warnings.Add(call.Id, "the name of a parameter has characters that are not allowed; it is left out.");
            return;
        }

        var into = parameter.In == ParameterLocation.Query ? call.Query : call.Headers;
        if (Constant(parameter.Extensions, parameter.Schema) is { } constant)
        {
            into[name] = constant is JsonValue value && value.TryGetValue<string>(out var text) ? text : constant.ToJsonString();
            return;
        }

        var argument = Argument(call, name, parameter.In == ParameterLocation.Query ? "query" : "header", Schema(call, parameter), parameter.Required, parameter.Extensions, parameter.Schema?.Extensions);
        into[name] = "{" + argument + "}";
        if (parameter.In == ParameterLocation.Query)
        {
            call.QueryArguments[name] = argument;
        }
    }

    private JsonObject Schema(Call call, IOpenApiParameter parameter)
    {
        var schema = parameter.Schema is { } own ? Converted(call, own)
            : parameter.Content is { Count: > 0 } ? new JsonObject { ["type"] = "string", ["description"] = "JSON as text." }
            : [];
        if (ImportText.Line(parameter.Description, limits.MaxText) is { } description)
        {
            schema["description"] = description;
        }

        return schema;
    }

    private JsonObject Converted(Call call, IOpenApiSchema schema)
    {
        var budget = call.Budget;
        var result = schemas.Convert(schema, call.Id, forInput: true, ref budget);
        call.Budget = budget;
        return result;
    }

    // What only the designer of a Power Automate flow would send: always its default.
    private static JsonNode? Constant(IDictionary<string, IOpenApiExtension>? extensions, IOpenApiSchema? schema)
    {
        var resolved = SchemaConverter.Resolve(schema);
        return (PowerPlatform.IsInternal(extensions) || PowerPlatform.IsInternal(resolved?.Extensions))
            && resolved?.Default is JsonValue value && value.ToJsonString() is { Length: <= 500 } text && !text.Contains('{', StringComparison.Ordinal) ? value.DeepClone() : null;
    }

    private static string Argument(Call call, string name, string place, JsonObject schema, bool required, params IDictionary<string, IOpenApiExtension>?[] extensions)
    {
        var argument = call.Names.Take(name, place);
        foreach (var source in extensions)
        {
            if (ImportText.Line(PowerPlatform.Text(source, "x-ms-summary"), 80) is { } title)
            {
                schema["title"] = title;
            }

            if (PowerPlatform.Choices(source) is { } choices)
            {
                call.Choices[argument] = choices;
            }
        }

        call.Properties[argument] = schema;
        if (required)
        {
            call.Required.Add(argument);
        }

        return argument;
    }

    private JsonElement? Input(Call call)
    {
        if (call.Properties.Count == 0)
        {
            return null;
        }

        foreach (var (name, schema) in call.Properties.ToList())
        {
            try
            {
                JsonSchema.Parse(JsonSerializer.SerializeToElement(schema));
            }
            catch (SchemaException exception)
            {
                warnings.Add(call.Id, $"the schema of an argument is not usable ({exception.Message}); anything is allowed.");
                call.Properties[name] = schema?["description"] is { } description ? new JsonObject { ["description"] = description.DeepClone() } : [];
            }
        }

        var input = new JsonObject { ["type"] = "object", ["properties"] = call.Properties };
        if (call.Required.Count > 0)
        {
            input["required"] = new JsonArray([.. call.Required.Where(call.Properties.ContainsKey).Distinct(StringComparer.Ordinal).Select(name => (JsonNode)name)]);
        }

        input["additionalProperties"] = false;
        return JsonSerializer.SerializeToElement(input);
    }

    private OutputSpec Output(string id, string method, OpenApiOperation source, out IReadOnlyCollection<string> headers, out IReadOnlyList<string> names)
    {
        (headers, names) = ([], []);
        var responses = source.Responses;
        var success = responses is null || method == "HEAD" ? null
            : SuccessStatuses.Select(status => responses.TryGetValue(status, out var answer) ? answer : null).FirstOrDefault(response => response?.Content is { Count: > 0 })
            ?? responses.FirstOrDefault(response => response.Key.StartsWith('2')).Value;
        if (success is null)
        {
            return new OutputSpec();
        }

        headers = [.. (success.Headers?.Keys ?? []).Take(50)];
        var schema = success.Content?.FirstOrDefault(media => IsJson(media.Key)).Value?.Schema;
        if (schema is null || schemas.Total > limits.MaxTemplateValues)
        {
            return new OutputSpec();
        }

        var budget = limits.MaxOutputValues;
        var written = schemas.Convert(schema, id, forInput: false, ref budget);
        if (written.Count == 0)
        {
            return new OutputSpec();
        }

        var list = written["type"] is JsonValue type && type.TryGetValue<string>(out var kind) && kind == "array";
        names = [.. (((list ? written["items"] : written)?["properties"] as JsonObject)?.Select(member => member.Key) ?? []).Where(name => name.Length <= 40).Take(12)];
        try
        {
            var element = JsonSerializer.SerializeToElement(written);
            JsonSchema.Parse(element);
            return new OutputSpec { List = list, Schema = element };
        }
        catch (SchemaException)
        {
            warnings.Add(id, "the schema of the result is not usable; it is left out.");
            return new OutputSpec { List = list };
        }
    }

    // The schema is of the value at the path.
    private static OutputSpec AtPath(OutputSpec output)
    {
        if (output.Path is null || output.Schema is not { } schema)
        {
            return output;
        }

        foreach (var part in ValuePath.Split(output.Path))
        {
            if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties) || !properties.TryGetProperty(part, out schema))
            {
                return output with { Schema = null };
            }
        }

        return output with { Schema = schema };
    }

    private string Summary(OpenApiOperation source, string method, string path, IReadOnlyList<string> resultNames)
    {
        var (summary, description) = (ImportText.Line(source.Summary, limits.MaxText), ImportText.Line(source.Description, limits.MaxText));
        var text = summary is null ? description ?? $"{method} {ImportText.Trim(path, 120)}" : summary;
        if (summary is { Length: < 100 } && description is not null && !description.StartsWith(summary.TrimEnd('.'), StringComparison.OrdinalIgnoreCase))
        {
            text = summary.TrimEnd('.') + ". " + description;
        }
        else if (summary is not null && description?.Length > summary.Length && description.StartsWith(summary.TrimEnd('.'), StringComparison.OrdinalIgnoreCase))
        {
            text = description;
        }

        text = ImportText.Trim(text, limits.MaxText);
        text = text[^1] is '.' or '…' or '?' or '!' ? text : text + ".";
        return (source.Deprecated ? "Deprecated. " : "") + text + (resultNames.Count == 0 ? "" : $" Result: {string.Join(", ", resultNames)}.");
    }

    private static string Media(string type) => type.Split(';')[0].Trim().ToLowerInvariant();

    private static bool IsJson(string type) => Media(type) is var media && (media is "application/json" or "text/json" or "*/*" or "application/*" || media.EndsWith("+json", StringComparison.Ordinal));

    /// <summary>An operation while it is put together.</summary>
    internal sealed class Call(string id, string method)
    {
        public string Id => id;

        public string Method => method;

        public string Path { get; set; } = "/";

        public List<string> PathNames { get; } = [];

        public Dictionary<string, string> PathArguments { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Query { get; } = new(StringComparer.Ordinal);

        /// <summary>The argument of each query parameter.</summary>
        public Dictionary<string, string> QueryArguments { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

        public JsonNode? Body { get; set; }

        public BodyFormat Format { get; set; }

        public List<PartSpec> Parts { get; } = [];

        public string? KeyHeader { get; set; }

        public JsonObject Properties { get; } = [];

        public List<string> Required { get; } = [];

        public Dictionary<string, ChoiceSpec> Choices { get; } = new(StringComparer.Ordinal);

        public int Budget { get; set; }

        public required ArgumentNames Names { get; init; }
    }
}
