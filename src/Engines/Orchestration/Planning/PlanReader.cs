using System.Text.Json;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>Reads a plan from what a model wrote or a person sent. Bounded: nothing that is too large or too deep is looked into.</summary>
internal static class PlanReader
{
    /// <summary>The longest plan, in characters.</summary>
    public const int MaxLength = 64 * 1024;

    private const int MaxDepth = 24;
    private const int MaxValues = 4_000;
    private const int KeptLength = 2_000;
    private const string Fence = "```";

    /// <summary>The plan; when it cannot be read, the beginning of the text as a JSON string, and the fault.</summary>
    public static (JsonElement Plan, PlanFault? Fault) Read(string text)
    {
        if (text.Length > MaxLength)
        {
            return Refused(text, "too_large", $"The plan has {text.Length} characters; {MaxLength} are allowed.");
        }

        var json = Unfenced(text.Trim());
        JsonElement plan;
        int count;
        try
        {
            // Two fields of one name mean different things to different readers.
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            plan = document.RootElement.Clone();
            count = Count(plan);
        }
        catch (JsonException e)
        {
            return Refused(
                text, "not_json", $"The plan is not one JSON object (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}); it has to be that alone, at most {MaxDepth} levels deep, without fields that appear twice.");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            return Refused(text, "not_json", "The plan holds text that is not valid Unicode: half of a surrogate pair.");
        }

        if (plan.ValueKind != JsonValueKind.Object)
        {
            return Refused(text, "not_json", "The plan is not a JSON object.");
        }

        return count > MaxValues ? Refused(text, "too_large", $"The plan holds more than {MaxValues} values.") : (plan, null);
    }

    private static (JsonElement, PlanFault) Refused(string text, string code, string message) => (
        JsonSerializer.SerializeToElement(text.Length <= KeptLength ? text : text[..KeptLength], Definitions.DefinitionJson.Default.String),
        new PlanFault { Code = code, Path = "", Message = message });

    // Models like to wrap JSON into a code block. One that is the whole text is taken off; anything else around the object is a fault.
    private static string Unfenced(string text)
    {
        if (!text.StartsWith(Fence, StringComparison.Ordinal) || !text.EndsWith(Fence, StringComparison.Ordinal) || text.IndexOf('\n', StringComparison.Ordinal) is not (> 0 and var line) || text.Length < line + Fence.Length)
        {
            return text;
        }

        return text[Fence.Length..line].Trim() is "" or "json" ? text[line..^Fence.Length] : text;
    }

    // Reads every name and text once: those that are not valid Unicode throw here, and nowhere later.
    private static int Count(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => 1 + value.EnumerateObject().Sum(field => Math.Min(field.Name.Length, 0) + Count(field.Value)),
        JsonValueKind.String => value.GetString() is null ? 0 : 1,
        JsonValueKind.Array => 1 + value.EnumerateArray().Sum(Count),
        _ => 1,
    };
}
