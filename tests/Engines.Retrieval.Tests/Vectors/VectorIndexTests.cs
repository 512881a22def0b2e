using System.Numerics.Tensors;
using Steward.Engines.Retrieval.Vectors;

namespace Steward.Engines.Retrieval.Tests.Vectors;

public class VectorIndexTests
{
    public static TheoryData<string> Kernels { get; } = [.. Int8Dot.Supported.Select(kernel => kernel.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Rows_EachKernel_GivesTheIntegersOfTheDefinition(string name)
    {
        var kernel = Int8Dot.Supported.Single(kernel => kernel.Name == name);
        var random = new Random(7);
        foreach (var width in new[] { 64, 128, 256, 448, 1_024 })
        {
            const int Count = 37;
            var (query, rows) = (new sbyte[width], new sbyte[Count * width]);
            foreach (var values in new[] { query, rows })
            {
                for (var i = 0; i < values.Length; i++)
                {
                    // The extremes are where sums overflow.
                    values[i] = (sbyte)(random.Next(4) == 0 ? (random.Next(2) * 254) - 127 : random.Next(-127, 128));
                }
            }

            rows.AsSpan(0, width).Fill(127);
            rows.AsSpan(width, width).Fill(-127);
            var results = new int[Count];

            kernel.Rows(query, rows, width, results);

            Assert.Equal(Enumerable.Range(0, Count).Select(row => Enumerable.Range(0, width).Sum(i => query[i] * rows[(row * width) + i])), results);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Search_ClusteredVectors_FindsWhatFloatsFind(string name)
    {
        var (vectors, queries) = Clustered(6_000, 40, 200);
        var index = new VectorIndex(200, Int8Dot.Supported.Single(kernel => kernel.Name == name));
        for (var i = 0; i < vectors.Length; i++)
        {
            index.Set(i, vectors[i]);
        }

        var found = 0;
        foreach (var query in queries)
        {
            var exact = Enumerable.Range(0, vectors.Length).OrderByDescending(i => TensorPrimitives.CosineSimilarity(query, vectors[i])).Take(10).Select(i => (long)i).ToHashSet();
            found += index.Search(query, 10).Count(match => exact.Contains(match.Id));
        }

        Assert.True(found >= queries.Length * 10 * 0.99, $"{found} of {queries.Length * 10}");
    }

    [Fact]
    public void Search_Filtered_LosesNothing()
    {
        var (vectors, queries) = Clustered(5_000, 20, 64);
        var index = new VectorIndex(64);
        for (var i = 0; i < vectors.Length; i++)
        {
            index.Set(i, vectors[i]);
        }

        // One in a hundred counts: a search that filtered its result would come back empty.
        foreach (var query in queries)
        {
            var exact = Enumerable.Range(0, 50).Select(i => (long)i * 100).OrderByDescending(i => TensorPrimitives.CosineSimilarity(query, vectors[i])).Take(10).ToHashSet();
            Assert.True(index.Search(query, 10, id => id % 100 == 0).Count(match => exact.Contains(match.Id)) >= 9);
        }
    }

    [Fact]
    public void Set_Replace_Remove_LikeAModel()
    {
        var random = new Random(11);
        var index = new VectorIndex(24);
        var model = new Dictionary<long, float[]>();
        for (var step = 0; step < 9_000; step++)
        {
            var id = random.Next(3_000);
            if (random.Next(3) == 0)
            {
                Assert.Equal(model.Remove(id), index.Remove(id));
            }
            else
            {
                index.Set(id, model[id] = Vector(random, 24));
            }

            Assert.Equal(model.Count, index.Count);
        }

        foreach (var (id, vector) in model)
        {
            var nearest = index.Search(vector, 1)[0];
            Assert.Equal(id, nearest.Id);
            Assert.Equal(1, nearest.Cosine, 2e-3);
        }
    }

    // One page that grows from small to whole, and the next one: whoever is alone takes little.
    [Fact]
    public void Set_Growing_FindsEveryRowAndBeginsSmall()
    {
        var random = new Random(13);
        var index = new VectorIndex(16);
        index.Set(0, Vector(random, 16));
        Assert.True(index.Bytes <= 8_192, $"{index.Bytes} bytes");

        var vectors = Enumerable.Range(1, 2_200).Select(_ => Vector(random, 16)).ToArray();
        for (var i = 0; i < vectors.Length; i++)
        {
            index.Set(i + 1, vectors[i]);
        }

        Assert.Equal(2_201, index.Count);
        Assert.All(new[] { 1, 63, 64, 65, 1_024, 2_047, 2_048, 2_200 }, id => Assert.Equal(id, index.Search(vectors[id - 1], 1)[0].Id));
    }

    [Fact]
    public void Search_EachKernel_GivesTheSameInTheSameOrder()
    {
        var (vectors, queries) = Clustered(3_000, 10, 72);
        var indexes = Int8Dot.Supported.Select(kernel => new VectorIndex(72, kernel)).ToList();
        foreach (var index in indexes)
        {
            for (var i = 0; i < vectors.Length; i++)
            {
                index.Set(i, vectors[i]);
            }
        }

        Assert.All(queries, query => Assert.All(indexes, index => Assert.Equal(indexes[0].Search(query, 25), index.Search(query, 25))));
    }

    [Fact]
    public void Remove_TheLast_KeepsNothingOfIt()
    {
        var index = new VectorIndex(3);
        index.Set(1, [1, 0, 0]);

        Assert.True(index.Remove(1));
        Assert.Equal(0, index.Bytes);
        Assert.Empty(index.Search([1, 0, 0], 5));
    }

    [Fact]
    public void Set_NotADirection_IsRefused()
    {
        var index = new VectorIndex(2);

        Assert.Throws<ArgumentException>(() => index.Set(1, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => index.Set(1, [0, 0]));
        Assert.Throws<ArgumentException>(() => index.Set(1, [float.NaN, 1]));
        Assert.Throws<ArgumentException>(() => index.Search([float.PositiveInfinity, 1], 1));
        Assert.Equal(0, index.Count);
    }

    private static (float[][] Vectors, float[][] Queries) Clustered(int count, int queries, int dimensions)
    {
        var random = new Random(5);
        var centres = Enumerable.Range(0, 60).Select(_ => Vector(random, dimensions)).ToArray();
        float[] Near() => [.. centres[random.Next(centres.Length)].Zip(Vector(random, dimensions), (centre, noise) => centre + (0.6f * noise))];
        return ([.. Enumerable.Range(0, count).Select(_ => Near())], [.. Enumerable.Range(0, queries).Select(_ => Near())]);
    }

    private static float[] Vector(Random random, int dimensions)
    {
        var values = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            values[i] = (float)Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * (float)Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return values;
    }
}
