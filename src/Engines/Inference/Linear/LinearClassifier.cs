using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Steward.Engines.Inference.Linear;

/// <summary>
/// A linear classifier over TF-IDF of hashed n-grams (<c>linear.bin</c>), equal to the trainer's: training/README.md describes format and rules. Thread-safe.
/// </summary>
internal sealed partial class LinearClassifier
{
    private const double IdfStep = 1.0 / 16;
    private const int MaxBits = 22;

    private readonly NGramBlock[] _blocks;
    private readonly int _maxWords;
    private readonly byte[] _idf;
    private readonly float[] _scale;
    private readonly float[] _bias;
    private readonly int[] _starts;
    private readonly byte[] _classes;
    private readonly byte[] _levels;
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

        _idf = Take(ref rest, total).ToArray();
        _scale = MemoryMarshal.Cast<byte, float>(Take(ref rest, 4 * (int)classes)).ToArray();
        _bias = MemoryMarshal.Cast<byte, float>(Take(ref rest, 4 * (int)classes)).ToArray();
        _starts = new int[total + 1];
        var counts = Take(ref rest, total);
        for (var bucket = 0; bucket < total; bucket++)
        {
            var next = (long)_starts[bucket] + counts[bucket];
            // Two bytes each follow: what goes beyond them would go beyond an int at last.
            _starts[bucket + 1] = 2 * next <= rest.Length ? (int)next : throw new InvalidDataException("it ends too early");
        }

        _classes = Take(ref rest, _starts[total]).ToArray();
        _levels = Take(ref rest, _starts[total]).ToArray();
        if (rest.Length > 0 || Array.Exists(_classes, label => label >= classes) || !TensorPrimitives.IsFiniteAll<float>(_scale) || !TensorPrimitives.IsFiniteAll<float>(_bias))
        {
            throw new InvalidDataException("its parts do not fit together");
        }
    }

    /// <summary>How many classes it tells apart.</summary>
    public int Classes => _bias.Length;

    /// <summary>Writes a score for each class.</summary>
    public void Score(string text, Span<double> scores)
    {
        TensorPrimitives.ConvertTruncating<float, double>(_bias, scores);
        Span<double> sums = stackalloc double[255];
        sums = sums[..Classes];
        using var words = new WordList(text, _maxWords);
        var buckets = new BucketList();
        try
        {
            var offset = 0;
            foreach (var block in _blocks)
            {
                buckets.Clear();
                block.Collect(words, ref buckets);
                sums.Clear();
                var norm = Math.Sqrt(Accumulate(buckets.Items, offset, sums));
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
        finally
        {
            buckets.Dispose();
        }
    }

    // Adds up value times level for each class, and returns the sum of the squared values.
    private double Accumulate(Span<int> buckets, int offset, Span<double> sums)
    {
        buckets.Sort();
        var squares = 0.0;
        for (var at = 0; at < buckets.Length;)
        {
            var bucket = buckets[at];
            var count = 1;
            while (at + count < buckets.Length && buckets[at + count] == bucket)
            {
                count++;
            }

            at += count;
            var idf = _idf[offset + bucket];
            if (idf == 0)
            {
                continue;
            }

            var value = (1 + Math.Log(count)) * idf * IdfStep;
            squares += value * value;
            for (var entry = _starts[offset + bucket]; entry < _starts[offset + bucket + 1]; entry++)
            {
                sums[_classes[entry]] += value * _heights[_levels[entry]];
            }
        }

        return squares;
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
}
