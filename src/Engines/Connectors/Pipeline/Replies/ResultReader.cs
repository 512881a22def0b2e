using System.Buffers;
using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Replies;

/// <summary>Reads results from answers as <see cref="OutputSpec"/> says.</summary>
internal static class ResultReader
{
    private const int MaxText = 256 * 1024;

    /// <summary>The result of an operation that is no list.</summary>
    /// <returns>An object; null when the answer is not what the template says, undefined when there is nothing where the result should be.</returns>
    public static JsonElement? Read(ConnectorCall call, VendorReply reply)
    {
        var output = call.Request.Operation.Output;
        var hasMembers = output.Fields.Count > 0 || output.Values.Count > 0;
        if (reply.Json.ValueKind == JsonValueKind.Undefined)
        {
            return reply.IsEmpty ? Members(call, default)
                : output.Path is not null || output.Fields.Count > 0 ? null
                : hasMembers ? Members(call, default) : Built(writer => writer.WriteString("text", Cut(reply.Text)));
        }

        var value = output.Path is null ? reply.Json : Find(reply.Json, output.Path);
        if (value is not { } found)
        {
            return default(JsonElement);
        }

        if (hasMembers)
        {
            return output.Fields.Count == 0 || found.ValueKind is JsonValueKind.Object or JsonValueKind.Array || reply.IsXml ? Members(call, found) : null;
        }

        return found.ValueKind switch
        {
            JsonValueKind.Object => found,
            JsonValueKind.Array => List(call, [found], truncated: false),
            JsonValueKind.Null => Built(static _ => { }),
            _ => Built(writer =>
            {
                writer.WritePropertyName("value");
                found.WriteTo(writer);
            }),
        };
    }

    /// <summary>The list in an answer; null when there is something else. An absent list is an empty one: systems leave it out when nothing was found.</summary>
    public static JsonElement? ReadPage(string? path, VendorReply reply)
    {
        if (reply.Json.ValueKind == JsonValueKind.Undefined)
        {
            return reply.IsEmpty ? Array([]) : null;
        }

        if (path is null)
        {
            return reply.Json.ValueKind == JsonValueKind.Array ? reply.Json : null;
        }

        if (ValuePath.Split(path).Contains("*"))
        {
            return Array([.. ValuePath.FindAll(reply.Json, path)]);
        }

        return Find(reply.Json, path) is not { } value ? reply.Json.ValueKind == JsonValueKind.Object ? Array([]) : null
            : value.ValueKind == JsonValueKind.Array ? value
            : reply.IsXml ? Array([value]) : null;
    }

    /// <summary>A list of pages as a result.</summary>
    public static JsonElement List(ConnectorCall call, IReadOnlyList<JsonElement> pages, bool truncated, int most = int.MaxValue) => Built(writer =>
    {
        var output = call.Request.Operation.Output;
        var hasMembers = output.Fields.Count > 0 || output.Values.Count > 0;
        writer.WriteStartArray("items");
        foreach (var item in pages.SelectMany(page => page.EnumerateArray()).Take(most))
        {
            (hasMembers ? Members(call, item) : item).WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("truncated", truncated);
    });

    /// <summary>What was found under the names of another operation's result, so that a look-up gives what the operation itself would have given.</summary>
    public static JsonElement Project(ConnectorCall call, JsonElement found)
    {
        var output = call.Request.Operation.Output;
        return (output.Fields.Count == 0 && output.Values.Count == 0) || found.ValueKind != JsonValueKind.Object ? found : Built(writer =>
        {
            foreach (var name in output.Fields.Keys.Concat(output.Values.Keys))
            {
                writer.WritePropertyName(name);
                if (found.TryGetProperty(name, out var value))
                {
                    value.WriteTo(writer);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }
        });
    }

    /// <summary>An object.</summary>
    public static JsonElement Built(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    // The members of a result or of one of its items. What is absent is null, so that names do not come and go.
    private static JsonElement Members(ConnectorCall call, JsonElement value)
    {
        var output = call.Request.Operation.Output;
        if (value.ValueKind == JsonValueKind.String)
        {
            // An element of XML that holds only text; an empty one has no members.
            var text = value.GetString()!;
            value = Built(writer =>
            {
                if (text.Length > 0)
                {
                    writer.WriteString("#text", text);
                }
            });
        }

        var fields = output.Fields.Count == 0 && value.ValueKind == JsonValueKind.Object ? value : Built(writer =>
        {
            foreach (var (name, path) in output.Fields)
            {
                writer.WritePropertyName(name);
                if (value.ValueKind != JsonValueKind.Undefined && FieldPath.Read(value, path) is { } found)
                {
                    found.WriteTo(writer);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }
        });
        if (call.Operation.Values.Length == 0)
        {
            return fields;
        }

        var scope = call.ScopeWith(fields);
        return Built(writer =>
        {
            foreach (var member in output.Fields.Count == 0 ? default : fields.EnumerateObject())
            {
                member.WriteTo(writer);
            }

            foreach (var (name, template) in call.Operation.Values)
            {
                writer.WritePropertyName(name);
                if (template.Json(scope) is { } json)
                {
                    writer.WriteRawValue(json.Span);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }
        });
    }

    private static JsonElement? Find(JsonElement value, string path) => path.Length == 0 ? value : ValuePath.Find(value, path);

    private static JsonElement Array(JsonElement[] items)
    {
        return JsonSerializer.SerializeToElement(items);
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];
}
