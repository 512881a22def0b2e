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
        var (template, document) = Parse(text, file);
        var faults = TemplateRules.Check(template);
        return faults.Count == 0
            ? template
            : throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, document.LineOf(fault.Path), fault.Message))]);
    }

    /// <summary>
    /// Reads the text of a template that was checked when it was taken in, by the rules of then: whoever keeps it can show and remove it, also when the rules became stricter. Calls are made with what
    /// <see cref="Read"/> gives, and nothing else.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="file">How errors name it.</param>
    /// <exception cref="DefinitionException">It has not the form of a template.</exception>
    public static ConnectorTemplate Reread(string text, string file) => Parse(text, file).Template;

    private static (ConnectorTemplate Template, LocatedDocument Document) Parse(string text, string file)
    {
        var document = YamlLoader.Load(text, file, YamlLimits.Large);
        if (FindNull(document.ToElement(), "") is { } absent)
        {
            throw new DefinitionException(file, document.LineOf(absent), $"{absent}: must not be empty; leave it out.");
        }

        try
        {
            return (document.ToElement().Deserialize<ConnectorTemplate>(TemplateJson.Options) ?? throw new DefinitionException(file, 1, "the file is empty."), document);
        }
        catch (JsonException exception)
        {
            throw new DefinitionException(file, document.LineOf(Pointer(exception.Path)), Says(exception));
        }
    }

    // The deserialiser lets null into lists of things that are never null. Where a template holds JSON of the system, null means something.
    private static string? FindNull(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Null => path,
        JsonValueKind.Array => value.EnumerateArray().Select((item, at) => FindNull(item, $"{path}/{at}")).FirstOrDefault(found => found is not null),
        JsonValueKind.Object => value.EnumerateObject()
            .Where(member => member.Name is not ("body" or "json" or "requestBody" or "arguments" or "input" or "schema" or "with" or "expect" or "result" or "equalTo"))
            .Select(member => FindNull(member.Value, $"{path}/{LocatedDocument.Escape(member.Name)}")).FirstOrDefault(found => found is not null),
        _ => null,
    };

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
