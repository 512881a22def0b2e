namespace Steward.Inference;

/// <summary>
/// Asks a model on a silo that can run it, one with a GPU before others. Key: the model's name. A stateless worker: what it knows is the silo's engine, and calls of all callers join that engine's batches.
/// The platform only; who may ask about what is decided before.
/// </summary>
[Alias("steward.inference")]
public interface IInferenceGrain : IGrainWithStringKey
{
    /// <summary>Whether <see cref="Embed"/> can be answered: the silo that would be asked runs models, and has a version of this one for everybody that gives vectors and can be loaded. Loads nothing.</summary>
    [Alias("can-embed")]
    Task<bool> CanEmbed(CancellationToken cancellationToken = default);

    /// <summary>Finds the label of a text, with a calibrated probability.</summary>
    /// <exception cref="Errors.StewardException">
    /// <c>invalid_argument</c> names the field; <c>not_found</c> when there is no such model; <c>overloaded</c> with the time after which to come again;
    /// <c>unavailable</c> when the deadline passed or no silo can run models.
    /// </exception>
    [Alias("classify")]
    Task<ClassifiedText> Classify(ClassifyText command, CancellationToken cancellationToken = default);

    /// <summary>Computes the vectors of texts, in their order.</summary>
    /// <exception cref="Errors.StewardException">As for <see cref="Classify"/>.</exception>
    [Alias("embed")]
    Task<EmbeddedTexts> Embed(EmbedTexts command, CancellationToken cancellationToken = default);

    /// <summary>Orders passages by how well they answer a query.</summary>
    /// <exception cref="Errors.StewardException">As for <see cref="Classify"/>.</exception>
    [Alias("rerank")]
    Task<RankedPassages> Rerank(RankPassages command, CancellationToken cancellationToken = default);
}
