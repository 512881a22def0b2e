using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Sending;

namespace Steward.Engines.Notifications.Slack;

/// <summary>
/// Sends direct messages in Slack. A later notice of a thread changes the thread's message; a reminder or comment also answers in its thread, since a change alone alerts nobody. Messages carry the notice's mark in their metadata, by
/// which an attempt whose outcome is unknown is found before anything is sent again.
/// </summary>
internal sealed class SlackSender(IConnectorRegistry connectors, TimeProvider time) : IChannelSender
{
    private const int MaxReply = 3_000;

    private readonly KnownPeople _people = new(time);

    public string Channel => "slack";

    public ChannelTraits Traits { get; } = new(CanUpdate: true, KnowsDelivered: false, KnowsSeen: false, HasKey: true);

    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Settings.Instance is null)
        {
            return SendResults.Undeliverable("The channel slack names no connector instance.");
        }

        var calls = new ChannelCalls(await connectors.OpenAsync(message.Notice.TenantId, null, cancellationToken), message);
        var content = NoticeComposer.Compose(message.Notice, message.Settings);
        if (SlackReference.TryParse(message.Reference, out var channel, out var ts))
        {
            if (await ChangeAsync(calls, message, content, channel, ts, cancellationToken) is { } changed)
            {
                return changed;
            }
        }

        return await PostAsync(calls, message, content, cancellationToken);
    }

    // Null when the message is gone, so that a new one is needed.
    private static async Task<SendResult?> ChangeAsync(ChannelCalls calls, ChannelMessage message, NoticeContent content, string channel, string ts, CancellationToken cancellationToken)
    {
        var kind = message.Notice.Kind;
        if (kind != NoticeKinds.ApprovalComment)
        {
            var revised = await calls.DoAsync("messages.revise", "revise", new { channel, ts, text = Alert(content), blocks = SlackBlocks.Blocks(content) }, cancellationToken);
            if (revised is ActionFailed { Code: "not_found" or "forbidden" })
            {
                return null;
            }

            if (revised is not ActionSucceeded)
            {
                return SendResults.Of(revised, message.Reference);
            }
        }

        if (kind is not (NoticeKinds.ApprovalComment or NoticeKinds.ApprovalReminder or NoticeKinds.ApprovalEscalated))
        {
            return SendResults.Sent(message.Reference);
        }

        var text = PlainText.Lines(content.Text.Length > 0 ? $"{content.Title}\n{content.Text}" : content.Title, MaxReply);
        var replied = await calls.DoOnceAsync("messages.reply", "reply", new { channel, threadTs = ts, text = SlackBlocks.Calm(text) }, cancellationToken);
        return replied is ActionFailed { Code: "not_found" } ? null : SendResults.Of(replied, message.Reference);
    }

    private async Task<SendResult> PostAsync(ChannelCalls calls, ChannelMessage message, NoticeContent content, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(message.Notice.Recipient.Email))
        {
            return SendResults.Undeliverable("The person has no mail address, by which Slack would know them.");
        }

        if (_people.Find(message) is not { } channel)
        {
            var (found, failure) = await FindAsync(calls, message, cancellationToken);
            if (found is null)
            {
                return failure!;
            }

            channel = found;
        }

        var posted = await calls.DoOnceAsync("messages.present", "present", new { channel, text = Alert(content), blocks = SlackBlocks.Blocks(content) }, cancellationToken);
        switch (posted)
        {
            case ActionSucceeded { Result: var result } when result.TryGetProperty("ts", out var ts) && ts.ValueKind == JsonValueKind.String:
                return SendResults.Sent(SlackReference.Format(channel, ts.GetString()!));
            case ActionFailed { Code: "not_found" } gone:
                // The conversation that was known is no more; the next attempt looks again.
                _people.Forget(message);
                return new SendResult { Outcome = SendOutcome.FailedForNow, Error = gone.Message };
            default:
                return SendResults.Of(posted, null);
        }
    }

    private async Task<(string? Channel, SendResult? Failure)> FindAsync(ChannelCalls calls, ChannelMessage message, CancellationToken cancellationToken)
    {
        var user = await calls.DoAsync("users.find", "find", new { email = message.Notice.Recipient.Email }, cancellationToken);
        if (user is ActionFailed { Code: "not_found" } || user is ActionSucceeded { Result: var person } && person.TryGetProperty("deleted", out var deleted) && deleted.ValueKind == JsonValueKind.True)
        {
            return (null, SendResults.Undeliverable("Slack knows nobody with this mail address."));
        }

        if (user is not ActionSucceeded found)
        {
            return (null, SendResults.Of(user, null));
        }

        var opened = await calls.DoAsync("direct.open", "open", new { user = found.Result.GetProperty("id").GetString() }, cancellationToken);
        if (opened is not ActionSucceeded open)
        {
            return (null, SendResults.Of(Harmless(opened), null));
        }

        var channel = open.Result.GetProperty("id").GetString()!;
        _people.Keep(message, channel);
        return (channel, null);
    }

    // To open a conversation twice does no harm: not knowing whether it was opened is no more than a failure.
    private static ActionOutcome Harmless(ActionOutcome outcome) => outcome is ActionUnknown unknown ? new ActionFailed("unavailable", unknown.Reason, IsRetryable: true) : outcome;

    private static string Alert(NoticeContent content) => SlackBlocks.Calm(content.Title);
}
