using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Steward.Engines.Inference.Linear;

/// <summary>
/// A linear classifier over TF-IDF of hashed n-grams (<c>linear.bin</c>), equal to the trainer's: training/README.md describes format and rules. Thread-safe.
/// </summary>
internal sealed partial class LinearClassifier
{
    private const double IdfStep = 1.0 / 16;
    private const int MaxBits = 22;

    // Up to so many n-grams are counted in a table on the stack, and more by sorting them, which nobody can make slow by the choice of words.
    private const int FewGrams = 512;

    private readonly NGramBlock[] _blocks;
    private readonly int _maxWords;
    private readonly float[] _scale;
    private readonly float[] _bias;
    private readonly Bucket[] _buckets;
    private readonly Entry[] _entries;
    private readonly double[] _heights;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It is cut or of another format.</exception>
    public LinearClassifier(ReadOnlySpan<byte> file)
    {
        if (file.Length < 20 || !file[..4].SequenceEqual("SLIN"u8))
        {
            throw new InvalidDataException("it does not begin with SLIN");
        }

        var rest = file[4..];
        var (version, classes, blocks, maxWords) = (Number(ref rest), Number(ref rest), Number(ref rest), Number(ref rest));
        if (version is not (1 or 2) || classes is < 1 or > 255 || blocks is < 1 or > 8 || maxWords is < 1 or > 10_000)
        {
            throw new InvalidDataException($"version {version}, {classes} classes, {blocks} blocks and {maxWords} words are not what can be read (1 or 2, 1 to 255, 1 to 8, 1 to 10000)");
        }

        _maxWords = (int)maxWords;
        _heights = Heights(isSquared: version > 1);
        _blocks = new NGramBlock[blocks];
        for (var i = 0; i < blocks; i++)
        {
            var (kind, bits, low, high) = (Number(ref rest), Number(ref rest), Number(ref rest), Number(ref rest));
            var weight = BitConverter.UInt32BitsToSingle(Number(ref rest));
            // Before version 2 every block read all words.
            var words = version == 1 ? maxWords : Number(ref rest);
            if (kind > 1 || bits is < 1 or > MaxBits || low < 1 || high < low || high > 16 || !float.IsFinite(weight) || words < 1 || words > maxWords)
            {
                throw new InvalidDataException($"block {i} is of kind {kind} with {bits} bits and n-grams of {low} to {high} in {words} words");
            }

            _blocks[i] = new NGramBlock((NGramKind)kind, (int)bits, (int)low, (int)high, weight, (int)words);
        }

        var total = _blocks.Sum(block => block.Buckets);
        if (2L * total > rest.Length)
        {
            // Before memory is taken for it.
            throw new InvalidDataException("it ends too early");
        }

        var idf = Take(ref rest, total);
        _scale = MemoryMarshal.Cast<byte, float>(Take(ref rest, 4 * (int)classes)).ToArray();
        _bias = MemoryMarshal.Cast<byte, float>(Take(ref rest, 4 * (int)classes)).ToArray();
        var counts = Take(ref rest, total);
        var entries = 0L;
        foreach (var count in counts)
        {
            entries += count;
        }

        // Two bytes for each follow.
        if (2 * entries != rest.Length)
        {
            throw new InvalidDataException(2 * entries > rest.Length ? "it ends too early" : "its parts do not fit together");
        }

        (_buckets, _entries) = (new Bucket[total], new Entry[entries]);
        var start = 0;
        for (var bucket = 0; bucket < total; bucket++)
        {
            _buckets[bucket] = new Bucket(start, counts[bucket], idf[bucket]);
            start += counts[bucket];
        }

        for (var entry = 0; entry < _entries.Length; entry++)
        {
            _entries[entry] = new Entry(rest[entry], rest[_entries.Length + entry]);
        }

        if (Array.Exists(_entries, entry => entry.Class >= classes) || !TensorPrimitives.IsFiniteAll<float>(_scale) || !TensorPrimitives.IsFiniteAll<float>(_bias))
        {
            throw new InvalidDataException("its parts do not fit together");
        }
    }

    /// <summary>How many classes it tells apart.</summary>
    public int Classes => _bias.Length;

    /// <summary>What it takes in memory: up to four times its file.</summary>
    public long MemoryBytes => ((long)Unsafe.SizeOf<Bucket>() * _buckets.Length) + ((long)Unsafe.SizeOf<Entry>() * _entries.Length);

    /// <summary>The most words of a text that it reads.</summary>
    public int MaxWords => _maxWords;

    /// <summary>Writes a score for each class.</summary>
    public void Score(string text, Span<double> scores)
    {
        using var read = new LinearText(text, _maxWords);
        Score(read, scores);
    }

