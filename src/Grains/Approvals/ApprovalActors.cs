using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Identity;
using Steward.People;

namespace Steward.Approvals;

/// <summary>Callers as the machine sees them: with whether their mail address is surely theirs. Safe for concurrent use.</summary>
internal sealed class ApprovalActors(IGrainFactory grains, PlatformIdentity platform)
{
    /// <summary>
    /// The caller. Where nothing but the address would give them a right, it is noted first that they came with it, and then looked whose it is: of two who do so at once, one finds the other. Where that was not looked at, the address
    /// counts as shared: a level that opens in between takes another click.
    /// </summary>
    public async ValueTask<ApprovalActor> OfAsync(CallerIdentity caller, ApprovalState? state, CancellationToken cancellationToken)
    {
        var actor = ApprovalViews.ActorOf(caller) with { IsAddressShared = true };
        return state is not null && KnownAddress.Of(caller.Email) is { } address && ApprovalMachine.IsByAddressAlone(state, actor)
            ? actor with { IsAddressShared = !await IsTheirsAsync(caller, address, cancellationToken) }
            : actor;
    }

    /// <summary>Whether nobody else lately came with an address; that the caller did is noted.</summary>
    public async Task<bool> IsTheirsAsync(CallerIdentity caller, string address, CancellationToken cancellationToken)
    {
        platform.Assume(caller.TenantId);
        var index = grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(caller.TenantId, KnownAddress.PartOf(address)));

        // Whoever answers in a channel and never signed in has no id of their own yet.
        var hasId = caller.UserId != ApprovalNotices.PlaceholderOf(address);
        if (hasId)
        {
            await index.Saw(address, caller.UserId, cancellationToken);
        }

        return !(await index.Whose([address], cancellationToken)).TryGetValue(address, out var owner) || (hasId ? owner == caller.UserId : owner is not null);
    }

    /// <summary>The user id of whoever surely has an address; null while nobody came with it lately, or several people did.</summary>
    public async Task<string?> FindOwnerAsync(string tenantId, string address, CancellationToken cancellationToken)
    {
        platform.Assume(tenantId);
        return (await grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(tenantId, KnownAddress.PartOf(address))).Whose([address], cancellationToken)).GetValueOrDefault(address);
    }
}
