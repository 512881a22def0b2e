using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Client;

/// <summary>Answers from channels over grain calls. Tries once: whoever clicked clicks again, and a click counts once.</summary>
internal sealed class StewardChannelReceiver(IClusterClient cluster, IdentityEnvelopeSigner signer, TimeProvider time) : IChannelReceiver
{
    // Slack wants an answer within three seconds; others wait longer, but nobody likes to.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2800);

    /// <inheritdoc/>
    public async Task<HookAnswer> ReceiveAsync(string tenantId, string channel, HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        if (!GrainKeys.IsValidPart(tenantId, 't') || !NotificationChannels.External.Contains(channel))
        {
            return new HookAnswer { Status = 401 };
        }

        new CallEnvelope(signer, new CallerIdentity { TenantId = tenantId, UserId = "u-system", Roles = [WellKnownRoles.System] }).Attach();
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // What the click began goes on when nobody waits any more.
            return await cluster.GetGrain<INotificationSettingsGrain>(GrainKeys.NotificationSettings(tenantId)).ReceiveAction(channel, delivery, CancellationToken.None).WaitAsync(both.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new StewardException(ErrorCodes.Unavailable, "Answers cannot be taken now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
    }
}
