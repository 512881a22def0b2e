using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Connectors;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Sending;

namespace Steward.Engines.Notifications.Mail;

/// <summary>
/// Sends mail through an instance of the template <c>smtp</c>. The message id follows from the notice, so that mailboxes know a repetition; later mails of a thread answer the first. What a mail links to only opens a page.
/// </summary>
internal sealed class MailSender(IConnectorRegistry connectors) : IChannelSender
{
    public string Channel => "email";

    public ChannelTraits Traits { get; } = new(CanUpdate: false, KnowsDelivered: false, KnowsSeen: false, HasKey: false);

    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Settings.Instance is null)
        {
            return SendResults.Undeliverable("The channel email names no connector instance.");
        }

        if (string.IsNullOrWhiteSpace(message.Notice.Recipient.Email))
        {
            return SendResults.Undeliverable("The person has no mail address.");
        }

        var calls = new ChannelCalls(await connectors.OpenAsync(message.Notice.TenantId, null, cancellationToken), message);
        var content = NoticeComposer.Compose(message.Notice, message.Settings);
        var id = MessageIdOf(message, message.Notice.NoticeId);
        var thread = MessageIdOf(message, message.Notice.ThreadId);
        var sent = await calls.DoAsync(
            "mail.notice",
            "mail",
            new { to = message.Notice.Recipient.Email, subject = content.Title, text = MailText.Plain(content, withTitle: true), html = MailHtml.Of(content), messageId = id, inReplyTo = thread },
            cancellationToken);
        return sent is ActionFailed { Code: "not_found" } bounced ? new SendResult { Outcome = SendOutcome.Bounced, Error = bounced.Message } : SendResults.Of(sent, id);
    }

    // All mails of a thread answer the same id, which no mail needs to have: mail programs gather them by it, in whatever order they come.
    private static string MessageIdOf(ChannelMessage message, string what)
    {
        var host = Uri.TryCreate(message.Settings.PublicAddress, UriKind.Absolute, out var address) && address.HostNameType == UriHostNameType.Dns ? address.IdnHost : "steward.invalid";
        return $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{message.Notice.TenantId}\n{what}")).AsSpan(0, 16))}@{host}";
    }
}
