using Orleans.Runtime;
using Steward.Engines.Security;

namespace Steward.Identity;

/// <summary>Lets background work of the silo call grains in the platform's own name, limited to one tenant.</summary>
public sealed class PlatformIdentity(IdentityEnvelopeSigner signer)
{
    /// <summary>The user id of the platform.</summary>
    public const string UserId = "u-system";

    /// <summary>
    /// Signs for the platform in <paramref name="tenantId"/> and makes it the identity of the grain calls that follow in this flow. Call it
    /// before each call of long-running work, since an envelope lives for minutes only.
    /// </summary>
    public void Assume(string tenantId)
    {
        var identity = new EnvelopeIdentity { TenantId = tenantId, UserId = UserId, Roles = [WellKnownRoles.System] };
        RequestContext.Set(IdentityContext.Key, signer.Sign(identity));
    }
}
