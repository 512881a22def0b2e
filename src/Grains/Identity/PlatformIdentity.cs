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

    /// <summary>
    /// Signs for a person, as the platform's own records name them, and makes that the identity of the grain calls that follow in this flow: for work that the
    /// person set up before. It never gives the platform's role.
    /// </summary>
    public void AssumePerson(CallerIdentity person)
    {
        ArgumentNullException.ThrowIfNull(person);
        if (person.Roles.Contains(WellKnownRoles.System))
        {
            throw new ArgumentException("No person has the platform's own role.", nameof(person));
        }

        RequestContext.Set(
            IdentityContext.Key,
            signer.Sign(new EnvelopeIdentity { TenantId = person.TenantId, UserId = person.UserId, Roles = person.Roles, Name = person.Name, Email = person.Email }));
    }
}
