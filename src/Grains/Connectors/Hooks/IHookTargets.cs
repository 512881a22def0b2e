using Steward.Engines.Connectors.Webhooks;

namespace Steward.Connectors;

/// <summary>Finds what a tenant's instance says about its webhooks, with the secret from the vault. Asked for each request; nothing of the answer is kept.</summary>
public interface IHookTargets
{
    /// <summary>The target; null when there is no such instance, or it is switched off.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="instance">The instance's name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<HookTarget?> FindAsync(string tenantId, string instance, CancellationToken cancellationToken);

    /// <summary>How soon the instance's senders want an answer, the shortest time of its webhooks; null when there is no such instance. Asks no vault.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="instance">The instance's name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<TimeSpan?> FindReplyWithinAsync(string tenantId, string instance, CancellationToken cancellationToken);
}
