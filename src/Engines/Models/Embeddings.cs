using Steward.Engines.Models.Gateway;

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
public sealed record EmbeddingAnswer(IReadOnlyList<float[]> Vectors, string Model, long? InputTokens, decimal? CostUsd)
{
    /// <summary>The provider that answered, by its name in the configuration; null for the platform's own embedder.</summary>
    public string? Provider { get; init; }

    /// <summary>How many attempts it took, 1 for the first.</summary>
    public int Attempts { get; init; } = 1;
}

/// <summary>A model that computes vectors of texts.</summary>
public interface IEmbeddingModel
{
    /// <summary>What it costs; null when that is not known.</summary>
    ModelPrice? Price => null;

    /// <summary>Asks it. Busy and broken providers are tried again, or others that have the same model, within the same limits as chats.</summary>
    /// <exception cref="ModelException">It failed.</exception>
    Task<EmbeddingAnswer> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken);
}

/// <summary>The embedding models of providers that are configured (<see cref="ModelsOptions.Embedders"/>).</summary>
public interface IEmbeddingModelSource
{
    /// <summary>All that can be asked for, as <c>provider/model</c>.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>One of <see cref="Names"/>, with the other providers of the same model behind it; null when it is not configured.</summary>
    /// <param name="model">The one that is asked first, as <c>provider/model</c>.</param>
    /// <param name="isAllowed">Which of the others may be asked when it fails; null for all of them.</param>
    IEmbeddingModel? Find(string model, Func<string, bool>? isAllowed = null);

    /// <summary>The models that were asked, and whether they are left alone since their calls from this process failed. Their names are no chat model's.</summary>
    IReadOnlyList<ModelTargetHealth> Health => [];

    /// <summary>Learns how other processes find the models, in place of what was learnt before; see <see cref="IChatModelSource.Learn"/>.</summary>
    void Learn(IReadOnlyList<ModelTargetElsewhere> elsewhere)
    {
    }
}
