using System.Text.Json.Nodes;
using Steward.Engines.Notifications.Rendering;

namespace Steward.Engines.Notifications.Teams;

/// <summary>
/// A notice as an Adaptive Card. Strangers' texts stand only in text runs, which know no Markdown and so no links, and there are no entities, without which nothing is a mention.
/// </summary>
/// <remarks>Limits: 28 KiB for a message (https://learn.microsoft.com/microsoftteams/limits-specifications-teams). <c>Action.Execute</c> and <c>refresh</c> came with version 1.4.</remarks>
internal static class AdaptiveCard
{
    public const string ContentType = "application/vnd.microsoft.card.adaptive";
    public const string ApproveVerb = "approve";
    public const string RejectVerb = "reject";
    public const string RefreshVerb = "refresh";

    // Room for what the message has around the card.
    private const int MaxBytes = 24 * 1024;

    public static JsonObject Of(NoticeContent content)
    {
        // The longest parts give way until the whole fits.
        for (var most = 3_000; ; most /= 2)
        {
            var card = Build(content, most);
            if (most < 100 || System.Text.Encoding.UTF8.GetByteCount(card.ToJsonString()) <= MaxBytes)
            {
                return card;
            }
        }
    }

    /// <summary>A card that only says something.</summary>
    public static JsonObject Message(string text) => Card(new JsonArray(Runs(Run(text))), [], text);

    private static JsonObject Build(NoticeContent content, int most)
    {
        var title = Run(content.Title);
        title["weight"] = "bolder";
        title["size"] = "large";
        var body = new JsonArray(Runs(title));
        if (content.Text.Length > 0)
        {
            body.Add(Lines(content.Text, most, code: false));
        }

        foreach (var fact in content.Facts)
        {
            body.Add(Runs(Bold($"{fact.Label}: "), Run(PlainText.Cut(fact.Value, most))));
        }

        foreach (var part in content.Parts)
        {
            var label = Runs(Bold(part.Label));
            label["spacing"] = "medium";
            body.Add(label);
            body.Add(new JsonObject { ["type"] = "Container", ["style"] = "emphasis", ["items"] = new JsonArray(Lines(part.Text, most, part.Form == PartForm.Code)) });
            if (part.Text.Length > most)
            {
                body.Add(Runs(Subtle(content.Language.Label("cut"))));
            }
        }

        if (content.Footer.Length > 0)
        {
            body.Add(Runs(Subtle(content.Footer)));
        }

        var actions = new JsonArray();
        var shown = content.Parts.All(part => part.Text.Length <= most) ? content.Buttons : null;
        if (shown is { } buttons)
        {
            actions.Add(Execute(buttons, ApproveVerb, buttons.Approve, "positive"));
            actions.Add(Execute(buttons, RejectVerb, buttons.Reject, "destructive"));
        }

        if (content.Link is { } link)
        {
            actions.Add(new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = link.Label, ["url"] = link.Address.ToString() });
        }

        var card = Card(body, actions, content.Title);
        if (content.Buttons is { } asked)
        {
            // Whoever opens the chat again sees what became of it, not what was asked then.
            card["refresh"] = new JsonObject { ["action"] = Execute(asked, RefreshVerb, content.Language.Label("open"), null) };
        }

        return card;
    }

    private static JsonObject Card(JsonArray body, JsonArray actions, string fallback)
    {
        var card = new JsonObject
        {
            ["type"] = "AdaptiveCard",
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["version"] = "1.4",
            ["fallbackText"] = PlainText.Line(fallback, 200),
            ["body"] = body,
        };
        if (actions.Count > 0)
        {
            card["actions"] = actions;
        }

        return card;
    }

    private static JsonObject Execute(NoticeButtons buttons, string verb, string title, string? style)
    {
        var action = new JsonObject
        {
            ["type"] = "Action.Execute",
            ["verb"] = verb,
            ["title"] = title,
            ["data"] = new JsonObject { ["approval"] = buttons.ApprovalId, ["hash"] = buttons.SubjectHash },
        };
        if (style is not null)
        {
            action["style"] = style;
        }

        return action;
    }

    private static JsonObject Lines(string text, int most, bool code)
    {
        var run = Run(PlainText.Cut(text, most));
        if (code)
        {
            run["fontType"] = "monospace";
        }

        return Runs(run);
    }

    private static JsonObject Runs(params ReadOnlySpan<JsonNode?> runs) => new() { ["type"] = "RichTextBlock", ["inlines"] = new JsonArray(runs) };

    private static JsonObject Run(string text) => new() { ["type"] = "TextRun", ["text"] = text };

    private static JsonObject Bold(string text)
    {
        var run = Run(text);
        run["weight"] = "bolder";
        return run;
    }

    private static JsonObject Subtle(string text)
    {
        var run = Run(text);
        run["isSubtle"] = true;
        return run;
    }
}
