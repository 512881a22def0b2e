using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Auth;

/// <summary>Makes the credentials of instances, for their owners.</summary>
public sealed class InstanceCredentialsFactory(
    ISecretVault vault, OAuthClient client, IOptions<CredentialOptions> options, TimeProvider time, ILogger<InstanceCredentials> logger)
{
    private static long _last;

    /// <summary>Makes those of one instance.</summary>
    /// <param name="target">The instance and its template.</param>
    /// <param name="allowPrivateAddresses">Whether the operator allows this tenant's token endpoints on private addresses.</param>
    /// <param name="observer">Is told of changes of state.</param>
    /// <exception cref="OAuthException">The instance names a way to sign in that its template does not have.</exception>
    public InstanceCredentials Create(ResolvedInstance target, bool allowPrivateAddresses, ICredentialObserver observer)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(observer);
        // Two owners of one instance, which a split cluster may have for a moment, are never taken for each other, not even in one process.
        var holder = string.Create(
            CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}/{Interlocked.Increment(ref _last)}");
        return new InstanceCredentials(target, allowPrivateAddresses, holder, observer, vault, client, options.Value, time, Random.Shared, logger);
    }
}
