using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models.Tests.Embeddings;

/// <summary>Answers as the test says, by the number of the attempt from 1.</summary>
internal sealed class FakeEmbedder(Func<int, EmbeddingRequest, CancellationToken, Task<EmbeddingAnswer>> answer) : IEmbeddingEndpoint
{
    private int _asked;

    public int Asked => _asked;

    /// <summary>Vectors of a length, one for each text.</summary>
    public static FakeEmbedder OfLength(int length) => new((_, request, _) => Task.FromResult(Vectors(request, length)));

    /// <summary>Fails so often, then has vectors of three numbers.</summary>
    public static FakeEmbedder Failing(string code, TimeSpan? retryAfter = null, int times = int.MaxValue) => new((attempt, request, _) =>
        attempt <= times ? throw new ModelException(code, code) { IsRetryable = code is not ("model_rejected" or "model_missing"), RetryAfter = retryAfter } : Task.FromResult(Vectors(request, 3)));

    /// <summary>Never answers.</summary>
    public static FakeEmbedder Silent() => new(async (_, request, stop) =>
    {
        await Task.Delay(Timeout.Infinite, stop);
        return Vectors(request, 3);
    });

    public static EmbeddingAnswer Vectors(EmbeddingRequest request, int length, int? count = null) => new([.. Enumerable.Range(0, count ?? request.Texts.Count).Select(_ => new float[length])], "m", 7, null);

    public static EmbeddingChain Chain(ModelsOptions options, TimeProvider time, params (string Provider, FakeEmbedder Embedder)[] targets) => new(
        [.. targets.Select(target => new ModelTarget<IEmbeddingEndpoint>(target.Provider, "m", [new Lazy<IEmbeddingEndpoint>(target.Embedder)], new BreakerSpec { Open = TimeSpan.FromSeconds(10) }, time))],
        options,
        new ModelPrices(),
        time,
        new RandomSource(7),
        new VectorLength());

    public Task<EmbeddingAnswer> AskAsync(EmbeddingRequest request, CancellationToken cancellationToken) => answer(Interlocked.Increment(ref _asked), request, cancellationToken);

    public ModelException? Explain(Exception exception) => exception is IOException ? ProviderFailures.Unreachable(hasBegun: false, exception) : null;
}
