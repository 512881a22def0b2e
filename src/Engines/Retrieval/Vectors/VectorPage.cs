using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Steward.Engines.Retrieval.Vectors;

/// <summary>Some rows of a <see cref="VectorIndex"/>.</summary>
/// <param name="rows">How many it has room for.</param>
/// <param name="isWhole">Whether it will not grow any more. Then its rows begin at lines of the cache.</param>
/// <param name="width">The 8-bit values of a row, with those that fill it up.</param>
/// <param name="dimensions">The values of a row.</param>
internal sealed class VectorPage(int rows, bool isWhole, int width, int dimensions)
{
    // Only arrays that stay where they are can be aligned.
    private readonly sbyte[] _coarse = GC.AllocateArray<sbyte>((rows * width) + (isWhole ? Int8Dot.Width : 0), pinned: isWhole);
    private readonly Half[] _fine = new Half[rows * dimensions];

    /// <summary>How many rows it has room for.</summary>
    public int Rows { get; } = rows;

    /// <summary>All rows in 8 bits.</summary>
    public Span<sbyte> Coarse => _coarse.AsSpan(isWhole ? (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_coarse, 0) & (Int8Dot.Width - 1)) : 0, Rows * width);

    /// <summary>What one step of a row's 8-bit values is worth.</summary>
    public float[] Scales { get; } = new float[rows];

    /// <summary>Whose rows they are.</summary>
    public long[] Ids { get; } = new long[rows];

    /// <summary>A row in 16-bit floats.</summary>
    public Span<Half> Fine(int row) => _fine.AsSpan(row * dimensions, dimensions);

    /// <summary>Rounds to 8 bits: the largest value becomes 127.</summary>
    /// <returns>What one step is worth.</returns>
    public static float Quantize(ReadOnlySpan<float> unit, Span<sbyte> coarse)
    {
        var scale = Math.Abs(TensorPrimitives.MaxMagnitude(unit)) / 127f;
        for (var i = 0; i < unit.Length; i++)
        {
            coarse[i] = (sbyte)Math.Clamp(MathF.Round(unit[i] / scale), -127f, 127f);
        }

        return scale;
    }

    /// <summary>Writes a row.</summary>
    public void Write(int row, long id, ReadOnlySpan<float> unit)
    {
        var coarse = CoarseOf(row);
        coarse.Clear();
        Scales[row] = Quantize(unit, coarse);
        Ids[row] = id;
        TensorPrimitives.ConvertToHalf(unit, Fine(row));
    }

    /// <summary>Copies a row to a place in this or another page.</summary>
    /// <returns>Its id.</returns>
    public long Copy(int row, VectorPage to, int at)
    {
        CoarseOf(row).CopyTo(to.CoarseOf(at));
        Fine(row).CopyTo(to.Fine(at));
        (to.Scales[at], to.Ids[at]) = (Scales[row], Ids[row]);
        return Ids[row];
    }

    /// <summary>Moves all rows to a page with room for more.</summary>
    public VectorPage Grown(int room, bool whole)
    {
        var larger = new VectorPage(room, whole, width, dimensions);
        for (var row = 0; row < Rows; row++)
        {
            Copy(row, larger, row);
            Clear(row);
        }

        return larger;
    }

    /// <summary>Overwrites a row with zeros.</summary>
    public void Clear(int row)
    {
        CoarseOf(row).Clear();
        Fine(row).Clear();
        (Scales[row], Ids[row]) = (0, 0);
    }

    private Span<sbyte> CoarseOf(int row) => Coarse.Slice(row * width, width);
}
