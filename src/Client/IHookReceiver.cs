using Steward.Connectors;

namespace Steward.Client;

/// <summary>Hands what external systems send to the cluster. For front-end servers.</summary>
public interface IHookReceiver
{
    /// <summary>Judges a request and takes its events, which are durable when this returns. Idempotent by the sender's own ids.</summary>
    /// <param name="tenantId">The tenant, as the sender named it.</param>
    /// <param name="instance">The connector instance, as the sender named it.</param>
    /// <param name="delivery">The request.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What to answer; the same for a tenant or instance that there is not as for a wrong signature.</returns>
    /// <exception cref="Errors.StewardException"><c>unavailable</c>: the sender should come again.</exception>
    Task<HookAnswer> ReceiveAsync(string tenantId, string instance, HookDelivery delivery, CancellationToken cancellationToken = default);
}
