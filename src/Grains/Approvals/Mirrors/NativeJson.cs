using System.Text.Json;

namespace Steward.Approvals;

/// <summary>Reads what connectors answer: flat objects with stable names, members absent where there is no value.</summary>
internal static class NativeJson
{
    public static string? Text(this JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static long Number(this JsonElement item, string name) => item.NumberOrNone(name) ?? 0;

    public static long? NumberOrNone(this JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    public static bool IsFalse(this JsonElement item, string name) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    public static bool IsTrue(this JsonElement item, string name) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    public static IReadOnlyList<JsonElement> Items(this JsonElement result, string name = "items") =>
        result.ValueKind == JsonValueKind.Object && result.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray()] : [];
}
