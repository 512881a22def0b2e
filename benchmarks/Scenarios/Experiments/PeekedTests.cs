namespace Steward.Benchmarks.Scenarios.Experiments;

#pragma warning disable CA5394 // Nothing is to be kept from anybody; the same seed has to give the same.

/// <summary>What is not used, for comparison: tests that lose their level when they are looked at again and again, or when one variant gets a small share.</summary>
internal static class PeekedTests
{
    private const double Z = 1.959964;

    /// <summary>How often a z-test, looked at every 100 units, finds a difference where there is none.</summary>
    public static double ZTest(double rate, double share, int runs, int most, int seed) => Share(runs, seed, random =>
    {
        var (n, k) = (new long[2], new long[2]);
        for (var i = 1; i <= most; i++)
        {
            Draw(random, rate, share, n, k);
            if (i % 100 == 0 && Variance(n, k) is { } variance && Math.Abs(Difference(n, k)) > Z * Math.Sqrt(variance))
            {
                return true;
            }
        }

        return false;
    });

    /// <summary>How often a mixture SPRT with normal likelihoods and the estimated variance does (mixing variance 0.0025, from 30 units of each).</summary>
    public static double NormalMixture(double rate, double share, int runs, int most, int seed) => Share(runs, seed, random =>
    {
        const double Mixing = 0.0025;
        var (n, k) = (new long[2], new long[2]);
        for (var i = 1; i <= most; i++)
        {
            Draw(random, rate, share, n, k);
            if (Math.Min(n[0], n[1]) < 30 || Variance(n, k) is not { } variance)
            {
                continue;
            }

            var difference = Difference(n, k);
            var log = (0.5 * Math.Log(variance / (variance + Mixing))) + (Mixing * difference * difference / (2 * variance * (variance + Mixing)));
            if (log >= Math.Log(20))
            {
                return true;
            }
        }

        return false;
    });

    private static void Draw(Random random, double rate, double share, long[] n, long[] k)
    {
        var arm = random.NextDouble() < share ? 1 : 0;
        n[arm]++;
        k[arm] += random.NextDouble() < rate ? 1 : 0;
    }

    private static double Difference(long[] n, long[] k) => ((double)k[1] / n[1]) - ((double)k[0] / n[0]);

    private static double? Variance(long[] n, long[] k)
    {
        if (n[0] == 0 || n[1] == 0)
        {
            return null;
        }

        var (first, second) = ((double)k[0] / n[0], (double)k[1] / n[1]);
        var variance = (first * (1 - first) / n[0]) + (second * (1 - second) / n[1]);
        return variance > 0 ? variance : null;
    }

    private static double Share(int runs, int seed, Func<Random, bool> alarms)
    {
        var found = 0;
        Parallel.For(0, runs, run =>
        {
            if (alarms(new Random(unchecked((seed * 1_000_003) + run))))
            {
                Interlocked.Increment(ref found);
            }
        });
        return (double)found / runs;
    }
}
