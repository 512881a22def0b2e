using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Tests.Routing;

public class CanaryShareTests
{
    [Fact]
    public void Includes_AnyTicket_IsInEveryLargerShareAndTheSameEachTime()
    {
        var cases = from id in Gen.Choose(0, int.MaxValue) from one in Gen.Choose(0, 255) from other in Gen.Choose(0, 255) select (Id: $"x:{id}", One: one / 255d, Other: other / 255d);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var inSmall = CanaryShare.Includes("head-1", one.Id, Math.Min(one.One, one.Other));
            return inSmall == CanaryShare.Includes("head-1", one.Id, Math.Min(one.One, one.Other))
                && (!inSmall || CanaryShare.Includes("head-1", one.Id, Math.Max(one.One, one.Other)))
                && CanaryShare.Includes("head-1", one.Id, 1)
                && !CanaryShare.Includes("head-1", one.Id, 0);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void Includes_ManyTickets_IsTheShare(double share)
    {
        var count = Enumerable.Range(0, 20_000).Count(i => CanaryShare.Includes("head-0123456789abcdef", $"servicenow:{i:x32}", share));

        Assert.InRange(count / 20_000d, share - 0.015, share + 0.015);
    }

    [Fact]
    public void Includes_AnotherVersion_TakesOtherTickets()
    {
        var ids = Enumerable.Range(0, 10_000).Select(i => $"jira:{i}").ToList();
        var both = ids.Count(id => CanaryShare.Includes("head-a", id, 0.2) && CanaryShare.Includes("head-b", id, 0.2));

        Assert.InRange(both / 10_000d, 0.02, 0.06);
    }
}
