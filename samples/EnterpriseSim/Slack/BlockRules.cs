using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>The product's rules for blocks, as far as apps for approvals meet them.</summary>
internal static class BlockRules
{
    private static readonly HashSet<string> Types = ["header", "section", "rich_text", "actions", "context", "divider", "image", "input", "markdown"];

    /// <summary>What the product would say about blocks; null when they are fine.</summary>
    public static string? Fault(JsonNode? blocks)
    {
        if (blocks is not JsonArray list)
        {
            return blocks is null ? null : "invalid_blocks_format";
        }

        return list.Count > 50 || list.Any(block => block is not JsonObject known || !IsFine(known)) ? "invalid_blocks" : null;
    }

    /// <summary>The button with an action id; null if there is none.</summary>
    public static JsonObject? Button(JsonNode? blocks, string actionId) => (blocks as JsonArray)?.OfType<JsonObject>()
        .SelectMany(block => block.Array("elements") ?? []).OfType<JsonObject>().FirstOrDefault(element => element.Text("action_id") == actionId);

    private static bool IsFine(JsonObject block) => block.Text("type") switch
    {
        "header" => TextFits(block.Object("text"), "plain_text", 150),
        "section" => TextFits(block.Object("text"), null, 3_000) && (block.Array("fields") is null or { Count: <= 10 }),
        "actions" => block.Array("elements") is { Count: > 0 and <= 25 } elements && elements.All(element => element is JsonObject button && IsButton(button)),
        "context" => block.Array("elements") is { Count: > 0 and <= 10 } elements && elements.All(element => element is JsonObject text && TextFits(text, null, 3_000)),
        "rich_text" => block.Array("elements") is { Count: > 0 } elements && elements.All(element => element is JsonObject rich && IsRich(rich)),
        { } type => Types.Contains(type),
        null => false,
    };

    private static bool IsButton(JsonObject button) => button.Text("type") != "button"
        || (TextFits(button.Object("text"), "plain_text", 75) && (button.Text("value")?.Length ?? 0) <= 2_000 && (button.Text("url")?.Length ?? 0) <= 3_000 && (button.Text("action_id")?.Length ?? 0) is > 0 and <= 255);

    private static bool IsRich(JsonObject element) => element.Text("type") switch
    {
        "rich_text_section" or "rich_text_preformatted" or "rich_text_quote" => element.Array("elements") is { } inner && inner.All(part => part is JsonObject run && (run.Text("type") != "text" || run.Text("text") is { Length: > 0 })),
        "rich_text_list" => element.Array("elements") is { Count: > 0 } items && items.All(item => item is JsonObject rich && IsRich(rich)),
        _ => false,
    };

    private static bool TextFits(JsonObject? text, string? type, int longest) =>
        text?.Text("text") is { Length: > 0 } content && content.Length <= longest && (type is null || text.Text("type") == type) && text.Text("type") is "plain_text" or "mrkdwn";
}
