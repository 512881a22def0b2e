using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference;

/// <summary>
/// Runs the models of this process: one per silo. Requests from everywhere share its threads and batches. Expected trouble is an outcome and no exception; a cancelled request
/// throws <see cref="OperationCanceledException"/> and leaves the queue at once.
/// </summary>
public interface IInferenceEngine
{
    /// <summary>Whether and with what it computes.</summary>
    InferenceStatus Status { get; }

    /// <summary>The models and their versions.</summary>
    IModelCatalog Models { get; }

    /// <summary>
    /// What the linear parts of classifiers alone say of a text: at once, on the caller's thread, in some ten microseconds for a short text. It waits for nothing and no load refuses it. Which probability is enough is the caller's
    /// matter; <see cref="ClassifyAsync"/> looks closer.
    /// </summary>
    /// <param name="tenant">On whose behalf: decides about canaries.</param>
    /// <param name="text">The text; words after the models' limit are not read.</param>
    /// <param name="models">The models' names.</param>
    /// <returns>
    /// One for each model, in their order. Null where only the whole model can say: it has no linear part that is calibrated to answer alone, a shadow is being compared with it, it is not in memory (then it is loaded meanwhile), there is
    /// no such model, or the text is longer than a request may be.
    /// </returns>
    IReadOnlyList<LinearClassification?> Glance(string tenant, string text, params ReadOnlySpan<string> models);

    /// <summary>Finds the label of a text, with a calibrated probability.</summary>
    Task<InferenceAnswer<Classification>> ClassifyAsync(ClassifyRequest request, CancellationToken cancellationToken = default);

    /// <summary>Computes the vectors of texts.</summary>
    Task<InferenceAnswer<Embeddings>> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default);

    /// <summary>Orders passages by how well they answer a query.</summary>
    Task<InferenceAnswer<Reranking>> RerankAsync(RerankRequest request, CancellationToken cancellationToken = default);
}

/// <summary>Whether and with what models are run.</summary>
public sealed record InferenceStatus
{
    /// <summary>Whether models can be run.</summary>
    public required bool IsAvailable { get; init; }

    /// <summary>Whether they run on a GPU: silos that do are asked first.</summary>
    public required bool UsesGpu { get; init; }

    /// <summary>One line for the log and <c>/healthz</c>.</summary>
    public required string Summary { get; init; }

    /// <summary>Texts that wait.</summary>
    public required int Waiting { get; init; }

    /// <summary>Subfolders of the folder of models that hold none that can be used, as far as they were looked at.</summary>
    public int RefusedFolders { get; init; }
}
