using Steward.Engines.Notifications;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>What follows from the answer of a channel. Pure.</summary>
/// <param name="Row">What is to be written.</param>
/// <param name="IsLeaving">Whether the notice goes to the next channel, or has none left.</param>
internal sealed record SendVerdict(NoticeRow Row, bool IsLeaving)
{
    private const int MaxError = 500;
    private static readonly TimeSpan UnknownWait = TimeSpan.FromSeconds(30);

    /// <summary>Judges an answer.</summary>
    /// <param name="item">The notice.</param>
    /// <param name="result">The answer.</param>
    /// <param name="reference">The message that was to be brought up to date; null for a new one.</param>
    /// <param name="traits">What the channel can do.</param>
    /// <param name="retries">When notices are tried again.</param>
    /// <param name="now">When it answered.</param>
    public static SendVerdict Of(QueueItem item, SendResult result, string? reference, ChannelTraits traits, SendRetries retries, DateTimeOffset now)
    {
        var attempts = item.Row.Attempts + 1;
        var row = item.Row with { Attempts = attempts, Error = result.Error is { Length: > MaxError } error ? error[..MaxError] : result.Error };
        switch (result.Outcome)
        {
            case SendOutcome.Sent:
                return new SendVerdict(
                    row with
                    {
                        Delivery = result.IsDelivered ? NoticeDelivery.Delivered : NoticeDelivery.Sent,
                        IsOpen = false,
                        NextAt = null,
                        SentAt = now,
                        Reference = result.Reference ?? reference,
                        Error = null,
                        Engagement = traits.KnowsSeen ? row.Engagement : NoticeEngagement.Unknown,
                    },
                    false);
            case SendOutcome.FailedForNow:
                return Again(row, retries.After(attempts, result.RetryAfter), now);
            case SendOutcome.Unknown:
                return OfUnknown(item, row with { Delivery = NoticeDelivery.Unknown, Reference = result.Reference ?? reference }, reference, traits, retries, now);
            case SendOutcome.Bounced:
                return new SendVerdict(row with { Delivery = NoticeDelivery.Bounced }, true);
            default:
                return new SendVerdict(row with { Delivery = NoticeDelivery.Failed }, true);
        }
    }

    // A second message about the same is bad; a question that nobody gets is worse.
    private static SendVerdict OfUnknown(QueueItem item, NoticeRow row, string? reference, ChannelTraits traits, SendRetries retries, DateTimeOffset now)
    {
        if (traits.HasKey || (traits.CanUpdate && reference is not null))
        {
            return Again(row, retries.After(row.Attempts, null), now);
        }

        if (item.Next.Count > 0)
        {
            return new SendVerdict(row, true);
        }

        return item.Notice.IsActionable
            ? Again(row, retries.After(row.Attempts, UnknownWait), now)
            : new SendVerdict(row with { IsOpen = false, NextAt = null, SentAt = now, Engagement = NoticeEngagement.Unknown }, false);
    }

    private static SendVerdict Again(NoticeRow row, TimeSpan? wait, DateTimeOffset now) =>
        wait is { } until ? new SendVerdict(row with { NextAt = now + until }, false) : new SendVerdict(row, true);
}
