using Steward.Connectors;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Notifications.Answers;

namespace Steward.Notifications;

/// <summary>Judges what comes in for a channel, and reads clicks from what is genuine. Holds nothing.</summary>
internal sealed class ChannelRequests(IHookTargets targets, WebhookReceiver receiver)
{
    /// <summary>Judges a request.</summary>
    /// <param name="tenantId">The tenant, as the path says it.</param>
    /// <param name="channel">The channel as the tenant set it up; null when it did not, which is told apart by no answer.</param>
    /// <param name="delivery">The request.</param>
    /// <param name="cancellationToken">Stops waiting for the sender's keys.</param>
    /// <returns>A click, or what to answer at once.</returns>
    public async Task<(ClickReading? Reading, HookTarget? Target, HookAnswer? Answer)> JudgeAsync(
        string tenantId, NotificationChannel? channel, HookDelivery delivery, CancellationToken cancellationToken)
    {
        var target = channel is null ? null : await targets.FindAsync(tenantId, channel.Instance, cancellationToken);
        target = target is null ? null : target with { Webhooks = [.. target.Webhooks.Where(webhook => IsProof(channel!.Channel, webhook.Verification))] };
        var request = new HookRequest { Method = delivery.Method, Url = delivery.Url, Query = delivery.Query, Headers = delivery.Headers, Body = delivery.Body };
        switch (await receiver.ReceiveAsync(target, request, cancellationToken))
        {
            case HookChallenged challenge:
                return (null, target, new HookAnswer { Status = 200, ContentType = challenge.ContentType, Body = challenge.Body });
            case HookAccepted { Events: [var happened, ..] }:
                return (channel!.Channel == NotificationChannels.Slack ? SlackClicks.Read(happened.Payload, target!.Simulator) : TeamsClicks.Read(happened.Payload), target, null);
            case HookAccepted:
                return (new ClickIgnored(), target, null);
            case HookRefused { IsTransient: true }:
                return (null, target, new HookAnswer { Status = 503 });
            default:
                return (null, target, new HookAnswer { Status = 401 });
        }
    }

    // A shared value that others may have read is enough for events, but not for a decision in somebody's name.
    private static bool IsProof(string channel, WebhookVerification verification) => channel switch
    {
        NotificationChannels.Slack => verification is { Kind: WebhookVerificationKind.Hmac, TimestampHeader: not null },
        NotificationChannels.Teams => verification.Kind == WebhookVerificationKind.Jwt,
        _ => false,
    };
}
