using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models.Admission;

namespace Steward.Engines.Models.Tests.Admission;

public sealed class FairQueueTests
{
    private static readonly int[] Weights = [8, 4, 1];

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 6)]
    [InlineData(2, 15)]
    public void Bound_DefaultWeights_AsDocumented(int tier, int admissions) => Assert.Equal(admissions, FairQueue<object>.Bound(Weights, tier));

    [Fact]
    public void Take_AllTiersFull_SharedByWeight()
    {
        var queue = new FairQueue<string>(Weights);
        for (var i = 0; i < 1300; i++)
        {
            queue.Add(i % 3, $"t-{i % 5}", $"{i % 3}");
        }

        var taken = Take(queue, 260).GroupBy(call => call).ToDictionary(group => group.Key, group => group.Count());

        Assert.Equal((160, 80, 20), (taken["0"], taken["1"], taken["2"]));
    }

    [Fact]
    public void Take_OneTenantHasMany_OthersOfItsTierTakeTurns()
    {
        var queue = new FairQueue<string>(Weights);
        for (var i = 0; i < 100; i++)
        {
            queue.Add(1, "t-noisy", "noisy");
        }

        queue.Add(1, "t-quiet", "quiet");

        Assert.Equal(["noisy", "quiet", "noisy"], Take(queue, 3));
    }

    [Fact]
    public void Take_TierWasIdle_IsNotCreditedForIt()
    {
        var queue = new FairQueue<string>(Weights);
        for (var i = 0; i < 1000; i++)
        {
            queue.Add(2, "t-free", "free");
        }

        Take(queue, 500);
        for (var i = 0; i < 100; i++)
        {
            queue.Add(0, "t-big", "enterprise");
        }

        Assert.InRange(Take(queue, 45).Count(call => call == "free"), 4, 6);
    }

    /// <summary>
    /// However calls come and go: a call that is its tenant's first enters within as many admissions as documented, times the tenants of its tier that waited when it became the first; and a tenant's calls keep their order.
    /// </summary>
    [Fact]
    public void Take_AnyArrivals_NobodyStarves() => Prop.ForAll(
        Gen.ListOf(from what in Gen.Choose(0, 5) from tier in Gen.Choose(0, 2) from number in Gen.Choose(0, 4) select (what, tier, number)).Select(list => list.ToList()).ToArbitrary(),
        Gen.ArrayOf(Gen.Choose(1, 9), 3).ToArbitrary(),
        (steps, weights) =>
        {
            var queue = new FairQueue<Waiting>(weights);
            var lanes = new Dictionary<(int Tier, string Tenant), List<Waiting>>();
            var admissions = 0;
            bool TakeOne()
            {
                if (!queue.TryTake(out var taken))
                {
                    return queue.Count == 0;
                }

                admissions++;
                var lane = lanes[(taken.Tier, taken.Tenant)];
                var inTime = lane[0] == taken && admissions - taken.FirstSince <= taken.Ahead * FairQueue<Waiting>.Bound(weights, taken.Tier);
                lane.RemoveAt(0);
                Promote(taken.Tier, taken.Tenant);
                return inTime;
            }

            void Promote(int tier, string tenant)
            {
                if (lanes[(tier, tenant)].FirstOrDefault() is { FirstSince: < 0 } first)
                {
                    (first.FirstSince, first.Ahead) = (admissions, queue.TenantsOf(tier));
                }
            }

            foreach (var (what, tier, number) in steps.Concat(steps).Concat(steps))
            {
                var tenant = $"t-{number}";
                if (what < 4)
                {
                    var call = new Waiting(tier, tenant);
                    queue.Add(tier, tenant, call);
                    lanes.TryAdd((tier, tenant), []);
                    lanes[(tier, tenant)].Add(call);
                    Promote(tier, tenant);
                }
                else if (what == 4 && lanes.TryGetValue((tier, tenant), out var lane) && lane.Count > 0)
                {
                    var gone = lane[^1];
                    if (!queue.Remove(tier, tenant, gone) || queue.Remove(tier, tenant, gone))
                    {
                        return false;
                    }

                    lane.RemoveAt(lane.Count - 1);
                }
                else if (!TakeOne())
                {
                    return false;
                }
            }

            while (queue.Count > 0)
            {
                if (!TakeOne())
                {
                    return false;
                }
            }

            return lanes.Values.All(lane => lane.Count == 0);
        }).QuickCheckThrowOnFailure();

    private static List<string> Take(FairQueue<string> queue, int count)
    {
        var taken = new List<string>();
        while (taken.Count < count && queue.TryTake(out var call))
        {
            taken.Add(call);
        }

        return taken;
    }

    private sealed class Waiting(int tier, string tenant)
    {
        public int Tier => tier;

        public string Tenant => tenant;

        public int FirstSince { get; set; } = -1;

        public int Ahead { get; set; }
    }
}
