using System.Text.Json;
using Steward.Engines.Notifications.Mail;
using Steward.Engines.Notifications.Slack;
using Steward.Engines.Notifications.Teams;
using Steward.Engines.Notifications.Webhooks;

namespace Steward.Engines.Notifications.Rendering;

/// <summary>What a notice looks like on a channel. Pure: the same notice and settings give the same, and nothing in the notice's data becomes markup, a mention, a link, a button or a header.</summary>
public static class NoticeRenderer
{
    /// <summary>Renders a notice. Odd data leaves parts out; it never throws for what is in the notice.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="settings">The channel and the tenant's texts.</param>
    public static RenderedNotice Render(Notice notice, ChannelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(notice);
        ArgumentNullException.ThrowIfNull(settings);
        var content = NoticeComposer.Compose(notice, settings);
        return new RenderedNotice(content.Title, MailText.Plain(content, withTitle: false), settings.Channel switch
        {
            "slack" => SlackBlocks.Message(content).ToJsonString(),
            "teams" => AdaptiveCard.Of(content).ToJsonString(),
            "email" => MailHtml.Of(content),
            "webhook" => WebhookBody.Of(notice, content).ToJsonString(),
            _ => WebhookBody.Data(notice).ToJsonString(),
        });
    }

    /// <summary>A notice as the person's inbox holds it: its title, a few lines, and its data with secrets masked as a JSON object.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="settings">The tenant's language, time zone and texts; the channel does not matter.</param>
    public static RenderedNotice ForInbox(Notice notice, ChannelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var own = settings with { Channel = "in_app" };
        var content = NoticeComposer.Compose(notice, own);
        return new RenderedNotice(content.Title, content.Text, WebhookBody.Data(notice).ToJsonString());
    }

    /// <summary>A notice with data as they are in practice, to try texts with.</summary>
    /// <param name="kind">One of <see cref="NoticeKinds"/>.</param>
    /// <param name="data">Other data; null takes the sample's.</param>
    /// <param name="locale">The person's language; null is the tenant's.</param>
    public static Notice Sample(string kind, JsonElement? data = null, string? locale = null) => SampleNotices.Of(kind, data, locale);
}

/// <summary>What a notice looks like.</summary>
/// <param name="Title">Subject or first line; one line of at most 200 characters.</param>
/// <param name="Text">Plain text.</param>
/// <param name="Payload">What the channel is sent: a Slack message, an Adaptive Card, HTML, the webhook's body, or for in-app the data.</param>
public sealed record RenderedNotice(string Title, string Text, string Payload);
