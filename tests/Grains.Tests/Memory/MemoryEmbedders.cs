using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Caching;
using Steward.Memory;

namespace Steward.Grains.Tests.Memory;

/// <summary>Embedders of memories without a provider.</summary>
internal static class MemoryEmbedders
{
    /// <summary>One that a silo computes itself, or none.</summary>
    public static MemoryEmbedder Of(ITextEmbedder? own) => new(own is null ? [] : [own], Options.Create(new MemoryOptions()), TimeProvider.System, NullLogger<MemoryEmbedder>.Instance);
}
