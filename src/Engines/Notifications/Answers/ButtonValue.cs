using System.Text.Json;
using System.Text.RegularExpressions;

namespace Steward.Engines.Notifications.Answers;

/// <summary>What a button carries: which approval, and exactly what was shown.</summary>
internal sealed partial record ButtonValue(string ApprovalId, string SubjectHash)
{
    /// <summary>Reads the JSON text of a button.</summary>
    public static ButtonValue? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the object of a button; other members are not looked at, since clients add inputs of their own.</summary>
    public static ButtonValue? Read(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty("approval", out var approval) && approval.ValueKind == JsonValueKind.String && approval.GetString() is { } id && ApprovalIds().IsMatch(id)
        && value.TryGetProperty("hash", out var named) && named.ValueKind == JsonValueKind.String && named.GetString() is { } hash && Hashes().IsMatch(hash)
            ? new ButtonValue(id, hash)
            : null;

    [GeneratedRegex(@"\Aa-[A-Za-z0-9._-]{1,120}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ApprovalIds();

    [GeneratedRegex(@"\A[A-Za-z0-9:+/=_-]{8,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hashes();
}
