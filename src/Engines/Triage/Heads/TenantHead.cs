using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Steward.Engines.Triage.Calibration;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Heads;

/// <summary>
/// A tenant's own classifier: one linear function per label over <see cref="TicketFeatures"/>, made by <see cref="TenantHeadTrainer"/> of that tenant's tickets only. It holds hashes and weights and no words.
/// Immutable; for any number of threads.
/// </summary>
public sealed class TenantHead
{
    /// <summary>The most labels.</summary>
    public const int MostLabels = 1_000;

    private const uint Magic = 0x31444854; // "THD1"
    private const int MostRows = 4_000_000;

    // Its hash, its rarity and its scale.
    private const int BytesOfRow = 12;
    private const int BytesOfFrame = 28;

    private readonly Dictionary<uint, int> _rows;
    private readonly uint[] _keys;
    private readonly float[] _idf;
    private readonly sbyte[] _levels;
    private readonly float[] _scales;
    private readonly float[] _dense;
    private readonly float[] _bias;

    internal TenantHead(IReadOnlyList<string> labels, uint[] keys, float[] idf, sbyte[] levels, float[] scales, float[] dense, float[] bias, double temperature, IsotonicCalibration? confidence)
    {
        (Labels, _keys, _idf, _levels, _scales, _dense, _bias, Temperature, Confidence) = (labels, keys, idf, levels, scales, dense, bias, temperature, confidence);
        _rows = new Dictionary<uint, int>(keys.Length);
        for (var row = 0; row < keys.Length; row++)
        {
            _rows[keys[row]] = row;
        }
    }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What scores are divided by before they become probabilities.</summary>
    public double Temperature { get; }

    /// <summary>What the highest probability is worth; null when it was judged too seldom to know better.</summary>
    public IsotonicCalibration? Confidence { get; }

    /// <summary>How long an embedding has to be; 0 when the head was trained without.</summary>
    public int Dimensions => _dense.Length / Labels.Count;

    /// <summary>Finds a ticket's label.</summary>
    /// <exception cref="ArgumentException">The embedding is not of the length that the head was trained with.</exception>
    public HeadAnswer Classify(TicketFeatures features)
    {
        var probabilities = new double[Labels.Count];
        TemperatureScaling.Softmax(Scores(features), Temperature, probabilities);
        var best = Array.IndexOf(probabilities, probabilities.Max());
        return new HeadAnswer(best, Confidence?.Apply(probabilities[best]) ?? probabilities[best], probabilities);
    }

    /// <summary>The score of each label.</summary>
    public float[] Scores(TicketFeatures features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Embedding.Length != Dimensions)
        {
            throw new ArgumentException($"The embedding has {features.Embedding.Length} numbers and must have {Dimensions}.", nameof(features));
        }

        var scores = (float[])_bias.Clone();
        var norm = Norm(features);
        for (var i = 0; i < features.Keys.Length && norm > 0; i++)
        {
            if (_rows.TryGetValue(features.Keys[i], out var row))
            {
                var value = features.Counts[i] * _idf[row] / norm * _scales[row];
                var levels = _levels.AsSpan(row * scores.Length, scores.Length);
                for (var label = 0; label < levels.Length; label++)
                {
                    scores[label] += value * levels[label];
                }
            }
        }

        for (var i = 0; i < features.Embedding.Length; i++)
        {
            AddScaled(_dense.AsSpan(i * scores.Length, scores.Length), features.Embedding[i], scores);
        }

