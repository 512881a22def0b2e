namespace Steward.Engines.Models;

/// <summary>Texts whose vectors are wanted.</summary>
public sealed record EmbeddingRequest
{
    /// <summary>The texts, 1 to 256, none of them empty.</summary>
    public required IReadOnlyList<string> Texts { get; init; }

    /// <summary>The length of the vectors; null is the model's own.</summary>
    public int? Dimensions { get; init; }
}

/// <summary>Vectors in the order of the texts.</summary>
/// <param name="Vectors">The vectors.</param>
/// <param name="Model">The model as the provider named it.</param>
/// <param name="InputTokens">The tokens read; null when the provider does not say.</param>
/// <param name="CostUsd">The cost in US dollars; null when the price of the model is not known.</param>
public sealed record EmbeddingAnswer(IReadOnlyList<float[]> Vectors, string Model, long? InputTokens, decimal? CostUsd);

/// <summary>A model that computes vectors of texts.</summary>
public interface IEmbeddingModel
{
    /// <summary>What it costs; null when that is not known.</summary>
    ModelPrice? Price => null;

    /// <summary>Asks it. Busy and broken providers are tried again within the same limits as chats.</summary>
    /// <exception cref="ModelException">It failed.</exception>
    Task<EmbeddingAnswer> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken);
}

/// <summary>The embedding models of providers that are configured (<see cref="ModelsOptions.Embedders"/>).</summary>
public interface IEmbeddingModelSource
{
    /// <summary>All that can be asked for, as <c>provider/model</c>.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>One of <see cref="Names"/>; null when it is not configured.</summary>
    IEmbeddingModel? Find(string model);
}
