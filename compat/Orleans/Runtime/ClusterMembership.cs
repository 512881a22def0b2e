using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Orleans.Runtime;

/// <summary>Where a silo is in its life.</summary>
public enum SiloStatus
{
    /// <summary>Not known.</summary>
    None = 0,

    /// <summary>Created.</summary>
    Created = 1,

    /// <summary>About to join.</summary>
    Joining = 2,

    /// <summary>Works.</summary>
    Active = 3,

    /// <summary>Shuts down.</summary>
    ShuttingDown = 4,

    /// <summary>Stops.</summary>
    Stopping = 5,

    /// <summary>Gone, or declared to be.</summary>
    Dead = 6,
}

/// <summary>One silo of the cluster.</summary>
/// <param name="siloAddress">Its address.</param>
/// <param name="status">Where it is.</param>
/// <param name="name">Its name.</param>
public sealed class ClusterMember(SiloAddress siloAddress, SiloStatus status, string name)
{
    /// <summary>Its address.</summary>
    public SiloAddress SiloAddress { get; } = siloAddress;

    /// <summary>Where it is.</summary>
    public SiloStatus Status { get; } = status;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;
}

/// <summary>Counts changes of the membership.</summary>
/// <param name="version">The number.</param>
public readonly struct MembershipVersion(long version)
{
    /// <summary>The number.</summary>
    public long Value { get; } = version;
}

/// <summary>The silos of the cluster at one time.</summary>
/// <param name="members">The silos.</param>
/// <param name="version">Which state of the membership this is.</param>
public sealed class ClusterMembershipSnapshot(ImmutableDictionary<SiloAddress, ClusterMember> members, MembershipVersion version)
{
    /// <summary>The silos.</summary>
    public ImmutableDictionary<SiloAddress, ClusterMember> Members { get; } = members;

    /// <summary>Which state of the membership this is.</summary>
    public MembershipVersion Version { get; } = version;
}

/// <summary>Tells which silos there are.</summary>
public interface IClusterMembershipService
{
    /// <summary>The silos now.</summary>
    ClusterMembershipSnapshot CurrentSnapshot { get; }

    /// <summary>The silos now and after each change.</summary>
    IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates { get; }
}

/// <summary>The membership of the stand-in: this silo, for ever.</summary>
internal sealed class SingleSiloMembership(ILocalSiloDetails silo) : IClusterMembershipService
{
    public ClusterMembershipSnapshot CurrentSnapshot { get; } = new(
        ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(silo.SiloAddress, new ClusterMember(silo.SiloAddress, SiloStatus.Active, silo.Name)),
        new MembershipVersion(1));

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => UpdatesAsync(CancellationToken.None);

    private async IAsyncEnumerable<ClusterMembershipSnapshot> UpdatesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return CurrentSnapshot;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
