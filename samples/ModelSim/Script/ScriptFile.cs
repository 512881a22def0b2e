using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Steward.ModelSim;

/// <summary>Reads a script from YAML or JSON.</summary>
public static class ScriptFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    /// <summary>Reads a script.</summary>
    /// <param name="text">YAML; JSON is YAML too.</param>
    /// <exception cref="FormatException">The text is no valid script; the message says where and why.</exception>
    public static ModelScript Parse(string text)
    {
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents.Count != 1)
            {
                throw new FormatException("A script is one YAML document.");
            }

            return Convert(yaml.Documents[0].RootNode, 0).Deserialize<ModelScript>(Json) ?? throw new FormatException("The script is empty.");
        }
        catch (YamlException e)
        {
            throw new FormatException($"The script is no valid YAML (line {e.Start.Line.ToString(CultureInfo.InvariantCulture)}): {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The script is not valid at {e.Path}: {e.Message}", e);
        }
    }

    private static JsonNode? Convert(YamlNode node, int depth)
    {
        if (depth > 32)
        {
            throw new FormatException("The script is nested too deep.");
        }

        return node switch
        {
            YamlMappingNode mapping => new JsonObject(mapping.Children.Select(pair => KeyValuePair.Create(
                (pair.Key as YamlScalarNode)?.Value ?? throw new FormatException("A key must be text."), Convert(pair.Value, depth + 1)))),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(child => Convert(child, depth + 1))]),
            YamlScalarNode { Style: ScalarStyle.Plain } plain => Scalar(plain.Value),
            YamlScalarNode scalar => JsonValue.Create(scalar.Value),
            _ => throw new FormatException("Aliases are not allowed in a script."),
        };
    }

    private static JsonValue? Scalar(string? text) => text switch
    {
        null or "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
