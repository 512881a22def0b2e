using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Limits;

public sealed class SlidingWindowTests
{
    /// <summary>
    /// Arrivals of random cost at random times, calls that end in any order or are never heard of again, wall clocks that are set: no window ever holds more than it may, neither by the time of
    /// the permits nor by any time at which the system may have seen the calls.
    /// </summary>
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
            var seen = new List<(TimeSpan At, int Units)>();
            var open = new List<(long Id, TimeSpan At, int Units)>();
            foreach (var (wait, cost, kind, shift) in steps)
            {
                // From nothing to several windows.
                time.Advance(window * wait * wait / 40);
                time.Wall += kind == 9 ? TimeSpan.FromHours(shift - 50) : TimeSpan.Zero;
                var permit = state.Enter(new CallIntent("things.get", cost, null, null, IsRetry: false));
                if (permit.IsGranted)
                {
                    granted.Add((time.Elapsed, Math.Min(cost, max)));
                    open.Add((permit.Id, time.Elapsed, Math.Min(cost, max)));
                }

                if (kind < 6 && open.Count > 0)
                {
                    var (id, from, units) = open[shift % open.Count];
                    open.RemoveAt(shift % open.Count);
                    // A call that takes longer than its time limit is given up by its caller, and its permit lapses.
                    if (time.Elapsed - from <= TimeSpan.FromSeconds(60))
                    {
                        seen.Add((from + ((time.Elapsed - from) * (shift / 99.0)), units));
                    }

                    state.Leave(new CallReport { PermitId = id, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.FromMilliseconds(1) });
                }
            }

            return MostIn(window, granted) <= max && MostIn(window, seen) <= max;
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
                    permit = Ask(state);
                }

                if (!permit.IsGranted)
                {
                    return false;
                }

                state.Leave(Ended(permit));
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
            var permit = Ask(state);
            granted += permit.IsGranted ? 1 : 0;
            state.Leave(Ended(permit));
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

    // Every interval that holds most begins at one of them; both ends belong to it.
    private static int MostIn(TimeSpan window, List<(TimeSpan At, int Units)> calls)
    {
        var ordered = calls.OrderBy(call => call.At).ToList();
        return ordered.Select((first, at) => ordered.Skip(at).TakeWhile(call => call.At - first.At <= window).Sum(call => call.Units)).DefaultIfEmpty().Max();
    }

    private static CallReport Ended(CallPermit permit) =>
        new() { PermitId = permit.Id, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.Zero };

    private static CallPermit Ask(InstanceState state) => state.Enter(new CallIntent("things.get", 1, null, null, IsRetry: false));

    internal static ConnectorTemplate Limited(TimeSpan window, int max) => TestTemplate.Of() with { Limits = [new LimitSpec { Window = window, Max = max }] };
}
