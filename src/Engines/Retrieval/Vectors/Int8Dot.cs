using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Steward.Engines.Retrieval.Vectors;

/// <summary>
/// Dot products of one 8-bit vector with many that lie one behind the other. All ways give the same integers; the fastest that the processor has is taken. Lengths are multiples of <see cref="Width"/>; rows are padded with zeros.
/// </summary>
internal static unsafe class Int8Dot
{
    /// <summary>Rows are padded to a multiple of this many values.</summary>
    public const int Width = 64;

    // So many bytes are asked for before they are wanted; the processor's own prefetching stops at each page of memory. Measured with 1, 4 and 8 KiB.
    private const int Ahead = 8_192;

    /// <summary>The ways that this processor has, fastest first.</summary>
    public static IReadOnlyList<Int8Kernel> Supported { get; } = [.. Kernels().Where(kernel => kernel.IsSupported)];

    /// <summary>The fastest way.</summary>
    public static Int8Kernel Fastest { get; } = Supported[0];

    private static IEnumerable<Int8Kernel> Kernels() =>
    [
        new("avx-vnni", AvxVnni.IsSupported, &AvxVnniRows),
        new("avx512bw", Avx512BW.IsSupported, &Avx512Rows),
        new("avx2", Avx2.IsSupported, &Avx2Rows),
        new("portable", true, &PortableRows),
    ];

    // VPDPBUSD multiplies unsigned by signed: 128 is added to the rows' values and taken off again, times the sum of the query's, so that nothing is read but the rows.
    private static void AvxVnniRows(sbyte* query, sbyte* rows, int count, int width, int* results)
    {
        var added = 0;
        for (var i = 0; i < width; i++)
        {
            added += 128 * query[i];
        }

        var row = 0;
        for (; row + 4 <= count; row += 4, rows += 4 * width)
        {
            var (a, b) = (VnniRow(query, rows, width), VnniRow(query, rows + width, width));
            var (c, d) = (VnniRow(query, rows + (2 * width), width), VnniRow(query, rows + (3 * width), width));
            // The sums of the four, in their order.
            var sums4 = Avx2.HorizontalAdd(Avx2.HorizontalAdd(a, b), Avx2.HorizontalAdd(c, d));
            (sums4.GetLower() + sums4.GetUpper() - Vector128.Create(added)).Store(results + row);
        }

        for (; row < count; row++, rows += width)
        {
            results[row] = Vector256.Sum(VnniRow(query, rows, width)) - added;
        }
    }

    // One row after the other as they lie: four at the same time defeat the processor's own prefetching.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> VnniRow(sbyte* query, sbyte* row, int width)
    {
        var (a, b) = (Vector256<int>.Zero, Vector256<int>.Zero);
        for (var i = 0; i < width; i += 64)
        {
            Sse.Prefetch0(row + i + Ahead);
            a = AvxVnni.MultiplyWideningAndAdd(a, Shifted(row + i), Vector256.Load(query + i));
            b = AvxVnni.MultiplyWideningAndAdd(b, Shifted(row + i + 32), Vector256.Load(query + i + 32));
        }

        return a + b;
    }

    // As unsigned numbers 128 more: the highest bit the other way round.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Shifted(sbyte* values) => Vector256.Load((byte*)values) ^ Vector256.Create((byte)0x80);

    private static void Avx512Rows(sbyte* query, sbyte* rows, int count, int width, int* results)
    {
        for (var row = 0; row < count; row++, rows += width)
        {
            var (a, b) = (Vector512<int>.Zero, Vector512<int>.Zero);
            for (var i = 0; i < width; i += 64)
            {
                Sse.Prefetch0(rows + i + Ahead);
                a += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(query + i)), Avx512BW.ConvertToVector512Int16(Vector256.Load(rows + i)));
                b += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(query + i + 32)), Avx512BW.ConvertToVector512Int16(Vector256.Load(rows + i + 32)));
            }

            results[row] = Vector512.Sum(a + b);
        }
    }

    private static void Avx2Rows(sbyte* query, sbyte* rows, int count, int width, int* results)
    {
        for (var row = 0; row < count; row++, rows += width)
        {
            var (a, b) = (Vector256<int>.Zero, Vector256<int>.Zero);
            for (var i = 0; i < width; i += 32)
            {
                a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(query + i)), Avx2.ConvertToVector256Int16(Vector128.Load(rows + i)));
                b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(query + i + 16)), Avx2.ConvertToVector256Int16(Vector128.Load(rows + i + 16)));
            }

            results[row] = Vector256.Sum(a + b);
        }
    }

    private static void PortableRows(sbyte* query, sbyte* rows, int count, int width, int* results)
    {
        for (var row = 0; row < count; row++, rows += width)
        {
            var total = Vector128<int>.Zero;
            for (var i = 0; i < width; i += 16)
            {
                var (q, v) = (Vector128.Load(query + i), Vector128.Load(rows + i));
                total += Products(Vector128.WidenLower(q), Vector128.WidenLower(v)) + Products(Vector128.WidenUpper(q), Vector128.WidenUpper(v));
            }

            results[row] = Vector128.Sum(total);
        }
    }

    // Two products of 8 bits fit 16 bits each, their sum needs 32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Products(Vector128<short> left, Vector128<short> right)
    {
        var products = left * right;
        return Vector128.WidenLower(products) + Vector128.WidenUpper(products);
    }
}

/// <summary>A way to compute the dot products of a query with rows.</summary>
internal sealed unsafe class Int8Kernel
{
    private readonly delegate*<sbyte*, sbyte*, int, int, int*, void> _rows;

    public Int8Kernel(string name, bool isSupported, delegate*<sbyte*, sbyte*, int, int, int*, void> rows)
    {
        (Name, IsSupported) = (name, isSupported);
        _rows = rows;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether this processor has it.</summary>
    public bool IsSupported { get; }

    /// <summary>Computes them.</summary>
    /// <param name="query">The query, <paramref name="width"/> values.</param>
    /// <param name="rows">The rows, one behind the other.</param>
    /// <param name="width">The values of a row; a multiple of <see cref="Int8Dot.Width"/>.</param>
    /// <param name="results">One for each row.</param>
    public void Rows(ReadOnlySpan<sbyte> query, ReadOnlySpan<sbyte> rows, int width, Span<int> results)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(width % Int8Dot.Width, 0, nameof(width));
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Length, width, nameof(query));
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, results.Length * width, nameof(rows));
        fixed (sbyte* q = query, r = rows)
        {
            fixed (int* o = results)
            {
                _rows(q, r, results.Length, width, o);
            }
        }
    }
}
