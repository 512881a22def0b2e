using System.Buffers.Binary;
using System.Numerics;

namespace Steward.Engines.Inference.Linear;

/// <summary>MurmurHash3, x86, 32 bits (Appleby; public domain description in SMHasher).</summary>
internal static class MurmurHash
{
    public static uint Compute(ReadOnlySpan<byte> data, uint seed)
    {
        var (hash, length) = (seed, (uint)data.Length);
        while (data.Length >= 4)
        {
            hash ^= Mix(BinaryPrimitives.ReadUInt32LittleEndian(data));
            hash = (BitOperations.RotateLeft(hash, 13) * 5) + 0xe6546b64;
            data = data[4..];
        }

        uint tail = 0;
        for (var i = data.Length - 1; i >= 0; i--)
        {
            tail = (tail << 8) | data[i];
        }

        // Zero mixes to zero, as the reference's skipped step.
        hash ^= Mix(tail);
        hash ^= length;
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }

    private static uint Mix(uint block) => BitOperations.RotateLeft(block * 0xcc9e2d51, 15) * 0x1b873593;
}
