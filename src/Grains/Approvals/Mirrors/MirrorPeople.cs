using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Identity;
using Steward.People;

namespace Steward.Approvals;

/// <summary>
/// Says who somebody is that decided in another system: the person of the tenant's directory with the account's address, with the roles with which they last came themselves. Safe for concurrent use.
/// </summary>
internal sealed class MirrorPeople(ITenantDirectories directories, IGrainFactory grains, PlatformIdentity platform, TimeProvider time)
{
    // A visit is noted once a day; who was not here since may have lost a role.
    private static readonly TimeSpan RolesHoldFor = TimeSpan.FromDays(2);

    /// <summary>The person, or why nobody can be told from it.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked.</exception>
    public async Task<(ApprovalActor? Actor, string? Why)> FindAsync(ApprovalState state, NativeAccount account, CancellationToken cancellationToken)
    {
        var tenantId = state.Request.TenantId;
        platform.Assume(tenantId);
        if (account.Email is not { Length: > 3 and <= 254 } email || !email.Contains('@', StringComparison.Ordinal))
        {
            return (null, "Whose account that is cannot be told here. Decide in Steward.");
        }

        if (await directories.ForTenant(tenantId).FindAsync(email.ToLowerInvariant(), cancellationToken) is not { IsActive: true } person)
        {
            return (null, "The company's directory knows nobody with that address who works here.");
        }

        platform.Assume(tenantId);
        if (await IsSharedAsync(tenantId, person, cancellationToken))
        {
            return (null, "With that address several people sign in. Sign in to Steward and decide there.");
        }

        if (person.UserId is null && (state.Request.Requester.Email is null || IsSomebodysAddress(state, person.Email)))
        {
            // By the address alone nobody can tell this person from another one; a sign-in can.
            return (null, "By the address alone it cannot be told who that is. Sign in to Steward and decide there.");
        }

        platform.Assume(tenantId);
        var seen = person.UserId is { } userId ? await grains.GetGrain<IPersonGrain>(GrainKeys.Person(tenantId, userId)).GetLastSeen(cancellationToken) : null;
        return (new ApprovalActor
        {
            UserId = person.UserId,
            Email = person.Email,
            Name = person.Name,
            Roles = seen is not null && time.GetUtcNow() - seen.At <= RolesHoldFor ? seen.Roles : [],
        }, null);
    }

    // What the directory remembers may be old: somebody else may have come with the address since.
    private async Task<bool> IsSharedAsync(string tenantId, Person person, CancellationToken cancellationToken)
    {
        if (person is { IsAddressShared: true, UserId: null } || KnownAddress.Of(person.Email) is not { } address)
        {
            return true;
        }

        var owners = await grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(tenantId, KnownAddress.PartOf(address))).Whose([address], cancellationToken);
        return owners.TryGetValue(address, out var owner) && (owner is null || (person.UserId is not null && owner != person.UserId));
    }

    // Somebody was asked under a user id whose address is not surely theirs any more.
    private static bool IsSomebodysAddress(ApprovalState state, string email) =>
        state.Levels.SelectMany(level => level.Seats).SelectMany(seat => seat.StandIns.Select(standIn => standIn.Person).Prepend(seat.Person))
            .Any(known => known is { UserId: not null } && known.Email.Equals(email, StringComparison.OrdinalIgnoreCase));
}
