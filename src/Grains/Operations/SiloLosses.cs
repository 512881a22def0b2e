using Orleans.Runtime;

namespace Steward.Operations;

/// <summary>Tells from the cluster's membership when a silo was lost, and whether this one is to take up its work. Pure.</summary>
internal sealed class SiloLosses(SiloAddress self)
{
    private HashSet<SiloAddress>? _dead;

    /// <summary>Takes a state of the membership in.</summary>
    /// <returns>Whether a silo is gone since the last one and this silo, of all that are active, has the lowest address. Never for the first one: a silo takes up all work at its start.</returns>
    public bool Take(ClusterMembershipSnapshot snapshot)
    {
        var members = snapshot.Members.Values;
        var dead = members.Where(member => member.Status == SiloStatus.Dead).Select(member => member.SiloAddress).ToHashSet();
        var isNew = _dead is { } before && dead.Any(silo => !before.Contains(silo));
        _dead = dead;
        return isNew && self.Equals(members.Where(member => member.Status == SiloStatus.Active).Min(member => member.SiloAddress));
    }
}
