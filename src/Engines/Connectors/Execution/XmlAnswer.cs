using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Xml;

namespace Steward.Engines.Connectors.Execution;

/// <summary>
/// Reads an answer in XML as if it were JSON: an object with the root element. An element with nothing but text is a text; otherwise an object of its attributes (<c>@name</c>), its text
/// (<c>#text</c>) and its elements, where those that are repeated become a list. Names come without their namespaces; <c>xsi:nil</c> is null. No document type, no entities of its own.
/// </summary>
internal static class XmlAnswer
{
    private const int MaxDepth = 60;
    private const int MaxElements = 200_000;
    private const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";
    private const string NamespaceOfNamespaces = "http://www.w3.org/2000/xmlns/";

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersFromEntities = 1024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = true,
    };

    /// <summary>The value; undefined when it is not XML.</summary>
    public static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(body.ToArray(), writable: false), Settings);
            if (reader.MoveToContent() != XmlNodeType.Element)
            {
                return default;
            }

            var buffer = new ArrayBufferWriter<byte>(body.Length + 64);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                var left = MaxElements;
                var root = Read(reader, 0, ref left);
                writer.WriteStartObject();
                writer.WritePropertyName(root.Name);
                Write(writer, root);
                writer.WriteEndObject();
            }

            using var document = JsonDocument.Parse(buffer.WrittenMemory);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is XmlException or JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    private static Element Read(XmlReader reader, int depth, ref int left)
    {
        if (depth > MaxDepth || --left < 0)
        {
            throw new XmlException("It is nested too deeply, or has too many elements.");
        }

        var element = new Element(reader.LocalName);
        while (reader.MoveToNextAttribute())
        {
            if (reader.NamespaceURI == SchemaInstance && reader.LocalName == "nil")
            {
                element.IsNull = reader.Value is "true" or "1";
            }
            else if (reader.NamespaceURI != NamespaceOfNamespaces)
            {
                element.Attributes.Add((reader.LocalName, reader.Value));
            }
        }

        reader.MoveToElement();
        if (reader.IsEmptyElement)
        {
            return element;
        }

        while (reader.Read() && reader.NodeType != XmlNodeType.EndElement)
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    element.Children.Add(Read(reader, depth + 1, ref left));
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace:
                    element.Text.Append(reader.Value);
                    break;
            }
        }

        return element;
    }

    private static void Write(Utf8JsonWriter writer, Element element)
    {
        if (element.IsNull)
        {
            writer.WriteNullValue();
            return;
        }

        if (element.Attributes.Count == 0 && element.Children.Count == 0)
        {
            writer.WriteStringValue(element.Text.ToString());
            return;
        }

        writer.WriteStartObject();
        foreach (var (name, value) in element.Attributes.DistinctBy(attribute => attribute.Name))
        {
            writer.WriteString("@" + name, value);
        }

        if (element.Text.ToString().Trim() is { Length: > 0 } text)
        {
            writer.WriteString("#text", text);
        }

        foreach (var same in element.Children.GroupBy(child => child.Name, StringComparer.Ordinal))
        {
            writer.WritePropertyName(same.Key);
            if (same.Skip(1).Any())
            {
                writer.WriteStartArray();
                foreach (var child in same)
                {
                    Write(writer, child);
                }

                writer.WriteEndArray();
            }
            else
            {
                Write(writer, same.First());
            }
        }

        writer.WriteEndObject();
    }

    private sealed class Element(string name)
    {
        public string Name => name;

        public List<(string Name, string Value)> Attributes { get; } = [];

        public List<Element> Children { get; } = [];

        public StringBuilder Text { get; } = new();

        public bool IsNull { get; set; }
    }
}