    /// <summary>Writes a score for each class.</summary>
    /// <param name="text">A text of which at least <see cref="MaxWords"/> words were read.</param>
    /// <param name="scores">Where to write.</param>
    public void Score(LinearText text, Span<double> scores)
    {
        TensorPrimitives.ConvertTruncating<float, double>(_bias, scores);
        Span<double> sums = stackalloc double[255];
        sums = sums[..Classes];
        var offset = 0;
        foreach (var block in _blocks)
        {
            sums.Clear();
            var norm = Math.Sqrt(Accumulate(text.Grams(block), block, offset, sums));
            if (norm > 0)
            {
                for (var label = 0; label < sums.Length; label++)
                {
                    scores[label] += _scale[label] * sums[label] * block.Weight / norm;
                }
            }

            offset += block.Buckets;
        }
    }

    // Adds up value times level for each class, and returns the sum of the squared values.
    private double Accumulate(ReadOnlySpan<int> grams, NGramBlock block, int offset, Span<double> sums) =>
        grams.Length <= FewGrams ? AccumulateFew(grams, block, offset, sums) : AccumulateMany(grams, block, offset, sums);

    private double AccumulateFew(ReadOnlySpan<int> grams, NGramBlock block, int offset, Span<double> sums)
    {
        const int shift = 32 - 10;
        Span<ushort> slots = stackalloc ushort[2 * FewGrams];
        Span<(int Bucket, int Count)> counts = stackalloc (int, int)[FewGrams];
        slots.Clear();
        var distinct = 0;
        foreach (var gram in grams)
        {
            var bucket = block.Bucket(gram);
            for (var slot = (int)((uint)bucket * 0x9E3779B1 >> shift); ; slot = (slot + 1) & ((2 * FewGrams) - 1))
            {
                if (slots[slot] == 0)
                {
                    counts[distinct++] = (bucket, 1);
                    slots[slot] = (ushort)distinct;
                    break;
                }

                if (counts[slots[slot] - 1].Bucket == bucket)
                {
                    counts[slots[slot] - 1].Count++;
                    break;
                }
            }
        }

        var squares = 0.0;
        foreach (var (bucket, count) in counts[..distinct])
        {
            squares += Add(offset + bucket, count, sums);
        }

        return squares;
    }

    private double AccumulateMany(ReadOnlySpan<int> grams, NGramBlock block, int offset, Span<double> sums)
    {
        var sorted = ArrayPool<int>.Shared.Rent(grams.Length);
        try
        {
            var buckets = sorted.AsSpan(0, grams.Length);
            for (var i = 0; i < grams.Length; i++)
            {
                buckets[i] = block.Bucket(grams[i]);
            }

            buckets.Sort();
            var squares = 0.0;
            for (var at = 0; at < buckets.Length;)
            {
                var end = at + 1;
                while (end < buckets.Length && buckets[end] == buckets[at])
                {
                    end++;
                }

                squares += Add(offset + buckets[at], end - at, sums);
                at = end;
            }

            return squares;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(sorted);
        }
    }

    // Adds a bucket's value times its levels, and returns the value squared.
    private double Add(int bucket, int count, Span<double> sums)
    {
        ref readonly var known = ref _buckets[bucket];
        if (known.Idf == 0)
        {
            return 0;
        }

        var value = (count == 1 ? 1 : 1 + Math.Log(count)) * known.Idf * IdfStep;
        foreach (var entry in _entries.AsSpan(known.Start, known.Count))
        {
            sums[entry.Class] += value * _heights[entry.Level];
        }

        return value * value;
    }

    // What a level stands for, by its byte. Squares are fine near zero, where most weights are, and still reach the few large ones.
    private static double[] Heights(bool isSquared)
    {
        var heights = new double[256];
        for (var level = -128; level < 128; level++)
        {
            heights[(byte)level] = isSquared ? level * Math.Abs(level) / 127.0 : level;
        }

        return heights;
    }

    private static uint Number(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadUInt32LittleEndian(Take(ref rest, 4));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length)
    {
        if (length > rest.Length)
        {
            throw new InvalidDataException("it ends too early");
        }

        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    /// <summary>What is known of a bucket, side by side: a text's buckets lie anywhere in megabytes, and each look is a wait for memory.</summary>
    /// <param name="Start">The first of its entries.</param>
    /// <param name="Count">How many it has.</param>
    /// <param name="Idf">How rare its n-grams are, in sixteenths; 0: they do not count.</param>
    private readonly record struct Bucket(int Start, byte Count, byte Idf);

    /// <summary>What a bucket says of a class.</summary>
    private readonly record struct Entry(byte Class, byte Level);
}
