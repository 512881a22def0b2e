using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// A place in JSON: member names and positions with dots between them, for example <c>data.items.0.id</c>; <c>*</c> stands for every item of a list. A
/// dot in a name is written <c>\.</c>.
/// </summary>
public static class ValuePath
{
    /// <summary>The first value at a path; null when there is none, or it is null.</summary>
    public static JsonElement? Find(JsonElement value, string path) => FindAll(value, path).Select(found => (JsonElement?)found).FirstOrDefault();

    /// <summary>The values at a path, null values left out.</summary>
    public static IEnumerable<JsonElement> FindAll(JsonElement value, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Walk(value, Split(path), 0);
    }

    /// <summary>A path's parts.</summary>
    public static IReadOnlyList<string> Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
        {
            return [];
        }

        if (!path.Contains('\\', StringComparison.Ordinal))
        {
            return path.Split('.');
        }

        List<string> parts = [];
        var part = new System.Text.StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '\\' && i + 1 < path.Length)
            {
                part.Append(path[++i]);
            }
            else if (path[i] == '.')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(path[i]);
            }
        }

        parts.Add(part.ToString());
        return parts;
    }

    private static IEnumerable<JsonElement> Walk(JsonElement value, IReadOnlyList<string> parts, int at)
    {
        if (at == parts.Count)
        {
            return value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? [] : [value];
        }

        var part = parts[at];
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.TryGetProperty(part, out var member):
                return Walk(member, parts, at + 1);
            case JsonValueKind.Array when part == "*":
                return value.EnumerateArray().SelectMany(item => Walk(item, parts, at + 1));
            case JsonValueKind.Array when int.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) && index < value.GetArrayLength():
                return Walk(value[index], parts, at + 1);
            default:
                return [];
        }
    }
}
