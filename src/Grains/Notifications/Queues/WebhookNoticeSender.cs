using System.Text.Json;
using Steward.Engines.Notifications;
using Steward.Engines.Notifications.Rendering;
using Steward.Identity;
using Steward.Webhooks;

namespace Steward.Notifications;

/// <summary>The channel webhook: hands notices to one of the tenant's webhooks, which signs them, sends them and tries again by itself.</summary>
internal sealed class WebhookNoticeSender(IGrainFactory grains, PlatformIdentity platform) : IChannelSender
{
    private static readonly TimeSpan TooMany = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public string Channel => NotificationChannels.Webhook;

    /// <inheritdoc/>
    public ChannelTraits Traits { get; } = new(CanUpdate: false, KnowsDelivered: false, KnowsSeen: false, HasKey: true);

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        var notice = message.Notice;
        if (!GrainKeys.IsValidPart(message.Settings.Instance, 'w'))
        {
            return new SendResult { Outcome = SendOutcome.Undeliverable, Error = "the channel names no webhook" };
        }

        platform.Assume(notice.TenantId);
        var webhook = grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(notice.TenantId, message.Settings.Instance!));
        if (await webhook.GetInfo(cancellationToken) is not { Enabled: true })
        {
            return new SendResult { Outcome = SendOutcome.Undeliverable, Error = "the webhook does not exist or is switched off" };
        }

        using var body = JsonDocument.Parse(NoticeRenderer.Render(notice, message.Settings).Payload);
        var isTaken = await webhook.TryNotify(
            new WebhookEvent
            {
                Type = notice.Kind,
                Occurrence = notice.NoticeId,
                At = notice.CreatedAt,
                Subject = notice.SubjectId,
                DataJson = body.RootElement.GetProperty("data").GetRawText(),
            },
            cancellationToken);
        return isTaken
            ? new SendResult { Outcome = SendOutcome.Sent, Reference = notice.NoticeId }
            : new SendResult { Outcome = SendOutcome.FailedForNow, RetryAfter = TooMany, Error = "too many messages wait in the webhook already" };
    }
}
