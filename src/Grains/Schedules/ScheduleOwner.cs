using Microsoft.Extensions.Options;
using Steward.Errors;
using Steward.Identity;
using Steward.People;

namespace Steward.Schedules;

/// <summary>
/// In whose name a schedule acts now. No sign-in happens when it fires: the person has the roles of when they made it, as far as they had them too when they were last here.
/// </summary>
internal sealed class ScheduleOwner(IGrainFactory grains, PlatformIdentity platform, IOptions<ScheduleOptions> options, TimeProvider time)
{
    /// <summary>The identity of now.</summary>
    /// <exception cref="StewardException"><c>forbidden</c>: the rights to have the schedule are gone.</exception>
    public async Task<CallerIdentity> ResolveAsync(ScheduleCreated created, bool ofTenant)
    {
        var owner = created.Owner;
        platform.Assume(owner.TenantId);
        if (await grains.GetGrain<IPersonGrain>(GrainKeys.Person(owner.TenantId, owner.UserId)).GetLastSeen() is not { } seen)
        {
            return owner;
        }

        if (options.Value.OwnerUnseenFor is { } longest && time.GetUtcNow() - seen.At > longest)
        {
            throw StewardException.Forbidden($"Whoever made the schedule has not been here since {seen.At.UtcDateTime:yyyy-MM-dd}.");
        }

        List<string> roles = [.. owner.Roles.Where(seen.Roles.Contains)];
        return !ofTenant || roles.Contains(WellKnownRoles.Admin)
            ? owner with { Roles = roles }
            : throw StewardException.Forbidden("Whoever made the tenant's schedule is no admin any more.");
    }
}
