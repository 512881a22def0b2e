using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>The values that placeholders stand for in one call.</summary>
internal sealed class TemplateScope(CompiledTemplate template, ConnectorInstance instance, JsonElement arguments, string actionId, string marker)
{
    /// <summary>When the attempt that is looked up was sent, for reconciling.</summary>
    public string? SentAt { get; init; }

    /// <summary>The fields of the sign-in, for addresses and paths of systems that want their key there.</summary>
    public Credential? Credential { get; set; }

    /// <summary>Finds a value: an argument, then a field of the connection or the sign-in, then what is always there.</summary>
    public bool TryFind(string name, out ScopeValue value)
    {
        if (arguments.ValueKind == JsonValueKind.Object &&
            (arguments.TryGetProperty(name, out var argument) ? argument : name.Contains('.', StringComparison.Ordinal) ? ValuePath.Find(arguments, name) : null) is { } found &&
            found.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
        {
            value = new ScopeValue(found, null, IsArgument: true);
            return true;
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
        value = new ScopeValue(null, text, IsArgument: false);
        return text is not null;
    }
}

/// <summary>A value: JSON or a text.</summary>
internal readonly record struct ScopeValue(JsonElement? Json, string? PlainText, bool IsArgument)
{
    /// <summary>The value as a text: numbers and truth values as JSON writes them, the items of lists with commas between them.</summary>
    public string Text => PlainText ?? TextOf(Json!.Value);

    public static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(TextOf)),
        _ => value.GetRawText(),
    };
}
