using System.Runtime.InteropServices;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Monitoring;

/// <summary>How far tickets have moved.</summary>
/// <param name="Index">The population stability index: the sum over all buckets of (new − old) · ln(new / old) of their shares. 0 for the same shares.</param>
/// <param name="Chance">What chance alone stays below, ninety-nine times in a hundred, for so many tickets.</param>
/// <param name="IsShifted">Whether the index is above that.</param>
public readonly record struct Shift(double Index, double Chance, bool IsShifted);

/// <summary>
/// Whether newer tickets differ from older ones. The usual bounds of the index (0.1, 0.25) mean nothing without the number of tickets (Yurdakul, Statistical Properties of the Population Stability Index, 2018), and words of
/// one ticket come together; so what chance gives is found by dividing the same tickets at random, ticket by ticket, again and again (Fisher's permutation test): exact for any number and any words. Pure.
/// </summary>
public static class PopulationShift
{
    /// <summary>The fewest tickets of either side.</summary>
    public const int FewestTickets = 50;

    /// <summary>The most tickets of either side that are looked at, spread evenly.</summary>
    public const int MostTickets = 2_000;

    // A bucket for each of the commonest words, one for all others: what is rare says nothing in so few tickets.
    private const int Buckets = 100;
    private const int Divisions = 199;

    /// <summary>Compares what words tickets use; null when there are too few.</summary>
    public static Shift? OfWords(IReadOnlyList<Ticket> older, IReadOnlyList<Ticket> newer)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        var (before, after) = (Thin(older).ConvertAll(Words), Thin(newer).ConvertAll(Words));
        var common = before.Concat(after).SelectMany(words => words).CountBy(word => word).OrderByDescending(word => word.Value).ThenBy(word => word.Key)
            .Take(Buckets - 1).Select((word, bucket) => (word.Key, bucket)).ToDictionary(word => word.Key, word => word.bucket);
        return Of(before.ConvertAll(InBuckets), after.ConvertAll(InBuckets), Buckets);

        (int, int)[] InBuckets(uint[] words) => [.. words.CountBy(word => common.GetValueOrDefault(word, Buckets - 1)).Select(bucket => (bucket.Key, bucket.Value))];
    }

    /// <summary>Compares how tickets are spread over labels; null when there are too few.</summary>
    public static Shift? OfLabels(IReadOnlyList<string> older, IReadOnlyList<string> newer)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var label in older.Concat(newer))
        {
            places.TryAdd(label, places.Count);
        }

        return Of(Thin(older).ConvertAll(Place), Thin(newer).ConvertAll(Place), places.Count);

        (int, int)[] Place(string label) => [(places[label], 1)];
    }

    private static Shift? Of(List<(int Bucket, int Count)[]> older, List<(int Bucket, int Count)[]> newer, int buckets)
    {
        if (older.Count < FewestTickets || newer.Count < FewestTickets)
        {
            return null;
        }

        (int, int)[][] all = [.. older, .. newer];
        var total = Sum(all, buckets);
        var index = Index(total, Sum(newer, buckets), newer.Count, all.Length);
        var byChance = new double[Divisions];
#pragma warning disable CA5394 // Nothing is to be kept from anybody.
        var random = new Random(1);
        for (var i = 0; i < Divisions; i++)
        {
            random.Shuffle(all);
#pragma warning restore CA5394
            byChance[i] = Index(total, Sum(all.AsSpan(0, newer.Count), buckets), newer.Count, all.Length);
        }

        // One of 199 may be as high: 2 of 200, itself among them, is one in a hundred.
        Array.Sort(byChance);
        return new Shift(index, byChance[^2], index > byChance[^2]);
    }

    private static long[] Sum(List<(int, int)[]> tickets, int buckets) => Sum(CollectionsMarshal.AsSpan(tickets), buckets);

    private static long[] Sum(ReadOnlySpan<(int Bucket, int Count)[]> tickets, int buckets)
    {
        var sums = new long[buckets];
        foreach (var ticket in tickets)
        {
            foreach (var (bucket, count) in ticket)
            {
                sums[bucket] += count;
            }
        }

        return sums;
    }

    // Half a ticket in each bucket: a bucket that is empty on one side must not be infinitely far.
    private static double Index(long[] total, long[] newer, int newerCount, int allCount)
    {
        var (words, newerWords, index) = (total.Sum(), newer.Sum(), 0d);
        var (newerHalf, olderHalf) = (0.5 * newerCount / allCount, 0.5 * (allCount - newerCount) / allCount);
        for (var i = 0; i < total.Length; i++)
        {
            var after = (newer[i] + newerHalf) / (newerWords + (total.Length * newerHalf));
            var before = (total[i] - newer[i] + olderHalf) / (words - newerWords + (total.Length * olderHalf));
            index += (after - before) * Math.Log(after / before);
        }

        return index;
    }

    private static uint[] Words(Ticket ticket) => [.. TicketFeatures.WordHashes(ticket).Distinct()];

    private static List<T> Thin<T>(IReadOnlyList<T> all) =>
        all.Count <= MostTickets ? [.. all] : [.. Enumerable.Range(0, MostTickets).Select(i => all[(int)((long)i * all.Count / MostTickets)])];
}
