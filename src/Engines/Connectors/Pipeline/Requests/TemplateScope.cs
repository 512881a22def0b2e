using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>The values that placeholders stand for in one call.</summary>
internal sealed class TemplateScope(CompiledTemplate template, ConnectorInstance instance, JsonElement arguments, string actionId, string marker)
{
    /// <summary>When the attempt that is looked up was sent, for reconciling.</summary>
    public string? SentAt { get; init; }

    /// <summary>What <c>result.*</c> stands for.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>The fields of the sign-in, for addresses and paths of systems that want their key there.</summary>
    public Credential? Credential { get; set; }

    /// <summary>Finds a value: an argument, then a field of the connection or the sign-in, then what is always there.</summary>
    public JsonElement? Find(string name)
    {
        if (Argument(name) is { } argument)
        {
            return argument;
        }

        if (Result is { } result && name.StartsWith("result.", StringComparison.Ordinal))
        {
            return ValuePath.Find(result, name["result.".Length..]);
        }

        var text = instance.Fields.TryGetValue(name, out var field) ? field : template.FieldDefaults.GetValueOrDefault(name);
        text ??= name switch
        {
            "actionId" => actionId,
            "marker" => marker,
            "sentAt" => SentAt,
            "region" => instance.Region,
            _ => Credential?.Values.GetValueOrDefault(name)?.Reveal(),
        };
        return text is null ? null : JsonSerializer.SerializeToElement(text);
    }

    /// <summary>Arguments that may hold slashes, which are then escaped: those whose pattern says which characters they may have.</summary>
    public IReadOnlySet<string>? MayHoldSlashes { get; init; }

    /// <summary>Stands for a slash that parts segments; see <see cref="FindForPath"/>. No argument may hold it.</summary>
    public const char Separator = '\uE000';

    /// <summary>
    /// Finds a value for a path, where an argument must fit into one segment. Fields of the connection are the administrator's and may be several: their slashes come as
    /// <see cref="Separator"/>, so that they can be told from those of arguments.
    /// </summary>
    /// <exception cref="Execution.OutcomeException">The argument does not fit.</exception>
    public JsonElement? FindForPath(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        var text = TextOf(value);
        if (Argument(name) is null)
        {
            return text.Contains('/', StringComparison.Ordinal) ? JsonSerializer.SerializeToElement(text.Replace('/', Separator)) : value;
        }

        var pieces = MayHoldSlashes?.Contains(name) == true ? text.Split('/') : [text];
        return pieces.Any(piece => piece is "" or "." or "..") || text.Any(character => char.IsControl(character) || character is '\\' or Separator) || (pieces.Length == 1 && text.Contains('/', StringComparison.Ordinal))
            ? throw Execution.OutcomeException.Invalid(name, "must not be empty or hold slashes or control characters.")
            : value;
    }

    /// <summary>A value as a text: numbers and truth values as JSON writes them, the items of lists with commas between them.</summary>
    public static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(TextOf)),
        _ => value.GetRawText(),
    };

    private JsonElement? Argument(string name)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonElement? found = arguments.TryGetProperty(name, out var argument) ? argument : name.Contains('.', StringComparison.Ordinal) ? ValuePath.Find(arguments, name) : null;
        return found is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } ? found : null;
    }
}
