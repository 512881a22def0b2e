using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Notifications.Sending;

/// <summary>Calls of a tenant's connector instance on behalf of a notice: each effect has an id that stays the same for all attempts.</summary>
internal sealed class ChannelCalls(ITenantConnectors connectors, ChannelMessage message)
{
    /// <summary>Carries out an operation of the channel's instance.</summary>
    /// <param name="operation">Inside the template, for example <c>messages.present</c>.</param>
    /// <param name="effect">Tells several effects of one notice apart.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<ActionOutcome> DoAsync(string operation, string effect, object arguments, CancellationToken cancellationToken) =>
        connectors.ExecuteAsync(Request(message.Settings.Instance!, operation, effect, arguments), cancellationToken);

    /// <summary>The same with another instance.</summary>
    public Task<ActionOutcome> AskAsync(string instance, string operation, object arguments, CancellationToken cancellationToken) =>
        connectors.ExecuteAsync(Request(instance, operation, operation, arguments), cancellationToken);

    /// <summary>
    /// Does something that must not happen twice: what an earlier attempt may have done is looked for first, and so is what this one may have done when its outcome is not known.
    /// </summary>
    /// <returns>Success with what is known of the result; a failure, after which it was certainly not done; or unknown.</returns>
    public async Task<ActionOutcome> DoOnceAsync(string operation, string effect, object arguments, CancellationToken cancellationToken)
    {
        var request = Request(message.Settings.Instance!, operation, effect, arguments);
        if (message.MayBeOut)
        {
            switch (await connectors.ReconcileAsync(request, message.Notice.CreatedAt, cancellationToken))
            {
                case ReconciledDone done:
                    return new ActionSucceeded(done.Result);
                case ReconcileUnknown unknown:
                    return new ActionUnknown(unknown.Reason);
                default:
                    break;
            }
        }

        for (var attempt = 1; ; attempt++)
        {
            var outcome = await connectors.ExecuteAsync(request, cancellationToken);
            if (outcome is not ActionUnknown lost)
            {
                return outcome;
            }

            switch (await connectors.ReconcileAsync(request, message.Notice.CreatedAt, cancellationToken))
            {
                case ReconciledDone done:
                    return new ActionSucceeded(done.Result);
                case ReconciledNotDone when attempt == 1:
                    // Looking took its time already.
                    break;
                case ReconciledNotDone:
                    return new ActionFailed("unavailable", lost.Reason, IsRetryable: true);
                default:
                    return lost;
            }
        }
    }

    private ActionRequest Request(string instance, string operation, string effect, object arguments) => new()
    {
        ActionId = $"{message.Notice.NoticeId}/{effect}",
        OperationId = $"{instance}.{operation}",
        Arguments = arguments as JsonElement? ?? JsonSerializer.SerializeToElement(arguments),
    };
}
