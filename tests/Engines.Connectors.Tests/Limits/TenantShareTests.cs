using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Limits;

public sealed class TenantShareTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Instances come and go at random times, look at the list at random times that are no further apart than the lag, and call as often as they may: in no window do all of them together get more than
    /// the limit. One that is created when no other is there is not told of those before it, so one instance is there from the beginning to the end.
    /// </summary>
    [Fact]
    public void Enter_InstancesComeAndGo_NoIntervalHoldsMoreThanTheLimit()
    {
        var step =
            from kind in Gen.Choose(0, 19)
            from who in Gen.Choose(0, 5)
            from wait in Gen.Choose(0, 8)
            select (kind, who, wait);
        var run =
            from steps in Gen.ListOf(step, 600)
            from max in Gen.Choose(1, 20)
            select (steps, max);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(run.ToArbitrary(), static input =>
        {
            var time = new ManualTime();
            var template = SharedLimit(input.max);
            var granted = new List<TimeSpan>();
            var instances = new SortedDictionary<int, One>();
            Create(0);
            foreach (var (kind, who, wait) in input.steps)
            {
                time.Advance(TimeSpan.FromSeconds(wait));
                switch (kind)
                {
                    case 0 when !instances.ContainsKey(who):
                        Create(who);
                        break;
                    case 1 when who != 0:
                        instances.Remove(who);
                        break;
                    case 2 when instances.TryGetValue(who, out var looking):
                        Look(who, looking);
                        break;
                    default:
                        foreach (var (_, calling) in instances)
                        {
                            while (calling.State.Enter(new CallIntent("things.get", 1, null, null, IsRetry: false)) is { IsGranted: true } permit)
                            {
                                granted.Add(time.Elapsed);
                                calling.State.Leave(new CallReport { PermitId = permit.Id, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.Zero });
                            }
                        }

                        break;
                }

                // Nobody waits longer than the lag, whatever the draw says.
                foreach (var (name, late) in instances.Where(instance => time.Elapsed - instance.Value.LookedAt > TenantShare.Lag - TimeSpan.FromSeconds(8)).ToList())
                {
                    Look(name, late);
                }
            }

            return granted.TrueForAll(from => granted.Count(at => at >= from && at < from + Window) <= input.max);

            void Create(int name)
            {
                instances[name] = new One(new InstanceState(template, time, new Random(7), new TenantShare()));
                Look(name, instances[name]);
            }

            void Look(int name, One one)
            {
                one.State.Share(instances.Count, instances.Keys.ToList().IndexOf(name));
                one.LookedAt = time.Elapsed;
            }
        }));
    }

    [Fact]
    public void BoundOf_SecondInstanceComes_TheFirstGivesAtOnceAndTheSecondTakesLater()
    {
        var (first, second) = (new TenantShare(), new TenantShare());
        first.See(1, 0, TimeSpan.Zero);
        Assert.Equal(7, first.BoundOf(7, Window, TimeSpan.Zero));

        var at = TimeSpan.FromMinutes(10);
        first.See(2, 0, at);
        second.See(2, 1, at);
        Assert.Equal((4, 0), (first.BoundOf(7, Window, at), second.BoundOf(7, Window, at)));
        var later = at + Window + TenantShare.Lag;
        Assert.Equal((4, 3), (first.BoundOf(7, Window, later), second.BoundOf(7, Window, later)));

        // The second is deleted: what it used has to leave the window first.
        first.See(1, 0, later);
        Assert.Equal(4, first.BoundOf(7, Window, later + Window));
        Assert.Equal(7, first.BoundOf(7, Window, later + Window + TenantShare.Lag));
    }

    [Fact]
    public void Restore_WhatWasSeen_BoundsAsBefore()
    {
        var share = new TenantShare();
        share.See(3, 2, TimeSpan.FromSeconds(100));
        share.See(2, 1, TimeSpan.FromSeconds(150));
        var restored = new TenantShare();
        restored.Restore(share.Seen(TimeSpan.FromSeconds(160)), TimeSpan.FromSeconds(5));

        foreach (var after in Enumerable.Range(0, 200))
        {
            Assert.Equal(share.BoundOf(11, Window, TimeSpan.FromSeconds(160 + after)), restored.BoundOf(11, Window, TimeSpan.FromSeconds(5 + after)));
        }
    }

    [Fact]
    public void See_VeryManyChanges_NeverAllowsMoreThanTheSmallestOfTheWindow()
    {
        var share = new TenantShare();
        for (var i = 0; i < 100; i++)
        {
            share.See(i == 50 ? 10 : 1 + (i % 2), 0, TimeSpan.FromMilliseconds(i));
        }

        Assert.Equal(1, share.BoundOf(10, Window, TimeSpan.FromSeconds(1)));
    }

    private static ConnectorTemplate SharedLimit(int max)
    {
        var template = SlidingWindowTests.Limited(Window, max);
        return template with { Limits = [.. template.Limits.Select(limit => limit with { Scope = LimitScope.Tenant })] };
    }

    private sealed class One(InstanceState state)
    {
        public InstanceState State => state;

        public TimeSpan LookedAt { get; set; }
    }
}
