using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>Reads connector templates.</summary>
public static class TemplateReader
{
    /// <summary>Reads a template's YAML (or JSON) text and checks it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">How errors name it.</param>
    /// <exception cref="DefinitionException">It is not a valid template; every fault that was found is named with its line.</exception>
    public static ConnectorTemplate Read(string text, string file)
    {
        var document = YamlLoader.Load(text, file, YamlLimits.Large);
        ConnectorTemplate template;
        try
        {
            template = document.ToElement().Deserialize<ConnectorTemplate>(TemplateJson.Options) ?? throw new DefinitionException(file, 1, "the file is empty.");
        }
        catch (JsonException exception)
        {
            throw new DefinitionException(file, document.LineOf(Pointer(exception.Path)), Says(exception));
        }

        var faults = TemplateRules.Check(template);
        return faults.Count == 0
            ? template
            : throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, document.LineOf(fault.Path), fault.Message))]);
    }

    // The deserialiser says `$.operations[2].method`.
    private static string Pointer(string? path) =>
        (path ?? "$").TrimStart('$').Replace("[", "/", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace('.', '/').Replace("'", "", StringComparison.Ordinal);

    private static string Says(JsonException exception)
    {
        var message = exception.Message;
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return $"{exception.Path ?? "$"}: {(end < 0 ? message : message[..end])}";
    }
}
