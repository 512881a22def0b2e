using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Client;

/// <summary>Models over grain calls.</summary>
internal sealed class StewardModels(IClusterClient cluster, IdentityEnvelopeSigner signer, IOptions<StewardClientOptions> options, TimeProvider time, ILogger<StewardModels> logger) : IStewardModels
{
    private readonly RetryingCaller _caller = new(options.Value, time, Random.Shared.NextDouble, CallFailures.IsTransient, logger);

    /// <inheritdoc/>
    public IModelClient For(CallerIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        GrainKeys.Tenant(identity.TenantId);
        return identity.Roles.Contains(WellKnownRoles.System)
            ? throw StewardException.Forbidden("No person has the platform's own role.")
            : new StewardModelClient(cluster, new CallEnvelope(signer, identity), identity, _caller, options.Value, time);
    }
}
