using System.Diagnostics.CodeAnalysis;

namespace Steward.Engines.Models.Admission;

/// <summary>
/// The calls of one priority that wait. Tiers share by weight (start-time fair queueing: the tier with the smallest start tag goes next, and its tag then grows by 1 / weight), tenants of a tier take turns, and a tenant's calls
/// keep their order. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// What nobody waits longer than: while calls of a tier with weight w wait, at least one of 1 + Σ (⌈v / w⌉ + 1) admissions, over the weights v of the other tiers, is the tier's; see <see cref="Bound"/>. Of the tier's admissions one of n is a
/// tenant's, with n tenants of the tier waiting when its call came to the front. With the default weights 8, 4 and 1 a call of the free tier that is its tenant's first enters within 15 n admissions, one of pro within 6 n, one of enterprise within 5 n.
/// </remarks>
internal sealed class FairQueue<T>
    where T : class
{
    private readonly Tier[] _tiers;
    private double _virtualTime;
    private long _order;

    /// <summary>Creates it.</summary>
    /// <param name="weights">One for each tier.</param>
    public FairQueue(IReadOnlyList<int> weights) => _tiers = [.. weights.Select(weight => new Tier(weight))];

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>In how many admissions, of those that this queue makes, one is a tier's as long as its calls wait.</summary>
    public static int Bound(IReadOnlyList<int> weights, int tier) => 1 + weights.Where((_, other) => other != tier).Sum(weight => ((weight + weights[tier] - 1) / weights[tier]) + 1);

    /// <summary>How many of a tenant wait.</summary>
    public int CountOf(int tier, string tenant) => _tiers[tier].Tenants.TryGetValue(tenant, out var lane) ? lane.Value.Waiting.Count : 0;

    /// <summary>How many tenants of a tier wait.</summary>
    public int TenantsOf(int tier) => _tiers[tier].Turn.Count;

    /// <summary>Adds a call at the end of its tenant's.</summary>
    public void Add(int tier, string tenant, T call)
    {
        var queue = _tiers[tier];
        if (queue.Turn.Count == 0)
        {
            // What a tier did not use while nobody waited is not credited.
            (queue.Start, queue.Order) = (Math.Max(_virtualTime, queue.Finish), _order++);
        }

        if (!queue.Tenants.TryGetValue(tenant, out var lane))
        {
            lane = queue.Turn.AddLast(new Lane(tenant));
            queue.Tenants[tenant] = lane;
        }

        lane.Value.Waiting.AddLast(call);
        Count++;
    }

    /// <summary>Takes a call out that goes away.</summary>
    /// <returns>False when it does not wait any more.</returns>
    public bool Remove(int tier, string tenant, T call)
    {
        var queue = _tiers[tier];
        if (!queue.Tenants.TryGetValue(tenant, out var lane) || lane.Value.Waiting.FindLast(call) is not { } node)
        {
            return false;
        }

        lane.Value.Waiting.Remove(node);
        Count--;
        if (lane.Value.Waiting.Count == 0)
        {
            queue.Remove(lane);
        }

        return true;
    }

    /// <summary>Takes the call out whose turn it is.</summary>
    public bool TryTake([NotNullWhen(true)] out T? call)
    {
        call = null;
        Tier? next = null;
        foreach (var tier in _tiers)
        {
            if (tier.Turn.Count > 0 && (next is null || tier.Start < next.Start || (tier.Start.Equals(next.Start) && tier.Order < next.Order)))
            {
                next = tier;
            }
        }

        if (next is null)
        {
            return false;
        }

        var lane = next.Turn.First!;
        call = lane.Value.Waiting.First!.Value;
        lane.Value.Waiting.RemoveFirst();
        Count--;
        _virtualTime = next.Start;
        next.Start = next.Finish = next.Start + (1.0 / next.Weight);
        next.Order = _order++;
        next.Turn.RemoveFirst();
        if (lane.Value.Waiting.Count > 0)
        {
            next.Turn.AddLast(lane);
        }
        else
        {
            next.Tenants.Remove(lane.Value.Tenant);
        }

        return true;
    }

    /// <summary>The newest call of the tenant with the longest queue: what is given up first.</summary>
    public bool TryNewestOfLongest([NotNullWhen(true)] out T? call, out int length)
    {
        var longest = _tiers.SelectMany(tier => tier.Turn).MaxBy(lane => lane.Waiting.Count);
        (call, length) = (longest?.Waiting.Last?.Value, longest?.Waiting.Count ?? 0);
        return call is not null;
    }

    private sealed class Tier(int weight)
    {
        public int Weight => weight;

        public double Start { get; set; }

        public double Finish { get; set; }

        /// <summary>Among equal start tags the one that has waited longer goes first.</summary>
        public long Order { get; set; }

        /// <summary>The tenants that wait, whose turn it is first.</summary>
        public LinkedList<Lane> Turn { get; } = new();

        public Dictionary<string, LinkedListNode<Lane>> Tenants { get; } = new(StringComparer.Ordinal);

        public void Remove(LinkedListNode<Lane> lane)
        {
            Turn.Remove(lane);
            Tenants.Remove(lane.Value.Tenant);
        }
    }

    private sealed class Lane(string tenant)
    {
        public string Tenant => tenant;

        public LinkedList<T> Waiting { get; } = new();
    }
}
