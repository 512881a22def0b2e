using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Limits;

public sealed class SlidingWindowTests
{
    /// <summary>Arrivals of random cost at random times, calls that end or are never heard of again, wall clocks that are set: no window ever holds more than it may.</summary>
    [Fact]
    public void Enter_RandomTraffic_NoIntervalHoldsMoreThanTheLimit()
    {
        var step =
            from wait in Gen.Choose(0, 12)
            from cost in Gen.Choose(1, 4)
            from kind in Gen.Choose(0, 9)
            from shift in Gen.Choose(0, 99)
            select (wait, cost, kind, shift);
        var run =
            from steps in Gen.ListOf(step, 400)
            from max in Gen.Choose(1, 30)
            from windowUnits in Gen.Choose(1, 200)
            select (steps, max, windowUnits);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(run.ToArbitrary(), static input =>
        {
            var (steps, max, windowUnits) = input;
            var window = TimeSpan.FromMilliseconds(windowUnits * 50);
            var time = new ManualTime();
            var state = new InstanceState(Limited(window, max), time, new Random(7));
            var granted = new List<(TimeSpan At, int Units)>();
            var open = new Queue<long>();
            foreach (var (wait, cost, kind, shift) in steps)
            {
                // From nothing to several windows.
                time.Advance(window * wait * wait / 40);
                time.Wall += kind == 9 ? TimeSpan.FromHours(shift - 50) : TimeSpan.Zero;
                var permit = state.Enter(new CallIntent("things.get", cost, null, null, IsRetry: false));
                if (permit.IsGranted)
                {
                    granted.Add((time.Elapsed, Math.Min(cost, max)));
                    open.Enqueue(permit.Id);
                }

                if (kind < 6 && open.TryDequeue(out var id))
                {
                    state.Leave(new CallReport { PermitId = id, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.FromMilliseconds(1) });
                }
            }

            // Every interval that holds most begins at a grant; both ends belong to it.
            return granted.Count == 0 || granted.Select((first, at) => granted.Skip(at).TakeWhile(grant => grant.At - first.At <= window).Sum(grant => grant.Units)).Max() <= max;
        }));
    }

    [Fact]
    public void Enter_AfterTheTimeItNamed_IsGranted()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Gen.Zip(Gen.Choose(1, 20), Gen.ListOf(Gen.Choose(0, 500), 60)).ToArbitrary(), static input =>
        {
            var (max, waits) = input;
            var time = new ManualTime();
            var state = new InstanceState(Limited(TimeSpan.FromSeconds(2), max), time, new Random(7));
            foreach (var wait in waits)
            {
                time.Advance(TimeSpan.FromMilliseconds(wait));
                var permit = Ask(state);
                if (!permit.IsGranted)
                {
                    time.Advance(permit.RetryAfter!.Value);
                    if (!Ask(state).IsGranted)
                    {
                        return false;
                    }
                }
            }

            return true;
        }));
    }

    [Fact]
    public void Enter_CallerThatUsesAllItMay_GetsNearlyAllOfTheLimit()
    {
        var time = new ManualTime();
        var state = new InstanceState(Limited(TimeSpan.FromSeconds(10), 100), time, new Random(7));
        var granted = 0;
        for (; time.Elapsed < TimeSpan.FromSeconds(1000); time.Advance(TimeSpan.FromMilliseconds(10)))
        {
            granted += Ask(state).IsGranted ? 1 : 0;
            // Calls under way are bounded too; here only windows are looked at.
            state.Leave(new CallReport { PermitId = granted, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = default });
        }

        // Slots cost at most one part in 65.
        Assert.InRange(granted, 10_000 * 64 / 65, 10_100);
    }

    [Fact]
    public void Enter_ManyResources_HoldsEachOfThemToItsLimitInBoundedMemory()
    {
        var time = new ManualTime();
        var template = Limited(TimeSpan.FromSeconds(10), 2) with
        {
            Limits = [new LimitSpec { Scope = LimitScope.Resource, Resource = "{id}", Window = TimeSpan.FromSeconds(10), Max = 2 }],
        };
        var state = new InstanceState(template, time, new Random(7));
        var random = new Random(11);
        var granted = new Dictionary<string, List<TimeSpan>>();
        for (var i = 0; i < 30_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(random.Next(10)));
            var key = $"r{random.Next(random.Next(2) == 0 ? 20 : 2000)}";
            var permit = state.Enter(new CallIntent("things.get", 1, key, null, false));
            if (permit.IsGranted)
            {
                if (!granted.TryGetValue(key, out var times))
                {
                    granted[key] = times = [];
                }

                times.Add(time.Elapsed);
                state.Leave(new CallReport { PermitId = permit.Id, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = default, ResourceKey = key });
            }
        }

        Assert.True(granted.Count > 300);
        Assert.All(granted.Values, times => Assert.All(times.Zip(times.Skip(2)), pair => Assert.True(pair.Second - pair.First > TimeSpan.FromSeconds(10))));
    }

    private static CallPermit Ask(InstanceState state) => state.Enter(new CallIntent("things.get", 1, null, null, IsRetry: false));

    private static ConnectorTemplate Limited(TimeSpan window, int max) => TestTemplate.Of() with { Limits = [new LimitSpec { Window = window, Max = max }] };
}
