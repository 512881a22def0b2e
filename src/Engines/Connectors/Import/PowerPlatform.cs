using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// What definitions of Power Platform connectors say beyond OpenAPI. Source: Microsoft Learn, "OpenAPI extensions for custom connectors".
/// </summary>
internal static class PowerPlatform
{
    /// <summary>Whether an extension is there and true.</summary>
    public static bool IsTrue(IDictionary<string, IOpenApiExtension>? extensions, string name) =>
        Node(extensions, name) is JsonValue value && ((value.TryGetValue<bool>(out var flag) && flag) || (value.TryGetValue<string>(out var text) && string.Equals(text, "true", StringComparison.OrdinalIgnoreCase)));

    /// <summary>An extension's text.</summary>
    public static string? Text(IDictionary<string, IOpenApiExtension>? extensions, string name) =>
        Node(extensions, name) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>An extension's value.</summary>
    public static JsonNode? Node(IDictionary<string, IOpenApiExtension>? extensions, string name) =>
        extensions is not null && extensions.TryGetValue(name, out var extension) && extension is JsonNodeExtension { Node: { } node } ? node : null;

    /// <summary>Whether it is meant for other operations or the designer, not for people.</summary>
    public static bool IsInternal(IDictionary<string, IOpenApiExtension>? extensions) => Text(extensions, "x-ms-visibility") == "internal";

    /// <summary>
    /// Where an argument's values come from, with the operation as the document names it. The newer extensions (list, properties) name arguments with their
    /// places, such as <c>body/id</c>.
    /// </summary>
    public static ChoiceSpec? Choices(IDictionary<string, IOpenApiExtension>? extensions)
    {
        if (Node(extensions, "x-ms-dynamic-list") is JsonObject list && Operation(list) is { } listing)
        {
            return new ChoiceSpec { Operation = listing, With = Arguments(list), Items = Path(list, "itemsPath"), Value = Path(list, "itemValuePath"), Title = Path(list, "itemTitlePath") };
        }

        if (Node(extensions, "x-ms-dynamic-values") is JsonObject values && Operation(values) is { } operation)
        {
            return new ChoiceSpec { Operation = operation, With = Arguments(values), Items = Path(values, "value-collection"), Value = Path(values, "value-path"), Title = Path(values, "value-title") };
        }

        if (Node(extensions, "x-ms-dynamic-properties") is JsonObject properties && Operation(properties) is { } describing)
        {
            return new ChoiceSpec { Kind = ChoiceKind.Schema, Operation = describing, With = Arguments(properties), Items = Path(properties, "itemValuePath") };
        }

        return Node(extensions, "x-ms-dynamic-schema") is JsonObject schema && Operation(schema) is { } form
            ? new ChoiceSpec { Kind = ChoiceKind.Schema, Operation = form, With = Arguments(schema), Items = Path(schema, "value-path") }
            : null;
    }

    private static string? Operation(JsonObject extension) => Text(extension, "operationId") is { Length: > 0 and <= 200 } id ? id : null;

    private static string? Text(JsonObject members, string name) => members[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string? Path(JsonObject members, string name) => Text(members, name) is { Length: > 0 and <= 200 } path ? path.Replace('/', '.') : null;

    private static JsonElement? Arguments(JsonObject extension)
    {
        if (extension["parameters"] is not JsonObject { Count: > 0 } parameters)
        {
            return null;
        }

        var arguments = new JsonObject();
        foreach (var (name, value) in parameters.Take(20))
        {
            // Either a constant, { parameter: name }, { parameterReference: body/name } or { value: constant }.
            var argument = ArgumentNames.Safe(Last(name));
            arguments[argument] = value is JsonObject reference
                ? (Text(reference, "parameter") ?? Text(reference, "parameterReference")) is { } other ? "{" + ArgumentNames.Safe(Last(other)) + "}" : Scalar(reference["value"])
                : Scalar(value);
        }

        return JsonSerializer.SerializeToElement(arguments);
    }

    private static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static JsonNode? Scalar(JsonNode? value) => value is JsonValue && value.ToJsonString().Length <= 500 ? value.DeepClone() : null;
}
