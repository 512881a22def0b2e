using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace Steward.Engines.Retrieval.Vectors;

/// <summary>
/// Finds the vectors nearest to a query by cosine, exactly up to rounding: all rows are compared in 8 bits, the best of them again in 16-bit floats. A row takes about three bytes a dimension. Any number of searches may run at the same time, or one change.
/// </summary>
/// <remarks>8 bits with one scale a row and 40 rows compared again find the ten nearest of 100,000 clustered vectors as the floats do.</remarks>
public sealed class VectorIndex
{
    /// <summary>How many rows are compared again at least.</summary>
    public const int Rescored = 40;

    private const int PageRows = 2_048;

    // Most people have few memories: the first page begins small and grows.
    private const int FirstRows = 64;

    private readonly int _width;
    private readonly List<VectorPage> _pages = [];
    private readonly Dictionary<long, int> _rowOf = [];
    private readonly Int8Kernel _kernel;
    private int _count;

    /// <summary>Creates an empty index.</summary>
    /// <param name="dimensions">The length of all vectors, 1 to 4,096.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another length.</exception>
    public VectorIndex(int dimensions)
        : this(dimensions, Int8Dot.Fastest)
    {
    }

    internal VectorIndex(int dimensions, Int8Kernel kernel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, 4_096);
        (Dimensions, _kernel) = (dimensions, kernel);
        _width = (dimensions + Int8Dot.Width - 1) / Int8Dot.Width * Int8Dot.Width;
    }

    /// <summary>The length of all vectors.</summary>
    public int Dimensions { get; }

    /// <summary>How many vectors there are.</summary>
    public int Count => _count;

    /// <summary>How the processor compares rows: <c>avx-vnni</c>, <c>avx512bw</c>, <c>avx2</c> or <c>portable</c>.</summary>
    public string Kernel => _kernel.Name;

    /// <summary>The bytes that the vectors take.</summary>
    public long Bytes => _pages.Sum(page => (long)page.Rows) * (_width + (Dimensions * 2) + 12);

    /// <summary>Adds a vector, or replaces the one of the same id. Its length does not matter, its direction does.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="vector">Its values, finite and not all zero.</param>
    /// <exception cref="ArgumentException">Another number of values, or not a direction.</exception>
    public void Set(long id, ReadOnlySpan<float> vector)
    {
        var unit = ArrayPool<float>.Shared.Rent(Dimensions);
        try
        {
            Normalize(vector, unit.AsSpan(0, Dimensions));
            if (!_rowOf.TryGetValue(id, out var row))
            {
                row = _count++;
                if (row / PageRows == _pages.Count)
                {
                    _pages.Add(new VectorPage(row == 0 ? FirstRows : PageRows, isWhole: row > 0, _width, Dimensions));
                }
                else if (row == _pages[0].Rows)
                {
                    _pages[0] = _pages[0].Grown(row * 2, whole: row * 2 == PageRows);
                }

                _rowOf[id] = row;
            }

            _pages[row / PageRows].Write(row % PageRows, id, unit.AsSpan(0, Dimensions));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(unit);
        }
    }

    /// <summary>Removes a vector: nothing of it stays in memory.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(long id)
    {
        if (!_rowOf.Remove(id, out var row))
        {
            return false;
        }

        // The last row takes its place.
        var last = --_count;
        var from = _pages[last / PageRows];
        if (last != row)
        {
            var moved = from.Copy(last % PageRows, _pages[row / PageRows], row % PageRows);
            _rowOf[moved] = row;
        }

        from.Clear(last % PageRows);
        if (last % PageRows == 0)
        {
            _pages.RemoveAt(_pages.Count - 1);
        }

        return true;
    }

    /// <summary>The nearest vectors, nearest first; of equal ones the smaller id first.</summary>
    /// <param name="query">What is looked for.</param>
    /// <param name="top">How many at most.</param>
    /// <param name="filter">Which ids count; null counts all. It is asked only about those that would be among the nearest, so a filter loses nothing.</param>
    /// <exception cref="ArgumentException">Another number of values, or not a direction.</exception>
    public IReadOnlyList<VectorMatch> Search(ReadOnlySpan<float> query, int top, Func<long, bool>? filter = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var (unit, coarse, products) = (ArrayPool<float>.Shared.Rent(Dimensions), ArrayPool<sbyte>.Shared.Rent(_width), ArrayPool<int>.Shared.Rent(PageRows));
        try
        {
            var direction = unit.AsSpan(0, Dimensions);
            Normalize(query, direction);
            var rough = coarse.AsSpan(0, _width);
            rough.Clear();
            VectorPage.Quantize(direction, rough);

            using var best = new TopScores(Math.Max(Rescored, top + (Math.Min(top, Rescored) * 3)));
            for (var page = 0; page < _pages.Count; page++)
            {
                var rows = Math.Min(PageRows, _count - (page * PageRows));
                var current = _pages[page];
                var dots = products.AsSpan(0, rows);
                _kernel.Rows(rough, current.Coarse, _width, dots);
                Collect(dots, current, (long)page * PageRows, best, filter);
            }

            return Rescore(best, direction, top);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(unit);
            ArrayPool<sbyte>.Shared.Return(coarse);
            ArrayPool<int>.Shared.Return(products);
        }
    }

    // Most rows are far away: several at a time are compared with the lowest that is kept.
    private static void Collect(ReadOnlySpan<int> dots, VectorPage page, long first, TopScores best, Func<long, bool>? filter)
    {
        var scales = page.Scales.AsSpan(0, dots.Length);
        var step = Vector<float>.Count;
        for (var at = 0; at < dots.Length; at += step)
        {
            var until = Math.Min(at + step, dots.Length);
            if (until == at + step && !Vector.GreaterThanAny(Vector.ConvertToSingle(new Vector<int>(dots[at..])) * new Vector<float>(scales[at..]), new Vector<float>(best.Threshold)))
            {
                continue;
            }

            for (var row = at; row < until; row++)
            {
                var score = dots[row] * scales[row];
                if (score > best.Threshold && (filter is null || filter(page.Ids[row])))
                {
                    best.Add(score, first + row);
                }
            }
        }
    }

    private VectorMatch[] Rescore(TopScores best, ReadOnlySpan<float> direction, int top)
    {
        var values = ArrayPool<float>.Shared.Rent(Dimensions);
        try
        {
            using var nearest = new TopScores(top);
            foreach (var row in best.Keys)
            {
                var page = _pages[(int)(row / PageRows)];
                var exact = values.AsSpan(0, Dimensions);
                var at = (int)(row % PageRows);
                TensorPrimitives.ConvertToSingle(page.Fine(at), exact);
                nearest.Add(Math.Clamp(TensorPrimitives.Dot(direction, exact), -1, 1), page.Ids[at]);
            }

            nearest.Sort();
            var matches = new VectorMatch[nearest.Keys.Length];
            for (var i = 0; i < matches.Length; i++)
            {
                matches[i] = new VectorMatch(nearest.Keys[i], nearest.Scores[i]);
            }

            return matches;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    private void Normalize(ReadOnlySpan<float> vector, Span<float> unit)
    {
        if (vector.Length != Dimensions)
        {
            throw new ArgumentException($"The vector must have {Dimensions} values; it has {vector.Length}.", nameof(vector));
        }

        var norm = TensorPrimitives.Norm(vector);
        if (!float.IsFinite(norm) || norm < 1e-12f)
        {
            throw new ArgumentException("The vector must have finite values that are not all zero.", nameof(vector));
        }

        TensorPrimitives.Divide(vector, norm, unit);
    }
}

/// <summary>A vector that was found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Cosine">How near it is, -1 to 1.</param>
public readonly record struct VectorMatch(long Id, float Cosine);
