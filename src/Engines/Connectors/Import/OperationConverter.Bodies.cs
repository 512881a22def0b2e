using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <content>Bodies of requests: JSON before forms before forms in parts.</content>
internal sealed partial class OperationConverter
{
    // As many as a template may have, and as much of a file as the arguments of a call may hold.
    private const int MaxParts = 20;
    private const int MaxFile = 180_000;

    private static readonly SearchValues<char> NotInOneType = SearchValues.Create(",*{} \r\n\"");

    private bool Body(Call call, IOpenApiRequestBody? body)
    {
        if (body?.Content is not { Count: > 0 } content)
        {
            return true;
        }

        if (call.Method is "GET" or "HEAD")
        {
            warnings.Add(call.Id, "a GET with a body is not sent as one; the body is left out.");
            return true;
        }

        var chosen = content.FirstOrDefault(media => IsJson(media.Key));
        chosen = chosen.Key is not null ? chosen : content.FirstOrDefault(media => Media(media.Key) == "application/x-www-form-urlencoded");
        chosen = chosen.Key is not null ? chosen : content.FirstOrDefault(media => Media(media.Key) == "multipart/form-data");
        if (chosen.Key is null)
        {
            if (!body.Required && call.Method == "DELETE")
            {
                return true;
            }

            warnings.Add(call.Id, $"a body of {ImportText.Trim(string.Join(", ", content.Keys.Take(3)), 100)} cannot be written; the operation is left out.");
            return false;
        }

        call.Format = IsJson(chosen.Key) ? BodyFormat.Json : Media(chosen.Key) == "multipart/form-data" ? BodyFormat.Multipart : BodyFormat.Form;
        var schema = chosen.Value?.Schema;
        var written = schema is null ? [] : Converted(call, schema);
        if (written["properties"] is JsonObject { Count: > 0 } properties && written["anyOf"] is null && written["additionalProperties"] is not JsonObject
            && (written["type"] is not JsonValue type || type.GetValue<string>() == "object"))
        {
            if (call.Format == BodyFormat.Multipart)
            {
                return InParts(call, chosen.Value!, SchemaConverter.Resolve(schema)!, written, properties, body.Required);
            }

            Flatten(call, SchemaConverter.Resolve(schema)!, written, properties, body.Required);
            return true;
        }

        if (call.Format != BodyFormat.Json)
        {
            warnings.Add(call.Id, $"a form ({Media(chosen.Key)}) without named fields cannot be written; the operation is left out.");
            return false;
        }

        if (ImportText.Line(body.Description, limits.MaxText) is { } description && !written.ContainsKey("description"))
        {
            written["description"] = description;
        }

        var whole = Argument(call, "body", "request", written, body.Required, body.Extensions, SchemaConverter.Resolve(schema)?.Extensions);
        call.Body = "{" + whole + "}";
        return true;
    }

    private static void Flatten(Call call, IOpenApiSchema schema, JsonObject written, JsonObject properties, bool required)
    {
        var needed = Needed(written);
        var members = new JsonObject();
        foreach (var (name, value) in properties.ToList())
        {
            if (name.Contains('{', StringComparison.Ordinal) || name.Contains('}', StringComparison.Ordinal))
            {
                continue;
            }

            properties.Remove(name);
            var source = Property(schema, name, 0);
            members[name] = Constant(source?.Extensions, source) is { } constant
                ? constant
                : "{" + Argument(call, name, "body", value as JsonObject ?? [], required && needed.Contains(name), source?.Extensions) + "}";
        }

        call.Body = members;
    }

    // Files are arguments as base64, each with a name; objects are JSON, all else is text (OpenAPI 3.1, 4.8.15.1). A list would be a part for each of its items, which no template says.
    private bool InParts(Call call, OpenApiMediaType media, IOpenApiSchema schema, JsonObject written, JsonObject properties, bool required)
    {
        var needed = Needed(written);
        var ordered = properties.Where(property => !property.Key.AsSpan().ContainsAny("{}\r\n\"")).OrderBy(property => needed.Contains(property.Key) ? 0 : 1).ToList();
        var files = ordered.Count(property => IsFile(Property(schema, property.Key, 0)));
        foreach (var (name, value) in ordered)
        {
            properties.Remove(name);
            var (source, isNeeded) = (Property(schema, name, 0), required && needed.Contains(name));
            var type = media.Encoding is { } encodings && encodings.TryGetValue(name, out var encoding) && IsConcrete(encoding.ContentType) ? encoding.ContentType!.Trim() : null;
            var part = call.Parts.Count >= MaxParts ? null
                : Constant(source?.Extensions, source) is { } constant ? new PartSpec { Name = name, Text = constant is JsonValue single && single.TryGetValue<string>(out var text) ? text : constant.ToJsonString(), ContentType = type }
                : IsFile(source) ? FilePart(call, name, value as JsonObject ?? [], source, type, isNeeded, files == 1)
                : OtherPart(call, name, value as JsonObject ?? [], source, type, isNeeded);
            if (part is not null)
            {
                call.Parts.Add(part);
            }
            else if (isNeeded)
            {
                warnings.Add(call.Id, "a required field of a form in parts is a list, or one too many, and cannot be written; the operation is left out.");
                return false;
            }
            else
            {
                warnings.Add(call.Id, "a field of a form in parts is a list, or one too many; it is left out.");
            }
        }

        if (call.Parts.Count == 0)
        {
            warnings.Add(call.Id, "a form in parts has no field that can be written; the operation is left out.");
        }

        return call.Parts.Count > 0;
    }

