namespace Steward.Engines.Models.Providers;

/// <summary>One embedding model of one provider with one key. Asks once and knows no clocks: attempts, time limits and fallback are <see cref="Routing.EmbeddingChain"/>'s. Safe for concurrent use.</summary>
internal interface IEmbeddingEndpoint
{
    /// <summary>Asks. What the provider's package throws comes out as it is, for <see cref="Explain"/>.</summary>
    Task<EmbeddingAnswer> AskAsync(EmbeddingRequest request, CancellationToken cancellationToken);

    /// <summary>What an exception of <see cref="AskAsync"/> means; null for a defect of ours.</summary>
    ModelException? Explain(Exception exception);
}
