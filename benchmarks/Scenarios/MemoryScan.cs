using System.Diagnostics;
using System.Numerics.Tensors;
using Steward.Engines.Memory.Recall;
using Steward.Engines.Retrieval.Vectors;

namespace Steward.Benchmarks.Scenarios;

/// <summary>The second part of <c>bench memory</c>: recall among many entries.</summary>
internal static class MemoryScan
{
    private const int Clusters = 1_000;
    private const int Queries = 300;
    private const int Exact = 100;
    private const int Scanned = 400_000;

    public static MemoryScanResult Run(int entries, int dimensions, CancellationToken cancellationToken)
    {
        var random = new Random(20_261_122);
        var centres = Enumerable.Range(0, Clusters).Select(_ => Direction(random, dimensions)).ToArray();
        var vectors = Enumerable.Range(0, entries).Select(_ => Near(centres[random.Next(Clusters)], random)).ToArray();
        var queries = Enumerable.Range(0, Queries).Select(_ => Near(centres[random.Next(Clusters)], random)).ToArray();
        var (index, scan) = (new RecallIndex(dimensions), new VectorIndex(dimensions));
        for (var i = 0; i < entries; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            index.Set(new RecallEntry { Id = i, Text = Words(random, 12), Vector = vectors[i] });
            scan.Set(i, vectors[i]);
        }

        // The compiler comes to rest first.
        for (var i = 0; i < Queries; i++)
        {
            index.Recall(new RecallQuery { Text = Words(random, 6), Vector = queries[i], Top = 20 });
        }

        var (times, scans, hits, allocated) = (new List<double>(), new List<double>(), 0, 0L);
        for (var i = 0; i < Queries; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var query = new RecallQuery { Text = Words(random, 6), Vector = queries[i], Top = 20 };
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            index.Recall(query);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            started = Stopwatch.GetTimestamp();
            var found = scan.Search(queries[i], 10);
            scans.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (i < Exact)
            {
                var exact = Enumerable.Range(0, entries).Select(row => (Row: (long)row, Cosine: TensorPrimitives.Dot(queries[i], vectors[row]))).OrderByDescending(pair => pair.Cosine).Take(10).Select(pair => pair.Row).ToHashSet();
                hits += found.Count(match => exact.Contains(match.Id));
            }
        }

        times.Sort();
        scans.Sort();
        var (scanned, read) = Bandwidth(vectors, queries[0], cancellationToken);
        return new MemoryScanResult(entries, dimensions, scan.Kernel, times[times.Count / 2], times[times.Count * 99 / 100], times[^1], allocated / Queries / 1_024.0, scans[scans.Count / 2], hits / (Exact * 10.0), (double)scan.Bytes / entries, scanned, read, scanned / read);
    }

    // A scan of far more than the caches hold, and how fast one thread reads as many bytes with the widest loads that there are: the limit of any scan. By turns, so that what else runs on the machine slows both.
    private static (double Scanned, double Read) Bandwidth(float[][] vectors, float[] query, CancellationToken cancellationToken)
    {
        const int Rounds = 60;
        var index = new VectorIndex(query.Length);
        for (var i = 0; i < Scanned; i++)
        {
            index.Set(i, vectors[i % vectors.Length]);
        }

        var values = new long[(long)Scanned * query.Length / sizeof(long)];
        Array.Fill(values, 1);
        var (scans, reads, sum) = (new List<double>(), new List<double>(), 0L);
        for (var i = 0; i < Rounds; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            sum += index.Search(query, 10).Count;
            scans.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            started = Stopwatch.GetTimestamp();
            sum += TensorPrimitives.Sum<long>(values);
            reads.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        scans.Sort();
        reads.Sort();
        // What a scan reads of each row: its 8-bit values, and what a step of them is worth.
        var (scanned, read) = ((double)Scanned * (query.Length + sizeof(float)), (double)values.Length * sizeof(long));
        return sum > 0 ? (scanned / scans[Rounds / 2] / 1e9, read / reads[Rounds / 2] / 1e9) : default;
    }

    private static float[] Near(float[] centre, Random random)
    {
        var values = Direction(random, centre.Length);
        TensorPrimitives.MultiplyAdd(values, 0.6f, centre, values);
        TensorPrimitives.Divide(values, TensorPrimitives.Norm(values), values);
        return values;
    }

    private static float[] Direction(Random random, int dimensions)
    {
        var values = new float[dimensions];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        TensorPrimitives.Divide(values, TensorPrimitives.Norm(values), values);
        return values;
    }

    // Words as often as in texts: the n-th most frequent one about 1/n times as often as the first.
    private static string Words(Random random, int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => $"word{(int)Math.Pow(30_000, random.NextDouble())}"));
}

/// <summary>Figures of recall among many entries.</summary>
internal sealed record MemoryScanResult(
    int Entries, int Dimensions, string Kernel, double RecallP50Milliseconds, double RecallP99Milliseconds, double RecallMaxMilliseconds, double RecallKibibytes, double ScanP50Milliseconds, double RecallAt10, double BytesPerEntry, double ScanGigabytesPerSecond, double ReadGigabytesPerSecond, double ScanShare);
