using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>JSON with placeholders, taken apart once. A member or item whose placeholder has no value is left out, and so is an object or list that held nothing else.</summary>
internal sealed class BodyTemplate
{
    private readonly Node _root;

    private BodyTemplate(Node root) => _root = root;

    public static BodyTemplate Parse(JsonElement json) => new(Compile(json));

    /// <summary>The JSON; null when all of it is left out.</summary>
    public ReadOnlyMemory<byte>? Json(TemplateScope scope)
    {
        var value = Resolve(_root, scope);
        if (value is null)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, value);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The JSON as a value; an empty object when all of it is left out.</summary>
    public JsonElement Element(TemplateScope scope)
    {
        using var document = JsonDocument.Parse(Json(scope) ?? "{}"u8.ToArray());
        return document.RootElement.Clone();
    }

    /// <summary>The members as a form: inner objects and lists as <c>a[b]=c</c> and <c>a[0]=b</c>.</summary>
    public ReadOnlyMemory<byte> Form(TemplateScope scope)
    {
        var form = new StringBuilder();
        if (Json(scope) is { } json)
        {
            using var document = JsonDocument.Parse(json);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                Append(form, Uri.EscapeDataString(member.Name), member.Value);
            }
        }

        return Encoding.ASCII.GetBytes(form.ToString());
    }

    private static void Append(StringBuilder form, string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    Append(form, $"{name}[{Uri.EscapeDataString(member.Name)}]", member.Value);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Append(form, $"{name}[{index++}]", item);
                }

                break;
            case JsonValueKind.Null:
                break;
            default:
                form.Append(form.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(TemplateScope.TextOf(value)));
                break;
        }
    }

    private static Node Compile(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new Node { Members = [.. json.EnumerateObject().Select(member => (member.Name, Compile(member.Value)))] },
        JsonValueKind.Array => new Node { Items = [.. json.EnumerateArray().Select(item => Compile(item))] },
        JsonValueKind.String => new Node { Text = new ValueTemplate(json.GetString()!) },
        _ => new Node { Constant = json.Clone() },
    };

    // What remains of a node: a JSON value, a list of members or of items; null when it is left out.
    private static object? Resolve(Node node, TemplateScope scope)
    {
        if (node.Members is { } members)
        {
            var found = new List<(string Name, object Value)>(members.Length);
            foreach (var (name, member) in members)
            {
                if (Resolve(member, scope) is { } value)
                {
                    found.Add((name, value));
                }
            }

            return found.Count > 0 || members.Length == 0 ? found : null;
        }

        if (node.Items is { } items)
        {
            var found = items.Select(item => Resolve(item, scope)).OfType<object>().ToList();
            return found.Count > 0 || items.Length == 0 ? found : null;
        }

        if (node.Text is { } text)
        {
            return text.Value(scope);
        }

        return node.Constant;
    }

    private static void Write(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case List<(string Name, object Value)> members:
                writer.WriteStartObject();
                foreach (var (name, member) in members)
                {
                    writer.WritePropertyName(name);
                    Write(writer, member);
                }

                writer.WriteEndObject();
                break;
            case List<object> items:
                writer.WriteStartArray();
                foreach (var item in items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonElement constant:
                constant.WriteTo(writer);
                break;
            case JsonNode node:
                node.WriteTo(writer);
                break;
            default:
                throw new InvalidOperationException($"A body holds {value.GetType()}.");
        }
    }

    private sealed class Node
    {
        public (string Name, Node Value)[]? Members { get; init; }

        public Node[]? Items { get; init; }

        public ValueTemplate? Text { get; init; }

        public JsonElement Constant { get; init; }
    }
}
