namespace Steward.Engines.Models.Caching;

/// <summary>What the caches of this process are and hold; for <c>/healthz</c> and the doctor.</summary>
public sealed class ModelCacheStatus
{
    private readonly AnswerStore _store;
    private readonly ITextEmbedder? _embedder;

    internal ModelCacheStatus(AnswerStore store, ITextEmbedder? embedder) => (_store, _embedder) = (store, embedder);

    /// <summary>How many answers are kept.</summary>
    public int Answers => _store.Count;

    /// <summary>The memory that they take, in bytes.</summary>
    public long Bytes => _store.Bytes;

    /// <summary>Whether there is an embedder, so that questions of the same meaning are recognised.</summary>
    public bool HasEmbedder => _embedder is not null;

    /// <summary>Whether questions of the same meaning are recognised, in one line.</summary>
    public string Semantic => _embedder is null ? "off: no embedder is configured; answers are found word for word only" : $"on: {_embedder.Summary}";
}
