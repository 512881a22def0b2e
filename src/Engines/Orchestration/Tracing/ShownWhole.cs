using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Tracing;

/// <summary>Whether people see all of what they are asked to approve: whoever asks could put what matters where it is cut off. Pure.</summary>
public static class ShownWhole
{
    /// <summary>Whether nothing but secrets is missing from a masked copy.</summary>
    /// <param name="json">What is asked for; null when it is nothing.</param>
    /// <param name="masked">The copy that is shown.</param>
    public static bool Is(JsonElement? json, JsonNode? masked)
    {
        try
        {
            return json is not { ValueKind: JsonValueKind.Object or JsonValueKind.Array } whole || (masked is not null && IsSame(whole, JsonSerializer.SerializeToElement(masked)));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is shown as something else.
            return false;
        }
    }

    private static bool IsSame(JsonElement json, JsonElement shown) => (json.ValueKind, shown.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) =>
            json.EnumerateObject().Count() == shown.EnumerateObject().Count()
            && json.EnumerateObject().All(member => shown.TryGetProperty(member.Name, out var value) && IsSame(member.Value, value)),
        (JsonValueKind.Array, JsonValueKind.Array) =>
            json.GetArrayLength() == shown.GetArrayLength() && json.EnumerateArray().Zip(shown.EnumerateArray()).All(pair => IsSame(pair.First, pair.Second)),
        (JsonValueKind.String, JsonValueKind.String) => IsSecret(shown) || json.GetString() == shown.GetString(),
        (JsonValueKind.Number, JsonValueKind.String) => IsSecret(shown),
        var (kind, shownKind) => kind == shownKind,
    };

    private static bool IsSecret(JsonElement shown) => shown.GetString()!.Contains(TraceMask.Mask, StringComparison.Ordinal);
}
