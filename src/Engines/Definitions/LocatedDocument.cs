using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Definitions;

/// <summary>A YAML file as JSON, with the line of every value.</summary>
public sealed class LocatedDocument
{
    private readonly Dictionary<string, int> _lines;

    // Read back from text, so that numbers convert to whatever type is asked for.
    internal LocatedDocument(string file, JsonNode? root, Dictionary<string, int> lines) =>
        (File, Root, _lines) = (file, root is null ? null : JsonNode.Parse(root.ToJsonString()), lines);

    /// <summary>The file as it was named when it was loaded.</summary>
    public string File { get; }

    /// <summary>The content.</summary>
    public JsonNode? Root { get; }

    /// <summary>The content, for validation.</summary>
    public JsonElement ToElement() => JsonSerializer.SerializeToElement(Root, DefinitionJson.Default.JsonNode!);

    /// <summary>The line of the value at a JSON pointer, or of the nearest value around it.</summary>
    public int LineOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        while (true)
        {
            if (_lines.TryGetValue(path, out var line))
            {
                return line;
            }

            var slash = path.LastIndexOf('/');
            if (slash < 0)
            {
                return 1;
            }

            path = path[..slash];
        }
    }

    /// <summary>A key as a part of a JSON pointer (RFC 6901).</summary>
    public static string Escape(string key) =>
        key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}

/// <summary>Serialises the JSON of definitions without reflection.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonNode))]
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonElement))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
public sealed partial class DefinitionJson : System.Text.Json.Serialization.JsonSerializerContext;
