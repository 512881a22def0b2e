using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// What a tool answered, as a flat result: <c>text</c>, <c>structured</c>, <c>links</c> and <c>omitted</c>. Pictures, sounds and files are named, not passed on; what is too long is cut and
/// said to be.
/// </summary>
internal static class McpResult
{
    public const int MaxText = 64 * 1024;
    private const int MaxStructured = 256 * 1024;
    private const int MaxLinks = 50;
    private const int MaxMessage = 500;

    /// <summary>The result.</summary>
    public static JsonElement Read(CallToolResult answer)
    {
        var result = new JsonObject();
        var omitted = new JsonArray();
        var text = Text(answer, omitted);
        if (text.Length > MaxText)
        {
            text = McpText.Clean(text, MaxText);
            omitted.Add("text beyond 65,536 characters");
        }

        result["text"] = text;
        if (answer.StructuredContent is { } structured)
        {
            if (structured.GetRawText().Length <= MaxStructured)
            {
                result["structured"] = JsonNode.Parse(structured.GetRawText());
            }
            else
            {
                omitted.Add("structured content of more than 256 KB");
            }
        }

        var links = answer.Content.OfType<ResourceLinkBlock>().Take(MaxLinks).Select(link => (JsonNode)new JsonObject
        {
            ["uri"] = McpText.Clean(link.Uri, 2000),
            ["name"] = McpText.Clean(link.Name, 200),
            ["mediaType"] = link.MimeType is { } type ? McpText.Clean(type, 100) : null,
        }).ToArray();
        if (links.Length > 0)
        {
            result["links"] = new JsonArray(links);
        }

        if (omitted.Count > 0)
        {
            result["omitted"] = omitted;
        }

        return JsonSerializer.SerializeToElement(result);
    }

    /// <summary>What went wrong, in the server's words, cut and cleaned.</summary>
    public static string ErrorOf(CallToolResult answer)
    {
        var message = McpText.Clean(Text(answer, []), MaxMessage);
        return message.Length > 0 ? message : "The tool reported an error without a text.";
    }

    private static string Text(CallToolResult answer, JsonArray omitted)
    {
        var parts = new List<string>();
        var length = 0;
        foreach (var block in answer.Content)
        {
            var part = block switch
            {
                TextContentBlock text => text.Text,
                EmbeddedResourceBlock { Resource: TextResourceContents resource } => resource.Text,
                ResourceLinkBlock => null,
                _ => null,
            };
            if (part is not null && length <= MaxText)
            {
                length += part.Length;
                parts.Add(McpText.Clean(part, MaxText + 1));
            }
            else if (part is null && block is not ResourceLinkBlock && omitted.Count < MaxLinks)
            {
                omitted.Add(block switch
                {
                    ImageContentBlock => "a picture",
                    AudioContentBlock => "a sound",
                    EmbeddedResourceBlock => "a file",
                    _ => "content of an unknown kind",
                });
            }
        }

        return string.Join('\n', parts);
    }
}
