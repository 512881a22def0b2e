namespace Steward.Storage.Tests.Vectors;

/// <summary>Rows whose vectors lie in clusters, as those of texts do, with owners and kinds of several selectivities, and what an exact search finds among them.</summary>
internal sealed class ClusteredVectors
{
    public const int Dimensions = 48;
    private const int Clusters = 200;
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Random _random;
    private readonly float[][] _centres;

    public ClusteredVectors(int seed, int count)
    {
        _random = new Random(seed);
        _centres = [.. Enumerable.Range(0, Clusters).Select(_ => Direction())];
        Rows = [.. Enumerable.Range(0, count).Select(Row)];
    }

    public IReadOnlyList<VectorRow> Rows { get; }

    public float[] Query() => Near(_random.Next(Clusters));

    /// <summary>How many rows an exact search finds by the vectors as they are stored, and the ids of all that are as near as the last of them: rounding decides between equals.</summary>
    public static (int Count, IReadOnlySet<string> Ids) Nearest(IEnumerable<VectorRow> rows, VectorSearch search)
    {
        const double Rounding = 1e-6;
        var ranked = rows
            .Where(row => search.Reader.Sees(row.Owner) && (search.Kinds is null || search.Kinds.Contains(row.Kind)))
            .Select(row => (row.Id, Cosine: Cosine(Rounded(row.Vector.Span), Rounded(search.Vector.Span))))
            .OrderByDescending(row => row.Cosine)
            .ToList();
        var count = Math.Min(search.Top, ranked.Count);
        return (count, ranked.Where(row => count > 0 && row.Cosine >= ranked[count - 1].Cosine - Rounding).Select(row => row.Id).ToHashSet());
    }

    /// <summary>Writes all rows to a space.</summary>
    public async Task WriteAsync(IVectorStore store, VectorSpace space)
    {
        foreach (var part in Rows.Chunk(500))
        {
            await store.WriteAsync(new VectorWrite { Space = space, Rows = part });
        }
    }

    // The kind says nothing of the vector in most rows; that of a few goes with their cluster.
    private VectorRow Row(int i)
    {
        var cluster = _random.Next(Clusters);
        return new VectorRow
        {
            Id = $"r{i}",
            Owner = _random.Next(10) switch { < 3 => VectorRow.Everyone, < 5 => VectorRow.Nobody, _ => $"u-{_random.Next(12)}" },
            Kind = _random.Next(4) == 0 ? $"cluster-{cluster}" : _random.Next(30) == 0 ? "rare" : $"kind-{_random.Next(8)}",
            At = Noon,
            Vector = Near(cluster),
        };
    }

    private float[] Near(int cluster)
    {
        var direction = Direction();
        return [.. _centres[cluster].Select((value, i) => value + (0.6f * direction[i]))];
    }

    private float[] Direction()
    {
        var values = Enumerable.Range(0, Dimensions).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()))).ToArray();
        var norm = MathF.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => value / norm)];
    }

    private static float[] Rounded(ReadOnlySpan<float> vector)
    {
        var norm = 0.0;
        foreach (var value in vector)
        {
            norm += (double)value * value;
        }

        norm = Math.Sqrt(norm);
        return Array.ConvertAll(vector.ToArray(), value => (float)(Half)(value / norm));
    }

    private static double Cosine(float[] left, float[] right)
    {
        var (dot, l, r) = (0.0, 0.0, 0.0);
        for (var i = 0; i < left.Length; i++)
        {
            dot += (double)left[i] * right[i];
            l += (double)left[i] * left[i];
            r += (double)right[i] * right[i];
        }

        return dot / Math.Sqrt(l * r);
    }
}
