using System.Globalization;
using System.Text.Json;

namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>A place in a request's arguments or attributes, for example <c>arguments.items[0].name</c>.</summary>
internal sealed record FieldPath(bool InArguments, IReadOnlyList<PathStep> Steps)
{
    /// <summary>The most steps.</summary>
    public const int MaxSteps = 16;

    /// <summary>The value there; null when there is none.</summary>
    public JsonElement? Find(ApprovalRequest request)
    {
        JsonElement? found = InArguments ? request.Arguments : request.Attributes;
        foreach (var step in Steps)
        {
            found = found is not { } value
                ? null
                : step.Name is { } name
                    ? value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : null
                    : value.ValueKind == JsonValueKind.Array && step.Index < value.GetArrayLength() ? value[step.Index] : null;
        }

        return found is { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } ? null : found;
    }

    /// <inheritdoc/>
    public override string ToString() => (InArguments ? "arguments" : "attributes") + string.Concat(Steps);
}

/// <summary>One step of a path: the name of a member, or the place of an item.</summary>
internal readonly record struct PathStep(string? Name, int Index)
{
    /// <inheritdoc/>
    public override string ToString() => Name switch
    {
        null => string.Create(CultureInfo.InvariantCulture, $"[{Index}]"),
        _ when ConditionTokens.IsName(Name) => "." + Name,
        _ => $"[{ConditionValue.OfText(Name).ToLiteral()}]",
    };
}
