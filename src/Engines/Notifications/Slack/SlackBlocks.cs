using System.Text;
using System.Text.Json.Nodes;
using Steward.Engines.Notifications.Rendering;

namespace Steward.Engines.Notifications.Slack;

/// <summary>
/// A notice in Block Kit. Strangers' texts stand only in <c>plain_text</c> and in the text elements of <c>rich_text</c>, where Slack reads neither mrkdwn nor mentions nor addresses; the one text in mrkdwn, the fallback for notifications,
/// is escaped.
/// </summary>
/// <remarks>Limits: https://docs.slack.dev/reference/block-kit/blocks — 50 blocks, header 150, section 3,000, button 75, value 2,000 characters.</remarks>
internal static class SlackBlocks
{
    public const string ApproveAction = "steward.approve";
    public const string RejectAction = "steward.reject";
    public const string OpenAction = "steward.open";

    private const int MaxHeader = 150;
    private const int MaxSection = 3_000;
    private const int MaxButton = 75;
    private const int MaxRich = 9_000;

    /// <summary>The message's members: <c>text</c> and <c>blocks</c>.</summary>
    public static JsonObject Message(NoticeContent content) => new() { ["text"] = Fallback(content), ["blocks"] = Blocks(content) };

    /// <summary>What phones show: the title, with nothing in it that means something to Slack.</summary>
    public static string Fallback(NoticeContent content) => Escape(content.Title);

    /// <summary>Slack's own escape of a <see cref="Calm"/> text.</summary>
    public static string Escape(string text) => Calm(text)
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>A text in which nothing is called, addressed or set in bold: the characters that would lose their meaning before a joiner that nobody sees. Not yet escaped.</summary>
    public static string Calm(string text)
    {
        var calm = new StringBuilder(text.Length + 8);
        for (var at = 0; at < text.Length; at++)
        {
            calm.Append(text[at]);

            // @channel and #general; addresses and names of hosts; the marks of mrkdwn.
            if (text[at] is '@' or '#' or '*' or '_' or '~' or '`' or ':' || (text[at] == '.' && at + 1 < text.Length && char.IsLetter(text[at + 1])))
            {
                calm.Append('\u2060');
            }
        }

        return calm.ToString();
    }

    public static JsonArray Blocks(NoticeContent content)
    {
        var blocks = new JsonArray(new JsonObject { ["type"] = "header", ["text"] = Plain(content.Title, MaxHeader) });
        if (content.Text.Length > 0)
        {
            blocks.Add(new JsonObject { ["type"] = "section", ["text"] = Plain(content.Text, MaxSection) });
        }

        var room = MaxRich;
        if (content.Facts.Count > 0)
        {
            var lines = new JsonArray();
            foreach (var (fact, at) in content.Facts.Select((fact, at) => (fact, at)))
            {
                lines.Add(Bold($"{(at == 0 ? "" : "\n")}{fact.Label}: "));
                lines.Add(Text(fact.Value, ref room));
            }

            blocks.Add(Rich(new JsonObject { ["type"] = "rich_text_section", ["elements"] = lines }));
        }

        foreach (var part in content.Parts)
        {
            if (room > 0)
            {
                blocks.Add(Part(part, ref room));
            }
        }

        if (room <= 0)
        {
            blocks.Add(Context(content.Language.Label("cut")));
        }

        if (Actions(room > 0 ? content : content with { Buttons = null }) is { Count: > 0 } actions)
        {
            blocks.Add(new JsonObject { ["type"] = "actions", ["elements"] = actions });
        }

        if (content.Footer.Length > 0)
        {
            blocks.Add(Context(content.Footer));
        }

        return blocks;
    }

    private static JsonArray Actions(NoticeContent content)
    {
        var actions = new JsonArray();
        if (content.Buttons is { } buttons)
        {
            actions.Add(Button(buttons, ApproveAction, buttons.Approve, "primary"));
            actions.Add(Button(buttons, RejectAction, buttons.Reject, "danger"));
        }

        if (content.Link is { } link)
        {
            actions.Add(new JsonObject { ["type"] = "button", ["action_id"] = OpenAction, ["text"] = Plain(link.Label, MaxButton), ["url"] = link.Address.ToString() });
        }

        return actions;
    }

    private static JsonObject Button(NoticeButtons buttons, string action, string label, string style)
    {
        var button = new JsonObject
        {
            ["type"] = "button",
            ["action_id"] = action,
            ["text"] = Plain(label, MaxButton),
            ["style"] = style,
            ["value"] = new JsonObject { ["approval"] = buttons.ApprovalId, ["hash"] = buttons.SubjectHash }.ToJsonString(),
        };
        if (action == ApproveAction && buttons is { ConfirmTitle: { } title, ConfirmText: { } text })
        {
            button["confirm"] = new JsonObject { ["title"] = Plain(title, 100), ["text"] = Plain(text, 300), ["confirm"] = Plain(label, 30), ["deny"] = Plain(buttons.Back, 30) };
        }

        return button;
    }

    private static JsonObject Part(NoticePart part, ref int room)
    {
        var label = new JsonObject { ["type"] = "rich_text_section", ["elements"] = new JsonArray(Bold(part.Label)) };
        switch (part.Form)
        {
            case PartForm.Items:
                var items = new JsonArray();
                foreach (var line in part.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    items.Add(new JsonObject { ["type"] = "rich_text_section", ["elements"] = new JsonArray(Text(line, ref room)) });
                }

                return Rich(label, new JsonObject { ["type"] = "rich_text_list", ["style"] = "bullet", ["elements"] = items });
            default:
                return Rich(label, new JsonObject
                {
                    ["type"] = part.Form == PartForm.Code ? "rich_text_preformatted" : "rich_text_quote",
                    ["elements"] = new JsonArray(Text(part.Text, ref room)),
                });
        }
    }

    private static JsonObject Rich(params ReadOnlySpan<JsonNode?> elements) => new() { ["type"] = "rich_text", ["elements"] = new JsonArray(elements) };

    private static JsonObject Bold(string text) => new() { ["type"] = "text", ["text"] = text, ["style"] = new JsonObject { ["bold"] = true } };

    // Empty texts are refused by Slack.
    private static JsonObject Text(string text, ref int room)
    {
        var cut = PlainText.Cut(text, Math.Clamp(room, 1, MaxSection));
        room -= text.Length;
        return new JsonObject { ["type"] = "text", ["text"] = cut.Length == 0 ? " " : cut };
    }

    private static JsonObject Context(string text) => new() { ["type"] = "context", ["elements"] = new JsonArray(Plain(text, MaxSection)) };

    private static JsonObject Plain(string text, int max) => new() { ["type"] = "plain_text", ["text"] = PlainText.Cut(text, max), ["emoji"] = false };
}