        return scores;
    }

    /// <summary>Whether the head has learnt anything of what a ticket says. Where it has not, its answer is only what is most frequent.</summary>
    public bool Knows(TicketFeatures features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return features.Embedding.Length > 0 || Array.Exists(features.Keys, _rows.ContainsKey);
    }

    /// <summary>The words and attributes of a ticket that speak most for one label against the others, best first; none twice.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="label">The label's index.</param>
    /// <param name="count">How many.</param>
    public IReadOnlyList<string> Reasons(Ticket ticket, int label, int count = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, Labels.Count);
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (key, shown) in TicketFeatures.Named(ticket))
        {
            if (_rows.TryGetValue(key, out var row))
            {
                var levels = _levels.AsSpan(row * Labels.Count, Labels.Count);
                var mean = 0d;
                foreach (var level in levels)
                {
                    mean += level;
                }

                // Occurrences and views of one word add up; that a second one counts for less does not matter for the order.
                weights[shown] = weights.GetValueOrDefault(shown) + (_idf[row] * _scales[row] * (levels[label] - (mean / levels.Length)));
            }
        }

        var chosen = new List<string>();
        foreach (var (shown, _) in weights.Where(weight => weight.Value > 0).OrderByDescending(weight => weight.Value).ThenBy(weight => weight.Key, StringComparer.Ordinal))
        {
            if (chosen.Count == count)
            {
                break;
            }

            // A pair that holds a word shown already says nothing new, and the other way round.
            if (!chosen.Exists(other => other.Split(' ').Intersect(shown.Split(' '), StringComparer.Ordinal).Any()))
            {
                chosen.Add(shown);
            }
        }

        return chosen;
    }

    /// <summary>Writes it down.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Labels.Count);
            writer.Write(_keys.Length);
            writer.Write(Dimensions);
            writer.Write(Temperature);
            foreach (var label in Labels)
            {
                writer.Write(label);
            }

            writer.Write(Confidence?.Shares.Count ?? 0);
            foreach (var (confidence, share) in Confidence?.Confidences.Zip(Confidence.Shares) ?? [])
            {
                writer.Write(confidence);
                writer.Write(share);
            }

            foreach (var key in _keys)
            {
                writer.Write(key);
            }

            Write(writer, _idf);
            Write(writer, _scales);
            Write(writer, _dense);
            Write(writer, _bias);
            foreach (var level in _levels)
            {
                writer.Write(level);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Reads one back.</summary>
    /// <exception cref="InvalidDataException">The bytes are no head, or not whole.</exception>
    public static TenantHead FromBytes(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            if (bytes.Length < 24 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            {
                throw new InvalidDataException("This is no tenant head.");
            }

            reader.ReadUInt32();
            var (labelCount, rows, dimensions, temperature) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadDouble());
            if (labelCount is < 1 or > MostLabels || rows is < 0 or > MostRows || dimensions is < 0 or > 8192 || !(temperature > 0 && double.IsFinite(temperature))
                || bytes.Length < ((long)rows * (BytesOfRow + labelCount)) + ((dimensions + 1L) * labelCount * sizeof(float)))
            {
                throw new InvalidDataException("The tenant head is damaged.");
            }

            var labels = new string[labelCount];
            for (var i = 0; i < labelCount; i++)
            {
                labels[i] = reader.ReadString();
            }

            var steps = reader.ReadInt32();
            if (steps < 0 || steps > bytes.Length / 16)
            {
                throw new InvalidDataException("The tenant head is damaged.");
            }

            var (confidences, shares) = (new double[steps], new double[steps]);
            for (var i = 0; i < steps; i++)
            {
                (confidences[i], shares[i]) = (reader.ReadDouble(), reader.ReadDouble());
            }

            var keys = new uint[rows];
            for (var i = 0; i < rows; i++)
            {
                keys[i] = reader.ReadUInt32();
            }

            var (idf, scales, dense, bias) = (Read(reader, rows), Read(reader, rows), Read(reader, dimensions * labelCount), Read(reader, labelCount));
            var levels = new sbyte[rows * labelCount];
            for (var i = 0; i < levels.Length; i++)
            {
                levels[i] = reader.ReadSByte();
            }

            return new TenantHead(labels, keys, idf, levels, scales, dense, bias, temperature, steps == 0 ? null : IsotonicCalibration.Of(confidences, shares));
        }
        catch (Exception exception) when (exception is EndOfStreamException or ArgumentException or FormatException)
        {
            throw new InvalidDataException("The tenant head is damaged.", exception);
        }
    }

    /// <summary>How many features a head of so many bytes may have; 0 where there is room for none.</summary>
    internal static int MostRowsIn(int bytes, IReadOnlyList<string> labels, int dimensions, int steps)
    {
        // Before each name stands its length.
        const int MostOfLength = 5;
        var rest = bytes - BytesOfFrame - labels.Sum(label => (long)Encoding.UTF8.GetByteCount(label) + MostOfLength) - (steps * 2L * sizeof(double)) - ((dimensions + 1L) * labels.Count * sizeof(float));
        return (int)Math.Max(0, rest / (BytesOfRow + labels.Count));
    }

    // Adds a multiple of one row of weights to another.
    internal static void AddScaled(ReadOnlySpan<float> source, float factor, Span<float> target)
    {
        var i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(target[i..]) + (new Vector<float>(source[i..]) * factor)).CopyTo(target[i..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] += source[i] * factor;
        }
    }

    // The length of the features that the head knows.
    private float Norm(TicketFeatures features)
    {
        var sum = 0f;
        for (var i = 0; i < features.Keys.Length; i++)
        {
            if (_rows.TryGetValue(features.Keys[i], out var row))
            {
                var value = features.Counts[i] * _idf[row];
                sum += value * value;
            }
        }

        return MathF.Sqrt(sum);
    }

    private static void Write(BinaryWriter writer, float[] values)
    {
        foreach (var value in values)
        {
            writer.Write(value);
        }
    }

    private static float[] Read(BinaryReader reader, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = reader.ReadSingle();
            if (!float.IsFinite(values[i]))
            {
                throw new InvalidDataException("The tenant head is damaged.");
            }
        }

        return values;
    }
}

/// <summary>What a head says of a ticket.</summary>
/// <param name="Label">The index of the answer among the head's labels.</param>
/// <param name="Confidence">How often such answers are right, 0 to 1.</param>
/// <param name="Probabilities">The probability of each label; the answer's may differ from its confidence.</param>
public readonly record struct HeadAnswer(int Label, double Confidence, IReadOnlyList<double> Probabilities);
