using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.Jira;

/// <summary>The Atlassian Document Format, from and to plain text.</summary>
internal static class DocumentFormat
{
    private const int MaxDepth = 32;

    /// <summary>A document with a paragraph for each block of lines.</summary>
    public static JsonObject FromText(string text)
    {
        var content = new JsonArray();
        foreach (var block in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var paragraph = new JsonArray();
            foreach (var line in block.Split('\n'))
            {
                if (paragraph.Count > 0)
                {
                    paragraph.Add(new JsonObject { ["type"] = "hardBreak" });
                }

                if (line.Length > 0)
                {
                    paragraph.Add(new JsonObject { ["type"] = "text", ["text"] = line });
                }
            }

            content.Add(new JsonObject { ["type"] = "paragraph", ["content"] = paragraph });
        }

        return new JsonObject { ["type"] = "doc", ["version"] = 1, ["content"] = content };
    }

    /// <summary>The text of a document; marks and layout are dropped.</summary>
    public static string? ToText(JsonElement? document)
    {
        if (document is not { } node)
        {
            return null;
        }

        if (node.ValueKind == JsonValueKind.String)
        {
            return document.AsText();
        }

        var text = new StringBuilder();
        Append(text, node, 0);
        return text.ToString().Trim('\n');
    }

    private static void Append(StringBuilder text, JsonElement node, int depth)
    {
        if (depth > MaxDepth)
        {
            return;
        }

        var type = node.Text("type");
        switch (type)
        {
            case "text":
                text.Append(node.Text("text"));
                return;
            case "hardBreak":
                text.Append('\n');
                return;
            case "mention" or "emoji" or "status":
                text.Append(node.Member("attrs").Text("text"));
                return;
            case "inlineCard":
                text.Append(node.Member("attrs").Text("url"));
                return;
        }

        foreach (var child in node.Member("content").Items())
        {
            Append(text, child, depth + 1);
        }

        if (type is "paragraph" or "heading" or "codeBlock" or "listItem" or "tableRow" or "blockquote" or "rule")
        {
            while (text.Length > 0 && text[^1] == '\n')
            {
                text.Length--;
            }

            text.Append(type is "listItem" or "tableRow" ? "\n" : "\n\n");
        }
    }
}
