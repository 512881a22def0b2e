using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Sending;

namespace Steward.Engines.Notifications.Teams;

/// <summary>
/// Sends cards of a bot to people in Teams (template <c>teams-bot</c>). Who a mail address belongs to, another instance says: that of the setting <c>directory</c>, of a template with <c>users.get</c> such as <c>entra-id</c> or
/// <c>teams</c>. A later notice of a thread replaces the thread's card; reminders and comments also say so in a line of text, since a change alone alerts nobody.
/// </summary>
internal sealed class TeamsSender(IConnectorRegistry connectors, TimeProvider time) : IChannelSender
{
    private const int MaxReply = 3_000;

    private readonly KnownPeople _people = new(time);

    public string Channel => "teams";

    // Activities take no key and a bot cannot look them up.
    public ChannelTraits Traits { get; } = new(CanUpdate: true, KnowsDelivered: false, KnowsSeen: false, HasKey: false);

    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Settings.Instance is null || !message.Settings.Settings.TryGetValue("directory", out var directory))
        {
            return SendResults.Undeliverable("The channel teams needs a connector instance of the template teams-bot, and in its settings 'directory', the instance that knows people by their mail address.");
        }

        var calls = new ChannelCalls(await connectors.OpenAsync(message.Notice.TenantId, null, cancellationToken), message);
        var content = NoticeComposer.Compose(message.Notice, message.Settings);
        if (TeamsReference.TryParse(message.Reference, out var conversation, out var activity)
            && await ChangeAsync(calls, message, content, conversation, activity, cancellationToken) is { } changed)
        {
            return changed;
        }

        return await PostAsync(calls, message, content, directory, cancellationToken);
    }

    // Null when the card is gone, so that a new one is needed.
    private static async Task<SendResult?> ChangeAsync(ChannelCalls calls, ChannelMessage message, NoticeContent content, string conversation, string activity, CancellationToken cancellationToken)
    {
        var kind = message.Notice.Kind;
        if (kind != NoticeKinds.ApprovalComment)
        {
            var replaced = await calls.DoAsync(
                "cards.update", "update", new { conversationId = conversation, activityId = activity, summary = content.Title, card = AdaptiveCard.Of(content) }, cancellationToken);
            if (replaced is ActionFailed { Code: "not_found" })
            {
                return null;
            }

            if (replaced is not ActionSucceeded)
            {
                return SendResults.Of(replaced, message.Reference);
            }
        }

        if (kind is not (NoticeKinds.ApprovalComment or NoticeKinds.ApprovalReminder or NoticeKinds.ApprovalEscalated))
        {
            return SendResults.Sent(message.Reference);
        }

        var text = PlainText.Lines(content.Text.Length > 0 ? $"{content.Title}\n{content.Text}" : content.Title, MaxReply);
        return SendResults.Of(await calls.DoAsync("messages.post", "say", new { conversationId = conversation, text }, cancellationToken), message.Reference);
    }

    private async Task<SendResult> PostAsync(ChannelCalls calls, ChannelMessage message, NoticeContent content, string directory, CancellationToken cancellationToken)
    {
        if (message.Notice.Recipient.Email is not { Length: > 2 } email)
        {
            return SendResults.Undeliverable("The person has no mail address, by which the directory would know them.");
        }

        if (_people.Find(message) is not { } conversation)
        {
            var (found, failure) = await FindAsync(calls, message, directory, email, cancellationToken);
            if (found is null)
            {
                return failure!;
            }

            conversation = found;
        }

        var posted = await calls.DoAsync("cards.post", "card", new { conversationId = conversation, summary = content.Title, card = AdaptiveCard.Of(content) }, cancellationToken);
        switch (posted)
        {
            case ActionSucceeded { Result: var result } when result.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String:
                return SendResults.Sent(TeamsReference.Format(conversation, id.GetString()!));
            case ActionFailed { Code: "not_found" } gone:
                _people.Forget(message);
                return new SendResult { Outcome = SendOutcome.FailedForNow, Error = gone.Message };
            default:
                return SendResults.Of(posted, null);
        }
    }

    private async Task<(string? Conversation, SendResult? Failure)> FindAsync(ChannelCalls calls, ChannelMessage message, string directory, string email, CancellationToken cancellationToken)
    {
        var person = await calls.AskAsync(directory, "users.get", new { userId = email }, cancellationToken);
        if (person is ActionFailed { Code: "not_found" })
        {
            return (null, SendResults.Undeliverable("The directory knows nobody with this mail address."));
        }

        if (person is not ActionSucceeded found)
        {
            return (null, SendResults.Of(person, null));
        }

        var opened = await calls.DoAsync("conversations.open", "open", new { userId = found.Result.GetProperty("id").GetString() }, cancellationToken);
        switch (opened)
        {
            case ActionSucceeded open:
                var conversation = open.Result.GetProperty("id").GetString()!;
                _people.Keep(message, conversation);
                return (conversation, null);
            case ActionUnknown unknown:
                // To open a chat twice does no harm.
                return (null, new SendResult { Outcome = SendOutcome.FailedForNow, Error = unknown.Reason });
            default:
                return (null, SendResults.Of(opened, null));
        }
    }
}
