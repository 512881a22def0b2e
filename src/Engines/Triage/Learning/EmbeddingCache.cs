using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Triage.Learning;

/// <summary>
/// Vectors of texts by the hash of the text, so that a night embeds only what is new. Holds no text. Of one version of one encoder: with another one it is empty. Not for several threads.
/// </summary>
public sealed class EmbeddingCache
{
    /// <summary>The most bytes that are written; what was asked for last is kept.</summary>
    public const int MostBytes = 15_000_000;

    private const uint Magic = 0x31434245; // "EBC1"
    private const int HashBytes = 16;
    private const int MostDimensions = 8192;

    private readonly Dictionary<UInt128, Half[]> _vectors = [];
    private readonly List<UInt128> _asked = [];

    /// <summary>The encoder's version; null for an empty cache.</summary>
    public string? Version { get; private set; }

    /// <summary>How many vectors there are.</summary>
    public int Count => _vectors.Count;

    /// <summary>The vector of a text; null when it has to be computed.</summary>
    public float[]? Find(string text)
    {
        var hash = HashOf(text);
        if (!_vectors.TryGetValue(hash, out var vector))
        {
            return null;
        }

        _asked.Add(hash);
        return Array.ConvertAll(vector, value => (float)value);
    }

    /// <summary>Keeps a vector. One of another version makes it forget all others.</summary>
    public void Add(string version, string text, float[] vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        if (!string.Equals(version, Version, StringComparison.Ordinal))
        {
            _vectors.Clear();
            _asked.Clear();
            Version = version;
        }

        var hash = HashOf(text);
        _vectors[hash] = Array.ConvertAll(vector, value => (Half)value);
        _asked.Add(hash);
    }

    /// <summary>Writes it down: what was asked for since it was made.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            var dimensions = _vectors.Count == 0 ? 0 : _vectors.First().Value.Length;
            var kept = _asked.AsEnumerable().Reverse().Distinct().Take(MostBytes / (HashBytes + (2 * Math.Max(1, dimensions)))).ToList();
            writer.Write(Magic);
            writer.Write(Version ?? "");
            writer.Write(dimensions);
            writer.Write(kept.Count);
            foreach (var hash in kept)
            {
                writer.Write((ulong)(hash >> 64));
                writer.Write((ulong)hash);
                foreach (var value in _vectors[hash])
                {
                    writer.Write(value);
                }
            }
        }

        return stream.ToArray();
    }

    /// <summary>Reads one back; an empty one when the bytes are none, or not whole, since everything in it can be computed again.</summary>
    public static EmbeddingCache FromBytes(ReadOnlyMemory<byte> bytes)
    {
        var cache = new EmbeddingCache();
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()), Encoding.UTF8);
            if (reader.ReadUInt32() != Magic)
            {
                return cache;
            }

            var version = reader.ReadString();
            var (dimensions, count) = (reader.ReadInt32(), reader.ReadInt32());
            if (dimensions is < 0 or > MostDimensions || count < 0 || (long)count * (HashBytes + (2 * dimensions)) > bytes.Length)
            {
                return cache;
            }

            for (var i = 0; i < count; i++)
            {
                var hash = new UInt128(reader.ReadUInt64(), reader.ReadUInt64());
                var vector = new Half[dimensions];
                for (var j = 0; j < dimensions; j++)
                {
                    vector[j] = reader.ReadHalf();
                }

                cache._vectors[hash] = vector;
            }

            cache.Version = version;
            return cache;
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            return new EmbeddingCache();
        }
    }

    private static UInt128 HashOf(string text)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return new UInt128(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8));
    }
}
