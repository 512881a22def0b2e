using System.Collections.Immutable;
using System.Net;
using Orleans.Runtime;
using Steward.Operations;

namespace Steward.Grains.Tests.Operations;

public class SiloLossesTests
{
    private static readonly SiloAddress Low = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1);
    private static readonly SiloAddress High = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11112), 1);
    private static readonly SiloAddress Lost = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11110), 1);

    [Fact]
    public void Take_SiloIsLost_IsTakenUpByOneOfTheOthers()
    {
        var members = new[] { Low, High };
        var losses = members.Select(silo => new SiloLosses(silo)).ToList();
        losses.ForEach(silo => silo.Take(Snapshot((Low, SiloStatus.Active), (High, SiloStatus.Active), (Lost, SiloStatus.Active))));

        var taken = losses.ConvertAll(silo => silo.Take(Snapshot((Low, SiloStatus.Active), (High, SiloStatus.Active), (Lost, SiloStatus.Dead))));

        Assert.Single(taken, does => does);
    }

    [Fact]
    public void Take_TheOneThatWouldIsLostToo_TheNextDoes()
    {
        var first = members().Min()!;
        var second = members().Max()!;
        var losses = new SiloLosses(second);
        losses.Take(Snapshot((Low, SiloStatus.Active), (High, SiloStatus.Active), (Lost, SiloStatus.Active)));
        var before = losses.Take(Snapshot((Low, SiloStatus.Active), (High, SiloStatus.Active), (Lost, SiloStatus.Dead)));

        Assert.False(before);
        Assert.True(losses.Take(Snapshot((first, SiloStatus.Dead), (second, SiloStatus.Active), (Lost, SiloStatus.Dead))));

        static SiloAddress[] members() => [Low, High];
    }

    [Fact]
    public void Take_WhatWasGoneAtTheStartOrIsOnlyOneChange_IsNoLoss()
    {
        var losses = new SiloLosses(Low);

        Assert.False(losses.Take(Snapshot((Low, SiloStatus.Active), (Lost, SiloStatus.Dead))));
        Assert.False(losses.Take(Snapshot((Low, SiloStatus.Active), (Lost, SiloStatus.Dead), (High, SiloStatus.Joining))));
        Assert.False(losses.Take(Snapshot((Low, SiloStatus.Active), (High, SiloStatus.ShuttingDown))));
    }

    private static ClusterMembershipSnapshot Snapshot(params (SiloAddress Silo, SiloStatus Status)[] members) =>
        new(members.ToImmutableDictionary(member => member.Silo, member => new ClusterMember(member.Silo, member.Status, "silo")), new MembershipVersion(1));
}
