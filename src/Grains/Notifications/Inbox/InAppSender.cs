using Steward.Engines.Notifications;
using Steward.Engines.Notifications.Rendering;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Notifications;

/// <summary>The channel in-app: puts notices into people's inboxes, which take each once.</summary>
internal sealed class InAppSender(IGrainFactory grains, PlatformIdentity platform) : IChannelSender
{
    /// <inheritdoc/>
    public string Channel => NotificationChannels.InApp;

    /// <inheritdoc/>
    public ChannelTraits Traits { get; } = new(CanUpdate: false, KnowsDelivered: true, KnowsSeen: true, HasKey: true);

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        var notice = message.Notice;
        var rendered = NoticeRenderer.ForInbox(notice, message.Settings);
        var item = new InboxItem
        {
            NoticeId = notice.NoticeId,
            Kind = notice.Kind,
            SubjectId = notice.SubjectId,
            ThreadId = notice.ThreadId,
            Title = rendered.Title,
            Text = rendered.Text,
            Data = rendered.Payload,
            At = notice.CreatedAt,
        };
        try
        {
            platform.Assume(notice.TenantId);
            await grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(notice.TenantId, notice.Recipient.UserId)).Deliver(item, cancellationToken);
            return new SendResult { Outcome = SendOutcome.Sent, IsDelivered = true, Reference = notice.NoticeId };
        }
        catch (StewardException exception) when (exception.Code != ErrorCodes.Unavailable)
        {
            return new SendResult { Outcome = SendOutcome.Undeliverable, Error = exception.Message };
        }
    }
}
