using Steward.Engines.Connectors;

namespace Steward.Engines.Notifications.Sending;

/// <summary>What the outcome of a connector's call means for a notice.</summary>
internal static class SendResults
{
    public static SendResult Sent(string? reference) => new() { Outcome = SendOutcome.Sent, Reference = reference };

    public static SendResult Undeliverable(string error) => new() { Outcome = SendOutcome.Undeliverable, Error = error };

    public static SendResult Of(ActionOutcome outcome, string? reference) => outcome switch
    {
        ActionSucceeded => Sent(reference),
        ActionUnknown unknown => new SendResult { Outcome = SendOutcome.Unknown, Reference = reference, Error = unknown.Reason },
        ActionFailed failed => new SendResult
        {
            // A sign-in that does not work now may be mended within the time of the retries; a right that is missing, or a message that is refused, will not be.
            Outcome = failed.IsRetryable || failed.Code is "rate_limited" or "unavailable" or "timeout" or "unauthenticated" ? SendOutcome.FailedForNow : SendOutcome.Undeliverable,
            Error = failed.Message,
            RetryAfter = failed.RetryAfter,
            IsOfRecipient = failed.IsOfResource,
        },
        _ => new SendResult { Outcome = SendOutcome.Unknown, Error = "How it ended is not known." },
    };
}
