using Steward.Connectors;

namespace Steward.Client;

/// <summary>Hands what channels such as Slack send back, for example the click on a button, to the cluster. For front-end servers.</summary>
public interface IChannelReceiver
{
    /// <summary>Judges a request and does what the click asks for, in the name of whoever clicked.</summary>
    /// <param name="tenantId">The tenant, as the sender named it.</param>
    /// <param name="channel">The channel, as the sender named it.</param>
    /// <param name="delivery">The request.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What to answer; the same for a tenant or channel that there is not as for a wrong signature.</returns>
    /// <exception cref="Errors.StewardException"><c>unavailable</c>: the person should click again.</exception>
    Task<HookAnswer> ReceiveAsync(string tenantId, string channel, HookDelivery delivery, CancellationToken cancellationToken = default);
}
