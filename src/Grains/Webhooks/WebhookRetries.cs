using Steward.Engines.Security.Webhooks;

namespace Steward.Webhooks;

/// <summary>What follows from an attempt. Pure.</summary>
/// <param name="options">Waits and limits.</param>
/// <param name="random">Even draws from [0, 1).</param>
internal sealed class WebhookRetries(WebhookOptions options, Func<double> random)
{
    private readonly IList<TimeSpan> _waits = options.RetryAfter.Count > 0 ? options.RetryAfter : [.. WebhookOptions.DefaultRetryAfter];

    /// <summary>Why a receiver that answered 410 is disabled.</summary>
    public const string Gone = "gone";

    /// <summary>Why a receiver that failed for days is disabled.</summary>
    public const string Failing = "failing";

    /// <summary>What to record.</summary>
    /// <param name="message">The message before the attempt.</param>
    /// <param name="failingSince">Since when every attempt has failed, without this one.</param>
    /// <param name="result">The attempt.</param>
    /// <param name="now">When it ended.</param>
    public WebhookAttempted After(WebhookMessageState message, DateTimeOffset? failingSince, WebhookResult result, DateTimeOffset now)
    {
        var attempted = new WebhookAttempted { DeliveryId = message.DeliveryId, At = now, State = WebhookDeliveryState.Failed, Status = result.Status, Error = result.Error };
        switch (result.Outcome)
        {
            case WebhookOutcome.Delivered:
                return attempted with { State = WebhookDeliveryState.Delivered };
            case WebhookOutcome.Gone:
                return attempted with { Disables = Gone };
            default:
                if (now - failingSince >= options.DisableAfter)
                {
                    return attempted with { Disables = Failing };
                }

                return message.Attempts < _waits.Count
                    ? attempted with { State = WebhookDeliveryState.Waiting, NextAt = now + Wait(message.Attempts, result.RetryAfter) }
                    : attempted;
        }
    }

    private TimeSpan Wait(int attempts, TimeSpan? asked)
    {
        var wait = _waits[attempts] * (0.8 + (0.4 * random()));
        return asked > wait ? asked.Value : wait;
    }
}
