namespace Steward.Engines.Models.Caching;

/// <summary>Turns texts into vectors, for the semantic cache. The composition gives one; without one the semantic cache is off.</summary>
public interface ITextEmbedder
{
    /// <summary>Whether it works now, in one line for the log and <c>/healthz</c>.</summary>
    string Summary { get; }

    /// <summary>The vector of a text, of length 1.</summary>
    /// <param name="tenantId">On whose behalf.</param>
    /// <param name="text">At most <see cref="ModelCacheOptions.SemanticMaxCharacters"/> characters.</param>
    /// <param name="isInteractive">Whether somebody waits.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null when it cannot now; the call then goes on without the cache.</returns>
    ValueTask<TextVector?> EmbedAsync(string tenantId, string text, bool isInteractive, CancellationToken cancellationToken);
}

/// <summary>A text's vector.</summary>
/// <param name="Values">The numbers; of length 1.</param>
/// <param name="Version">The model's version: vectors of different versions are never compared.</param>
public sealed record TextVector(ReadOnlyMemory<float> Values, string Version)
{
    /// <summary>The cosine of two vectors; 0 when they cannot be compared.</summary>
    public double Cosine(TextVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Version == other.Version && Values.Length == other.Values.Length ? System.Numerics.Tensors.TensorPrimitives.Dot(Values.Span, other.Values.Span) : 0;
    }
}
