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
    /// <returns>An object; null when the answer is not what the template says.</returns>
    public static JsonElement? Read(OutputSpec output, VendorReply reply)
    {
        var expectsBody = output.Path is not null || output.Fields.Count > 0;
        if (reply.Json.ValueKind == JsonValueKind.Undefined)
        {
            return reply.IsEmpty ? Built(writer => WriteFields(writer, output, default)) : expectsBody ? null : Built(writer => writer.WriteString("text", Cut(reply.Text)));
        }

        var value = output.Path is null ? reply.Json : Find(reply.Json, output.Path);
        if (value is not { } found)
        {
            return null;
        }

        if (output.Fields.Count > 0)
        {
            return found.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? Built(writer => WriteFields(writer, output, found)) : null;
        }

        return found.ValueKind switch
        {
            JsonValueKind.Object => found,
            JsonValueKind.Array => List(output, [found], truncated: false),
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
            : value.ValueKind == JsonValueKind.Array ? value : null;
    }

    /// <summary>A list of pages as a result.</summary>
    public static JsonElement List(OutputSpec output, IReadOnlyList<JsonElement> pages, bool truncated, int most = int.MaxValue) => Built(writer =>
    {
        writer.WriteStartArray("items");
        var count = 0;
        foreach (var item in pages.SelectMany(page => page.EnumerateArray()).Take(most))
        {
            count++;
            if (output.Fields.Count == 0)
            {
                item.WriteTo(writer);
                continue;
            }

            writer.WriteStartObject();
            WriteFields(writer, output, item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("truncated", truncated);
    });

    /// <summary>The members of one object under the names of another operation's result, so that a look-up gives what the operation itself would have given.</summary>
    public static JsonElement Project(OutputSpec output, JsonElement found) => output.Fields.Count == 0 || found.ValueKind != JsonValueKind.Object ? found : Built(writer =>
    {
        foreach (var name in output.Fields.Keys)
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

    // A path through a list gives a list; what is absent is null, so that names do not come and go.
    private static void WriteFields(Utf8JsonWriter writer, OutputSpec output, JsonElement value)
    {
        foreach (var (name, path) in output.Fields)
        {
            writer.WritePropertyName(name);
            if (value.ValueKind == JsonValueKind.Undefined)
            {
                writer.WriteNullValue();
            }
            else if (path.Contains('*', StringComparison.Ordinal) && ValuePath.Split(path).Contains("*"))
            {
                writer.WriteStartArray();
                foreach (var item in ValuePath.FindAll(value, path))
                {
                    item.WriteTo(writer);
                }

                writer.WriteEndArray();
            }
            else if (Find(value, path) is { } found)
            {
                found.WriteTo(writer);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }

    private static JsonElement? Find(JsonElement value, string path) => path.Length == 0 ? value : ValuePath.Find(value, path);

    private static JsonElement Array(JsonElement[] items)
    {
        return JsonSerializer.SerializeToElement(items);
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];
}
