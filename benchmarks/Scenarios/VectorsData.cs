using System.Numerics.Tensors;

namespace Steward.Benchmarks.Scenarios;

/// <summary>Vectors in clusters, as those of texts lie, each row with a kind that says nothing of its vector.</summary>
internal sealed class VectorsData
{
    private const int Clusters = 1_000;

    private readonly Random _random = new(20_261_122);
    private readonly float[][] _centres;

    public VectorsData(int dimensions, int count)
    {
        _centres = [.. Enumerable.Range(0, Clusters).Select(_ => Direction(dimensions))];
        Vectors = [.. Enumerable.Range(0, count).Select(_ => Query())];
        Kinds = [.. Enumerable.Range(0, count).Select(_ => _random.Next(100) switch { < 1 => "k1", < 6 => "k2", < 31 => "k3", _ => "k4" })];
    }

    public float[][] Vectors { get; }

    public string[] Kinds { get; }

    public float[] Query()
    {
        var centre = _centres[_random.Next(Clusters)];
        var values = Direction(centre.Length);
        TensorPrimitives.MultiplyAdd(values, 0.6f, centre, values);
        TensorPrimitives.Divide(values, TensorPrimitives.Norm(values), values);
        return values;
    }

    /// <summary>The rows that comparing all in 32-bit floats finds.</summary>
    public IReadOnlySet<int> Nearest(float[] query, string kind, int top) => Enumerable.Range(0, Vectors.Length)
        .Where(row => kind.Length == 0 || Kinds[row] == kind)
        .Select(row => (Row: row, Cosine: TensorPrimitives.Dot(query, Vectors[row])))
        .OrderByDescending(pair => pair.Cosine)
        .Take(top)
        .Select(pair => pair.Row)
        .ToHashSet();

    private float[] Direction(int dimensions)
    {
        var values = new float[dimensions];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        TensorPrimitives.Divide(values, TensorPrimitives.Norm(values), values);
        return values;
    }
}
