using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>Writes requests from templates. Everything is escaped here and nowhere else, so that no argument can reach another path, add a parameter or a header, or leave the host.</summary>
internal static class RequestBuilder
{
    private static readonly SearchValues<char> NotInAddresses = SearchValues.Create("@?#\\ \t\r\n");

    private static readonly HashSet<string> NotOurs = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Proxy-Authorization", "Cookie", "Expect", "TE", "Trailer",
    };

    /// <summary>The first request of an operation.</summary>
    /// <exception cref="OutcomeException">An argument cannot be sent where it belongs.</exception>
    public static OutgoingRequest Build(ConnectorCall call)
    {
        var operation = call.Operation;
        var scope = call.Scope;
        var query = new List<(string, string)>();
        AddParameters(query, operation.Query, scope);
        var headers = new List<(string, string)>();
        AddAll(headers, operation.Headers, scope);
        if (call.Request.DryRun)
        {
            AddParameters(query, operation.DryRunQuery, scope);
            AddAll(headers, operation.DryRunHeaders, scope);
        }

        if (call.IsWrite && operation.Template.Idempotency?.Header is { } key)
        {
            headers.Add((key, call.SafeActionId));
        }

        foreach (var (name, value) in headers)
        {
            CheckHeader(name, value);
        }

        var (body, contentType) = BodyOf(operation, scope);
        return new OutgoingRequest
        {
            Method = new HttpMethod(operation.Template.Method),
            Path = operation.Path.FirstAbsent(scope) is { } absent
                ? operation.Owner.SecretFields.Contains(absent) ? null : throw OutcomeException.Invalid(absent, "is required.")
                : PathOf(operation.Path, scope),
            Query = query,
            Headers = headers,
            Body = body,
            // That of several parts names the boundary, which nobody else knows.
            ContentType = body is null ? null
                : operation.Multipart is not null ? contentType
                : headers.Find(header => header.Item1.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Item2 ?? contentType,
        };
    }

    private static (ReadOnlyMemory<byte>? Body, string? ContentType) BodyOf(CompiledOperation operation, TemplateScope scope) => operation switch
    {
        { Multipart: { } parts } => parts.Write(scope),
        { Xml: { } document } => (XmlBody.Write(document, scope), XmlBody.ContentType),
        { Body: { } form, Template.BodyFormat: BodyFormat.Form } => (form.Form(scope), "application/x-www-form-urlencoded"),
        { Body: { } body } => (body.Json(scope) ?? "{}"u8.ToArray(), "application/json"),
        _ => default,
    };

    /// <summary>The address of a request below an instance's address.</summary>
    public static Uri AddressOf(OutgoingRequest request, ConnectorCall call, Uri baseUrl)
    {
        if (request.Address is { } address)
        {
            return address;
        }

        var path = request.Path ?? PathOf(call.Operation.Path, call.Scope);
        var text = new StringBuilder(baseUrl.GetLeftPart(request.IsRooted ? UriPartial.Authority : UriPartial.Path).TrimEnd('/'));
        text.Append(path.StartsWith('/') ? "" : "/").Append(path);
        var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in request.Query)
        {
            text.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return new Uri(text.ToString(), UriKind.Absolute);
    }

    /// <summary>An instance's address.</summary>
    /// <exception cref="OutcomeException">It is none that may be used.</exception>
    public static Uri BaseUrlOf(CompiledOperation operation, ConnectorInstance instance, Credential? credential, bool allowHttp)
    {
        var template = operation.Owner;
        var connection = template.Template.Connection;
        var scope = new TemplateScope(template, instance, default, "", "") { Credential = credential };
        var text = (instance.BaseUrl is null ? operation.Template.BaseUrl : null) ?? credential?.BaseUrl?.AbsoluteUri ?? instance.BaseUrl ??
            (instance.Region is { } region && connection.Regions.TryGetValue(region, out var regional) ? regional : connection.BaseUrl);
        var address = new ValueTemplate(text).Text(scope, value => value.AsSpan().ContainsAny(NotInAddresses) ? throw NotConfigured("a field holds a character that no address has there") : value);
        if (address is null || !Uri.TryCreate(address, UriKind.Absolute, out var url) || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            throw NotConfigured("its address is incomplete");
        }

        return url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && allowHttp)
            ? url
            : throw NotConfigured("its address must begin with https:// (http only where the operator allows private addresses)");

        OutcomeException NotConfigured(string why) => OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{instance.Name}' cannot be used: {why}.");
    }

    private static string PathOf(ValueTemplate template, TemplateScope scope)
    {
        var path = template.Text(scope, static value => string.Join('/', value.Split(TemplateScope.Separator).Select(Uri.EscapeDataString)), inPath: true)
            ?? throw OutcomeException.Invalid(template.FirstAbsent(scope) ?? "arguments", "is required.");
        var end = path.IndexOf('?', StringComparison.Ordinal);
        return (end < 0 ? path : path[..end]).Split('/').Any(segment => segment is "." or "..")
            ? throw OutcomeException.Invalid("arguments", "an id must not be '.' or '..'.")
            : path;
    }

    private static void CheckHeader(string name, string value)
    {
        if (NotOurs.Contains(name))
        {
            throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The template sets the header {name}, which no template may.");
        }

        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw OutcomeException.Invalid("arguments", $"what goes into the header {name} must be printable ASCII characters.");
        }
    }

    private static void AddAll(List<(string, string)> found, (string Name, ValueTemplate Value)[] templates, TemplateScope scope)
    {
        foreach (var (name, template) in templates)
        {
            if (template.Text(scope) is { } value)
            {
                found.Add((name, value));
            }
        }
    }

    // A list that stands alone is one parameter for each of its items.
    private static void AddParameters(List<(string, string)> found, (string Name, ValueTemplate Value)[] templates, TemplateScope scope)
    {
        foreach (var (name, template) in templates)
        {
            switch (template.Value(scope))
            {
                case null:
                    break;
                case JsonArray items:
                    found.AddRange(items.OfType<JsonNode>().Select(item => (name, TextFunctions.TextOf(item))));
                    break;
                case var value:
                    found.Add((name, TextFunctions.TextOf(value)));
                    break;
            }
        }
    }
}
