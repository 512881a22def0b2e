using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Tiers;

/// <summary>
/// What closer looks found lately, by tenant and text: a run that asks a model once for each of its steps asks about the same text each time. Holds hashes and no texts, and at most <see cref="ModelRoutingOptions.KnownRequests"/> of them.
/// </summary>
internal sealed class KnownRequests(IOptions<ModelRoutingOptions> options, TimeProvider time) : IDisposable
{
    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = Math.Max(1, options.Value.KnownRequests) });

    /// <summary>What is known of all these aspects of a text; null when nothing is, or not lately.</summary>
    public RequestClass? Find(string tenantId, string text, RequestAspects aspects) =>
        options.Value.KnownRequests > 0 && _known.TryGetValue<Known>(Key(tenantId, text, aspects), out var found) && time.GetElapsedTime(found!.At) < options.Value.KnownFor ? found.Class : null;

    /// <summary>Keeps what was found.</summary>
    public void Keep(string tenantId, string text, RequestAspects aspects, RequestClass found)
    {
        if (options.Value.KnownRequests > 0)
        {
            _known.Set(Key(tenantId, text, aspects), new Known(found, time.GetTimestamp()), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = options.Value.KnownFor });
        }
    }

    public void Dispose() => _known.Dispose();

    // No tenant's id has a zero in it.
    private static (UInt128 Hash, RequestAspects Aspects) Key(string tenantId, string text, RequestAspects aspects)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{tenantId}\0{text}"), hash);
        return (System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash), aspects);
    }

    private sealed record Known(RequestClass Class, long At);
}