    private PartSpec FilePart(Call call, string name, JsonObject written, IOpenApiSchema? source, string? type, bool required, bool isOnly)
    {
        if (source?.Type?.HasFlag(JsonSchemaType.Array) == true)
        {
            warnings.Add(call.Id, "a form takes several files in one field; one can be sent.");
        }

        var about = written["description"] is JsonValue description ? ImportText.Trim(description.GetValue<string>().TrimEnd('.'), 150) + ". " : "";
        var content = Argument(call, name, "body", new JsonObject { ["type"] = "string", ["description"] = about + "The file's bytes as base64.", ["minLength"] = 1, ["maxLength"] = MaxFile }, required, source?.Extensions);

        // A name makes a file of it: without one most servers would take the bytes for a text.
        var fileNameSchema = new JsonObject { ["type"] = "string", ["description"] = "The file's name.", ["minLength"] = 1, ["maxLength"] = 200 };
        if (!required)
        {
            fileNameSchema["default"] = ArgumentNames.Safe(name);
        }

        var fileName = Argument(call, isOnly ? "fileName" : name + "_name", "body", fileNameSchema, required);
        if (type is not null)
        {
            return new PartSpec { Name = name, Base64 = "{" + content + "}", FileName = "{" + fileName + "}", ContentType = type };
        }

        var contentType = Argument(
            call,
            isOnly ? "contentType" : name + "_type",
            "body",
            new JsonObject { ["type"] = "string", ["description"] = "The file's media type, such as text/plain.", ["maxLength"] = 100, ["default"] = "application/octet-stream" },
            required: false);
        return new PartSpec { Name = name, Base64 = "{" + content + "}", FileName = "{" + fileName + "}", ContentType = "{" + contentType + "}" };
    }

    private static PartSpec? OtherPart(Call call, string name, JsonObject written, IOpenApiSchema? source, string? type, bool required)
    {
        var isObject = source?.Type?.HasFlag(JsonSchemaType.Object) == true || source?.Properties is { Count: > 0 } || written["properties"] is not null || written["allOf"] is not null;
        if (source?.Type?.HasFlag(JsonSchemaType.Array) == true && (type is null || !IsJson(type)))
        {
            return null;
        }

        var value = "{" + Argument(call, name, "body", written, required, source?.Extensions) + "}";
        return isObject || (type is not null && IsJson(type))
            ? new PartSpec { Name = name, Json = JsonSerializer.SerializeToElement(value), ContentType = type is not null && IsJson(type) ? null : type }
            : new PartSpec { Name = name, Text = value, ContentType = type };
    }

    private static HashSet<string> Needed(JsonObject written) =>
        (written["required"] as JsonArray)?.Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];

    // "binary" up to OpenAPI 3.0 and Swagger's "file"; from 3.1 on a media type for the content.
    private static bool IsFile(IOpenApiSchema? schema, int depth = 0)
    {
        if (schema is null || depth > 1)
        {
            return false;
        }

        return schema.Type?.HasFlag(JsonSchemaType.Array) == true
            ? IsFile(SchemaConverter.Resolve(schema.Items), depth + 1)
            : schema.Format == "binary"
                || (schema.Type?.HasFlag(JsonSchemaType.String) != false && schema is IOpenApiSchemaMissingProperties { ContentMediaType.Length: > 0, ContentEncoding: null or "" });
    }

    private static bool IsConcrete(string? type) => type is { Length: > 0 and <= 100 } && type.Contains('/', StringComparison.Ordinal) && !type.AsSpan().ContainsAny(NotInOneType) && type.All(char.IsAscii);

    private static IOpenApiSchema? Property(IOpenApiSchema schema, string name, int depth)
    {
        if (depth > 4)
        {
            return null;
        }

        return schema.Properties is { } properties && properties.TryGetValue(name, out var property)
            ? SchemaConverter.Resolve(property)
            : (schema.AllOf ?? []).Select(part => SchemaConverter.Resolve(part) is { } resolved ? Property(resolved, name, depth + 1) : null).FirstOrDefault(found => found is not null);
    }
}
