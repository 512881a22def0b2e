using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Client;

/// <summary>Webhooks of external systems over grain calls. Tries once: whoever sends them comes again.</summary>
internal sealed class StewardHookReceiver(IClusterClient cluster, IdentityEnvelopeSigner signer, TimeProvider time) : IHookReceiver
{
    // Slack wants an answer within three seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2500);

    /// <inheritdoc/>
    public async Task<HookAnswer> ReceiveAsync(string tenantId, string instance, HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        if (!GrainKeys.IsValidPart(tenantId, 't') || !GrainKeys.IsValidPart("c-" + instance, 'c'))
        {
            return new HookAnswer { Status = 401 };
        }

        new CallEnvelope(signer, new CallerIdentity { TenantId = tenantId, UserId = "u-system", Roles = [WellKnownRoles.System] }).Attach();
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await cluster.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(tenantId, instance)).Receive(delivery, both.Token).WaitAsync(both.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new StewardException(ErrorCodes.Unavailable, "Events cannot be taken now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
    }
}
