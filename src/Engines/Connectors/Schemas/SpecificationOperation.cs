using System.Buffers;
using System.Text.Json;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>One operation of a document, in a form in which two versions can be compared.</summary>
internal sealed class SpecificationOperation
{
    private const int MaxParameters = 500;

    private static readonly string[] Places = ["query", "path", "header", "cookie", "formData"];

    private readonly JsonElement _document;
    private readonly JsonElement _path;

    /// <summary>An operation.</summary>
    /// <param name="document">The whole document.</param>
    /// <param name="path">The path's object, whose parameters hold for all of its methods.</param>
    /// <param name="method">The method.</param>
    /// <param name="template">The path.</param>
    /// <param name="value">The operation's object.</param>
    public SpecificationOperation(JsonElement document, JsonElement path, string method, string template, JsonElement value)
    {
        (_document, _path, Value) = (document, path, value);
        Name = $"{method.ToUpperInvariant()} {template}";
        Key = KeyOf(method, template);
        PathNames = [.. template.Split('{').Skip(1).Select(part => part.Split('}')[0])];
    }

    /// <summary>Method and path as the document writes them.</summary>
    public string Name { get; }

    /// <summary>Method and path without the names of what is in braces: another name is no other operation.</summary>
    public string Key { get; }

    /// <summary>The names in braces.</summary>
    public IReadOnlyList<string> PathNames { get; }

    /// <summary>The operation's object.</summary>
    public JsonElement Value { get; }

    /// <summary>The key of a method and a path.</summary>
    public static string KeyOf(string method, string path)
    {
        var segments = path.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return $"{method.ToUpperInvariant()} /{string.Join('/', segments.Select(Anonymous))}";

        static string Anonymous(string segment)
        {
            var pieces = segment.Split('{');
            return pieces[0] + string.Concat(pieces.Skip(1).Select(piece => piece.IndexOf('}', StringComparison.Ordinal) is >= 0 and var end ? "{}" + piece[(end + 1)..] : "{" + piece));
        }
    }

    /// <summary>The path of an address, which may have placeholders; empty when it has none.</summary>
    public static string PathOf(string address)
    {
        var from = address.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? address.IndexOf('/', scheme + 3) : 0;
        return from < 0 ? "" : address[from..].TrimEnd('/');
    }

    /// <summary>What is sent: <c>query</c>, <c>path</c>, <c>header</c>, <c>cookie</c> and <c>formData</c> with their parameters, <c>body</c>, and as <c>contentType</c> what the body may be.</summary>
    /// <param name="pathNames">How the parameters of the path are to be called, by place.</param>
    public JsonElement Arguments(IReadOnlyList<string> pathNames)
    {
        var parameters = Parameters();
        var (body, media, required) = Body(parameters);
        return Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("properties");
            foreach (var place in Places)
            {
                writer.WriteStartObject(place);
                var here = parameters.Where(parameter => parameter.Place == place).Select(parameter => parameter with { Name = place == "path" ? Called(parameter.Name, pathNames) : parameter.Name }).DistinctBy(parameter => parameter.Name).ToList();
                writer.WriteStartObject("properties");
                foreach (var parameter in here)
                {
                    writer.WritePropertyName(parameter.Name);
                    parameter.Schema.WriteTo(writer);
                }

                writer.WriteEndObject();
                Strings(writer, "required", here.Where(parameter => parameter.Required).Select(parameter => parameter.Name));
                writer.WriteEndObject();
            }

            if (body is { } schema)
            {
                writer.WritePropertyName("body");
                schema.WriteTo(writer);
                if (media.Count > 0)
                {
                    writer.WriteStartObject("contentType");
                    Strings(writer, "enum", media);
                    writer.WriteEndObject();
                }
            }

            writer.WriteEndObject();
            Strings(writer, "required", required ? ["body"] : []);
            writer.WriteEndObject();
        });
    }

    /// <summary>The schema of what a call that succeeds is answered with; one that allows anything when the document does not say.</summary>
    public JsonElement Result()
    {
        if (Member(Value, "responses") is not { ValueKind: JsonValueKind.Object } responses)
        {
            return Anything();
        }

        var success = responses.EnumerateObject().Where(response => response.Name.StartsWith('2')).OrderBy(response => response.Name, StringComparer.Ordinal)
            .Concat(responses.EnumerateObject().Where(response => response.Name == "default")).Select(response => Follow(response.Value)).FirstOrDefault();
        return Member(success, "schema") ?? Json(success).Schema ?? Anything();
    }

    private static JsonElement Anything() => Write(static writer =>
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    });

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory, new JsonDocumentOptions { MaxDepth = 256 });
        return document.RootElement.Clone();
    }

    private static void Strings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private string Called(string name, IReadOnlyList<string> pathNames)
    {
        for (var place = 0; place < PathNames.Count && place < pathNames.Count; place++)
        {
            if (PathNames[place] == name)
            {
                return pathNames[place];
            }
        }

        return name;
    }

    private (JsonElement? Schema, IReadOnlyList<string> Media, bool Required) Body(IReadOnlyList<Parameter> parameters)
    {
        if (parameters.FirstOrDefault(parameter => parameter.Place == "body") is { } body)
        {
            return (body.Schema, [], body.Required);
        }

        if (Member(Value, "requestBody") is not { } request)
        {
            return (null, [], false);
        }

        var followed = Follow(request);
        var (schema, media) = Json(followed);
        return (schema ?? Anything(), media, Member(followed, "required") is { ValueKind: JsonValueKind.True });
    }

    // That of JSON where there is one, and of what comes first otherwise.
    private static (JsonElement? Schema, IReadOnlyList<string> Media) Json(JsonElement holder)
    {
        if (Member(holder, "content") is not { ValueKind: JsonValueKind.Object } content)
        {
            return (null, []);
        }

        var media = content.EnumerateObject().ToList();
        var best = media.OrderBy(type => type.Name.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ? 0 : type.Name.Contains("json", StringComparison.OrdinalIgnoreCase) ? 1 : 2)
            .Select(type => Member(type.Value, "schema")).FirstOrDefault();
        return (best, [.. media.Select(type => type.Name)]);
    }

    private IReadOnlyList<Parameter> Parameters()
    {
        // What the operation says goes before what its path says.
        var found = new Dictionary<(string, string), Parameter>();
        foreach (var holder in new[] { _path, Value })
        {
            foreach (var item in Member(holder, "parameters") is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray().Take(MaxParameters).ToList() : [])
            {
                var parameter = Follow(item);
                if (Member(parameter, "name") is { ValueKind: JsonValueKind.String } name && Member(parameter, "in") is { ValueKind: JsonValueKind.String } place)
                {
                    // Names of headers are the same in any case.
                    var text = place.ValueEquals("header") ? name.GetString()!.ToLowerInvariant() : name.GetString()!;
                    found[(place.GetString()!, text)] = new Parameter(
                        place.GetString()!, text, Member(parameter, "schema") ?? Json(parameter).Schema ?? parameter, Member(parameter, "required") is { ValueKind: JsonValueKind.True });
                }
            }
        }

        return [.. found.Values];
    }

    private JsonElement Follow(JsonElement value)
    {
        for (var hops = 0; hops < 8 && Member(value, "$ref") is { ValueKind: JsonValueKind.String } reference; hops++)
        {
            value = SchemaReferences.Resolve(_document, reference.GetString()!);
        }

        return value;
    }

    private static JsonElement? Member(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : null;

    private sealed record Parameter(string Place, string Name, JsonElement Schema, bool Required);
}
